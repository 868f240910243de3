/** Chooses the windows that an answer reads: all when they fit, otherwise the ones that the question is about. */
import type { Span } from "../core/clip.ts";
import type { WindowEntry } from "../core/clip-memory.ts";

/**
 * @param windows    everything watched, in time order
 * @param limit      how many the decoder can read
 * @param named      spans that the question, or the answer before it, points at: their windows come first
 * @param embedding  [E] of the question, unit length; absent when the question has no words beside times
 * @returns          at most `limit` windows, in time order
 */
export function recallWindows(
  windows: readonly WindowEntry[],
  limit: number,
  named: readonly Span[],
  embedding: Float32Array | undefined,
): readonly WindowEntry[] {
  if (windows.length <= limit) return windows;
  const isNamed = (window: Span): number => (named.some((span) => overlap(span, window)) ? 1 : 0);
  const likeness = (window: WindowEntry): number => (embedding === undefined ? 0 : similarity(window, embedding));
  return windows
    .map((window) => ({ window, isNamed: isNamed(window), likeness: likeness(window) }))
    .sort((a, b) => b.isNamed - a.isNamed || b.likeness - a.likeness || a.window.index - b.window.index)
    .slice(0, limit)
    .map(({ window }) => window)
    .sort((a, b) => a.index - b.index);
}

/** Cosine of a window's embedding and a question's, both of unit length. */
export const similarity = (window: Pick<WindowEntry, "embedding">, embedding: Float32Array): number =>
  dot(window.embedding, embedding);

const overlap = (a: Span, b: Span): boolean => a.startSeconds < b.endSeconds && b.startSeconds < a.endSeconds;

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] as number) * (b[index] as number);
  return sum;
}
