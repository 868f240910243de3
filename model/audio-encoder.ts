import type { BundleManifest } from "../core/bundle.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { outputOf } from "./onnx/graph-tensor.ts";
import type { GraphThread } from "./onnx/graph-thread.ts";

/**
 * Listen to one window.
 *
 * Implements  DaMO, frozen audio encoder (row 1 of PAPER.md).
 * @param logMel  [M, bands] float32, natural logarithm, as docs/bundle.md "Sound". Handed over: empty afterwards
 * @returns       AudioTokens [1, A, audioChannels]
 * @throws DomainError model.shape_mismatch, model.runtime
 */
export async function encodeSound(
  thread: GraphThread,
  { axes, preprocess }: BundleManifest,
  logMel: Float32Array,
): Promise<FloatTensor> {
  const outputs = await thread.run(
    "audio",
    { logMel: { data: logMel, dims: [1, axes.M, preprocess.mel.bands] } },
    { give: true },
  );
  return outputOf(outputs, "tokens");
}
