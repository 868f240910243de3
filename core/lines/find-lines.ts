/**
 * Where something is said. A pure search over timed lines: words in the asked order first, then all of them together,
 * then some of them. A phrase may run over the end of a line.
 */
import type { Span } from "../clip.ts";
import type { TimedLine } from "../ports/line-store.ts";
import { isStopWord, stem, wordsOf } from "./words.ts";

export interface FoundLines extends Span {
  /** One line, or two that belong together. */
  readonly lines: readonly TimedLine[];
  /** 1: word for word; 0.8: all the words, close together; less: some of them. */
  readonly score: number;
}

/** A pause this long ends a sentence as far as subtitles go. */
const SAME_SENTENCE_SECONDS = 2;

const EXACT = 1;
const ALL_WORDS = 0.8;
/** Half of the words at least, times this. */
const SOME_WORDS = 0.6;
const LEAST_SHARE = 0.5;

/** @returns best first; of the same score, in order of time. None when the phrase has no word. */
export function findLines(lines: readonly TimedLine[], phrase: string): FoundLines[] {
  const wanted = wordsOf(phrase).map((word) => ({ word, stem: stem(word) }));
  const content = wanted.filter(({ word }) => !isStopWord(word));
  const asked = (content.length > 0 ? content : wanted).map((word) => word.stem);
  if (asked.length === 0) return [];
  const phraseStems = trimStopWords(wanted).map((word) => word.stem);

  const read = lines.map((line) => ({ line, stems: wordsOf(line.text).map(stem) }));
  const found: FoundLines[] = [];
  for (const [index, { line, stems }] of read.entries()) {
    const alone = scoreOf(stems, phraseStems, asked);
    const next = read[index + 1];
    const goesOn = next && next.line.startSeconds - line.endSeconds <= SAME_SENTENCE_SECONDS;
    const both = goesOn ? scoreOf([...stems, ...next.stems], phraseStems, asked) : 0;
    const nextAlone = goesOn ? scoreOf(next.stems, phraseStems, asked) : 0;
    // Two lines only when neither of them does it alone.
    if (both > alone && both > nextAlone && goesOn) found.push(hit([line, next.line], both));
    else if (alone > 0) found.push(hit([line], alone));
  }
  return withoutWeakNeighbours(found).sort((a, b) => b.score - a.score || a.startSeconds - b.startSeconds);
}

function scoreOf(stems: readonly string[], phrase: readonly string[], asked: readonly string[]): number {
  if (containsInOrder(stems, phrase)) return EXACT;
  const share = asked.filter((word) => isIn(stems, word)).length / new Set(asked).size;
  if (share >= 1) return asked.length === 1 ? EXACT : ALL_WORDS;
  return share >= LEAST_SHARE ? SOME_WORDS * share : 0;
}

/** "clean room" and "cleanroom" are one word to whoever says them. */
function isIn(stems: readonly string[], wanted: string): boolean {
  return stems.some(
    (word, at) => word === wanted || (wanted.startsWith(word) && word + (stems[at + 1] ?? "") === wanted),
  );
}

/** The phrase's letters from the start of a word on, to the end of one. */
function containsInOrder(stems: readonly string[], phrase: readonly string[]): boolean {
  const wanted = phrase.join("");
  if (wanted === "") return false;
  return stems.some((first, start) => {
    if (first === "" || !wanted.startsWith(first)) return false;
    let said = "";
    for (let at = start; at < stems.length && said.length < wanted.length; at++) said += stems[at];
    return said === wanted;
  });
}

/** "the James Webb telescope" is asked for as "james webb telescope"; stop words inside stay. */
function trimStopWords<W extends { readonly word: string }>(words: readonly W[]): readonly W[] {
  const isContent = ({ word }: W) => !isStopWord(word);
  const first = words.findIndex(isContent);
  return first < 0 ? words : words.slice(first, words.findLastIndex(isContent) + 1);
}

const hit = (lines: readonly TimedLine[], score: number): FoundLines => ({
  lines,
  score,
  startSeconds: (lines[0] as TimedLine).startSeconds,
  endSeconds: Math.max(...lines.map(({ endSeconds }) => endSeconds)),
});

/** A line that is part of a better pair, or of an equal one that began before it, is not a find of its own. */
function withoutWeakNeighbours(found: readonly FoundLines[]): FoundLines[] {
  const best = new Map<TimedLine, number>();
  for (const { lines, score } of found) for (const line of lines) best.set(line, Math.max(score, best.get(line) ?? 0));
  return found.filter(({ lines, score }) => lines.every((line) => score >= (best.get(line) ?? 0)));
}
