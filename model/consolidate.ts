/**
 * A long clip in a few windows: neighbours that are alike are merged, the most alike first, until no more than a fixed
 * number of stretches is left, as the streaming memories of Flash-VStream (arXiv 2406.08085) and VideoStreaming (arXiv
 * 2405.16009) do. What stands for a stretch is the real window nearest to its mean, not the mean of its queries: the
 * shipped decoder reads averaged queries badly (docs/decisions/2026-11-21-streaming-memory.md).
 */
import type { WindowEntry } from "../core/clip-memory.ts";

/** Windows `[first, last]` that follow one another and are alike. */
export interface Stretch {
  readonly first: number;
  readonly last: number;
  /** [E], sum of the embeddings: similarity is weighted by how many windows there are. */
  readonly sum: Float32Array;
}

/**
 * @param windows  in time order
 * @returns        at most `limit` stretches, in time order; `first` and `last` are places in `windows`
 */
export function consolidate(windows: readonly WindowEntry[], limit: number): readonly Stretch[] {
  const stretches: Stretch[] = windows.map(({ embedding }, at) => ({ first: at, last: at, sum: embedding }));
  const likeness = stretches.map((stretch, at) => likenessOf(stretch, stretches[at + 1]));
  while (stretches.length > limit) {
    let best = 0;
    for (let at = 1; at + 1 < stretches.length; at++) {
      if ((likeness[at] as number) > (likeness[best] as number)) best = at;
    }
    const [one, other] = [stretches[best] as Stretch, stretches[best + 1] as Stretch];
    const merged = {
      first: one.first,
      last: other.last,
      sum: one.sum.map((value, at) => value + (other.sum[at] as number)),
    };
    stretches.splice(best, 2, merged);
    likeness.splice(best, 2, likenessOf(merged, stretches[best + 1]));
    if (best > 0) likeness[best - 1] = likenessOf(stretches[best - 1] as Stretch, merged);
  }
  return stretches;
}

/** The window of each stretch that is most like all of it. @returns at most `limit` windows, in time order */
export function representativeWindows(windows: readonly WindowEntry[], limit: number): readonly WindowEntry[] {
  return consolidate(windows, limit).map(({ first, last, sum }) =>
    windows
      .slice(first, last + 1)
      .reduce((best, window) => (dot(window.embedding, sum) > dot(best.embedding, sum) ? window : best)),
  );
}

/**
 * Cosine of the means, less a little for length: of stretches that are as alike, the shorter are merged, so that an even
 * clip ends in even parts. The last stretch has no neighbour.
 */
function likenessOf(one: Stretch, other: Stretch | undefined): number {
  if (!other) return Number.NEGATIVE_INFINITY;
  const windows = other.last - one.first + 1;
  return dot(one.sum, other.sum) / (norm(one.sum) * norm(other.sum) + 1e-12) - LENGTH_COST * Math.log2(windows);
}

/** Twice as long weighs as much as a cosine lower by this: little beside a change of scene, enough where there is none. */
const LENGTH_COST = 0.05;

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] as number) * (b[at] as number);
  return sum;
}

const norm = (a: Float32Array): number => Math.sqrt(dot(a, a));
