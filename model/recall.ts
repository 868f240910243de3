/**
 * Chooses the windows that an answer reads: all when they fit, otherwise the ones that the question is about, and for a
 * question about everything the ones that stand for the rest.
 */
import type { Span } from "../core/clip.ts";
import type { WindowEntry } from "../core/clip-memory.ts";
import { representativeWindows } from "./consolidate.ts";

/**
 * @param windows    everything watched, in time order
 * @param limit      how many the decoder can read
 * @param named      spans that the question, or the answer before it, points at: their windows come first
 * @param embedding  [E] of the question, unit length; absent when the question is about no thing in particular
 * @param nearest    how many to add for their likeness to the question
 * @returns          at most `limit` windows, in time order
 */
export function recallWindows(
  windows: readonly WindowEntry[],
  limit: number,
  named: readonly Span[],
  embedding: Float32Array | undefined,
  nearest = limit,
): readonly WindowEntry[] {
  if (windows.length <= limit) return windows;
  const isNamed = (window: Span): number => (named.some((span) => overlap(span, window)) ? 1 : 0);
  if (embedding === undefined) {
    const first = windows.filter((window) => isNamed(window)).slice(0, limit);
    const rest = windows.filter((window) => !first.includes(window));
    return [...first, ...representativeWindows(rest, limit - first.length)].sort((a, b) => a.index - b.index);
  }
  const ranked = windows
    .map((window) => ({ window, named: isNamed(window), likeness: similarity(window, embedding) }))
    .sort((a, b) => b.named - a.named || b.likeness - a.likeness || a.window.index - b.window.index);
  const namedCount = ranked.filter((entry) => entry.named > 0).length;
  return ranked
    .slice(0, Math.min(limit, namedCount + nearest))
    .map(({ window }) => window)
    .sort((a, b) => a.index - b.index);
}

/** "describe the clip", "what happens?": no window is nearer to such a question than another. */
export const isAboutEverything = (question: string): boolean => ABOUT_EVERYTHING.test(question);

const ABOUT_EVERYTHING =
  /\b(?:describe|summari[sz]e|summary|overview|gist|what (?:happens|is happening|goes on)\b(?!.*\b(?:after|before|while|when|during|between)\b)|what(?: is|'s) (?:this|the|it)(?: (?:clip|video))? about|(?:see|hear|seen|heard) in (?:this|the) (?:clip|video)$|everything)\b/i;

/** Cosine of a window's embedding and a question's, both of unit length. */
export const similarity = (window: Pick<WindowEntry, "embedding">, embedding: Float32Array): number =>
  dot(window.embedding, embedding);

const overlap = (a: Span, b: Span): boolean => a.startSeconds < b.endSeconds && b.startSeconds < a.endSeconds;

/** Four sums side by side: one alone waits for each addition before the next. */
function dot(a: Float32Array, b: Float32Array): number {
  let [one, two, three, four] = [0, 0, 0, 0];
  const even = a.length - (a.length % 4);
  for (let at = 0; at < even; at += 4) {
    one += (a[at] as number) * (b[at] as number);
    two += (a[at + 1] as number) * (b[at + 1] as number);
    three += (a[at + 2] as number) * (b[at + 2] as number);
    four += (a[at + 3] as number) * (b[at + 3] as number);
  }
  for (let at = even; at < a.length; at += 1) one += (a[at] as number) * (b[at] as number);
  return one + two + three + four;
}
