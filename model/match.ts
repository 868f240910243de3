import type { BundleManifest } from "../core/bundle.ts";
import type { WatchedWindow } from "../core/clip-memory.ts";
import { outputOf } from "./onnx/graph-tensor.ts";
import type { GraphThread } from "./onnx/graph-thread.ts";

/**
 * Say how well phrases match each FUSION query of some windows.
 *
 * Implements  DaMO, stage 1, video-text matching (row 10 of PAPER.md).
 * @param windows  [N]
 * @param phrases  [K] of [E] float32, unit length
 * @returns        logits [N, K, Q] float32
 * @throws DomainError model.shape_mismatch, model.runtime
 */
export async function matchPhrases(
  thread: GraphThread,
  { axes: { Q, D, E } }: BundleManifest,
  windows: readonly WatchedWindow[],
  phrases: readonly Float32Array[],
): Promise<Float32Array> {
  const outputs = await thread.run(
    "match",
    {
      queries: { data: stacked(windows.map(({ queries }) => queries)), dims: [windows.length, Q, D] },
      embedding: { data: stacked(windows.map(({ embedding }) => embedding)), dims: [windows.length, E] },
      text: { data: stacked(phrases), dims: [phrases.length, E] },
    },
    { give: true },
  );
  return outputOf(outputs, "logits").data;
}

function stacked(rows: readonly Float32Array[]): Float32Array {
  const length = rows[0]?.length ?? 0;
  const all = new Float32Array(rows.length * length);
  for (const [index, row] of rows.entries()) all.set(row, index * length);
  return all;
}
