/** Which window of a long span shows best what was asked for: the one whose embedding is nearest to the question's. */
import type { MomentSpan } from "../core/clip.ts";
import type { WindowEntry } from "../core/clip-memory.ts";
import { similarity } from "./recall.ts";

/** Whether an embedding of the question would move the evidence of any of these spans. */
export const spreadOverWindows = (spans: readonly MomentSpan[], windows: readonly WindowEntry[]): boolean =>
  spans.some((span) => windowsOf(span, windows).length > 1);

/**
 * A span inside one window keeps what the times' tokens said of it. One that spreads over several gets the middle of
 * what it covers of the most similar one; of windows that are as similar, the first.
 *
 * @param embedding  [E] of the question, unit length
 */
export function atStrongestWindow(
  spans: readonly MomentSpan[],
  windows: readonly WindowEntry[],
  embedding: Float32Array,
): readonly MomentSpan[] {
  return spans.map((span) => {
    const [first, ...others] = windowsOf(span, windows);
    if (!first || others.length === 0) return span;
    const strongest = others.reduce(
      (best, window) => (similarity(window, embedding) > similarity(best, embedding) ? window : best),
      first,
    );
    const startSeconds = Math.max(span.startSeconds, strongest.startSeconds);
    const endSeconds = Math.min(span.endSeconds, strongest.endSeconds);
    return { ...span, evidenceSeconds: (startSeconds + endSeconds) / 2 };
  });
}

const windowsOf = (span: MomentSpan, windows: readonly WindowEntry[]) =>
  windows.filter((window) => window.startSeconds < span.endSeconds && span.startSeconds < window.endSeconds);
