/** Words of a line or a question, so that "cleanrooms", "Clean-room" and "cleanroom" meet. English endings only. */

/** Lower case, no accents, one straight apostrophe; letters and digits between anything else. */
export function wordsOf(text: string): string[] {
  const plain = text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .replace(/[\u2018\u2019]/g, "'")
    .toLowerCase();
  return plain.match(/[\p{L}\p{N}]+(?:'[\p{L}]+)?/gu) ?? [];
}

/**
 * The first part of Porter's stemmer (1980, step 1) in spirit: endings of number, person and tense go, nothing else. What
 * is left need not be a word, only the same for forms of one word.
 */
export function stem(word: string): string {
  let rest = word.replace(/'s?$|'(?:ll|re|ve|d|m|t)$/, "");
  if (rest.length < 4 || /\d/.test(rest)) return rest;
  if (/(?:ss|us|is)$/.test(rest)) return rest;
  rest = rest
    .replace(/ies$/, "y")
    .replace(/(x|ch|sh|ss|zz)es$/, "$1")
    .replace(/s$/, "");
  const cut = rest.replace(/(?:ing|ed)$/, "");
  // "sing", "red", "need" keep theirs: without it no syllable, or only a piece of one, is left.
  if (cut !== rest && cut.length >= 3 && /[aeiouy]/.test(cut) && !/ee$/.test(cut.concat("e"))) {
    rest = cut.replace(/([bdfgmnprt])\1$/, "$1");
  }
  return rest.length > 4 ? rest.replace(/e$/, "") : rest;
}

/** Words that carry no subject: left out of a search unless there is nothing else. */
const STOP_WORDS = new Set(
  "a an the this that these those there here it its he she they we you i him her them us me my your his our their is are was were be been being am do does did done have has had will would can could shall should may might must of in on at to for from by with about as into over under and or but not no nor so if then than when where what who whom whose which why how any some all each ever just very also too word words something anything thing things phrase".split(
    " ",
  ),
);

export const isStopWord = (word: string): boolean => STOP_WORDS.has(word);
