/** Which clip of a thread a question is about: "in the other clip", "the first video", "in dog.mp4". */
import { ORDINAL_PATTERN, ordinalNumber } from "./number-words.ts";

export type ClipReference =
  /** Not the one that was talked about last. */
  | { readonly type: "other" }
  /** In the order of sharing; -1 is the newest. */
  | { readonly type: "ordinal"; readonly ordinal: number }
  | { readonly type: "title"; readonly title: string };

export interface FoundClipReference {
  readonly reference: ClipReference;
  /** The question without it, in its own spelling. */
  readonly rest: string;
}

const CLIP = "(?:clip|video|recording|film|movie|file|upload)";
const IN = String.raw`(?:\b(?:and |but )?(?:in|of|from|for|about|on|with)\s+)?`;
const BY_WORD = new RegExp(
  String.raw`${IN}\bthe\s+(?:(?<other>other|previous|earlier|older)|(?<newest>newest|latest|new|newer|most recent)|(?<ordinal>${ORDINAL_PATTERN}))\s+(?:${CLIP})\b`,
  "iu",
);
const OTHER_ONE = new RegExp(String.raw`${IN}\bthe\s+other\s+one\b`, "iu");

/** @param titles  of the thread's clips: a file name, or one without its ending, also names a clip */
export function findClipReference(question: string, titles: readonly string[]): FoundClipReference | undefined {
  const byTitle = [...titles]
    .sort((a, b) => b.length - a.length)
    .map((title) => ({ title, match: titlePattern(title)?.exec(question) }))
    .find(({ match }) => match);
  if (byTitle?.match) {
    return { reference: { type: "title", title: byTitle.title }, rest: without(question, byTitle.match) };
  }
  const byWord = BY_WORD.exec(question) ?? (titles.length > 1 ? OTHER_ONE.exec(question) : null);
  if (byWord === null) return undefined;
  const { newest, ordinal } = byWord.groups ?? {};
  const reference: ClipReference =
    ordinal !== undefined
      ? { type: "ordinal", ordinal: ordinalNumber(ordinal.toLowerCase()) }
      : newest !== undefined
        ? { type: "ordinal", ordinal: -1 }
        : { type: "other" };
  return { reference, rest: without(question, byWord) };
}

/**
 * @param clips    in the order of sharing, at least one
 * @param current  the clip that was talked about last, or the newest
 * @returns undefined when the thread has no such clip
 */
export function resolveClip<Clip extends { readonly title: string }>(
  reference: ClipReference,
  clips: readonly Clip[],
  current: Clip,
): Clip | undefined {
  if (reference.type === "title") return clips.findLast(({ title }) => title === reference.title);
  if (reference.type === "ordinal") return clips.at(reference.ordinal < 0 ? reference.ordinal : reference.ordinal - 1);
  // With more than two, "the other" is the one shared before.
  return clips[clips.indexOf(current) - 1] ?? clips.findLast((clip) => clip !== current);
}

/** A name without an ending has to be long enough to be no everyday word. */
const SHORTEST_BARE_NAME = 5;

/** "My_Dog-2.mp4", "my dog 2 mp4" and "my dog 2" are the same name. */
function titlePattern(title: string): RegExp | undefined {
  const wordsOf = (name: string): readonly string[] => name.match(/[\p{L}\p{N}]+/gu) ?? [];
  const bare = title.replace(/\.[a-z0-9]{2,5}$/i, "");
  const names = bare.length >= SHORTEST_BARE_NAME && bare !== title ? [title, bare] : [title];
  const patterns = names.map((name) => wordsOf(name).join(String.raw`[^\p{L}\p{N}]+`)).filter((name) => name !== "");
  if (patterns.length === 0) return undefined;
  return new RegExp(
    String.raw`${IN}(?<![\p{L}\p{N}])(?:${CLIP}\s+)?["'“]?(?:${patterns.join("|")})["'”]?(?![\p{L}\p{N}])`,
    "iu",
  );
}

const without = (question: string, match: RegExpExecArray): string =>
  `${question.slice(0, match.index)} ${question.slice(match.index + match[0].length)}`.replace(/\s+/g, " ").trim();
