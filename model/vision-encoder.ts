import type { BundleManifest } from "../core/bundle.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { outputOf } from "./onnx/graph-tensor.ts";
import type { GraphThread } from "./onnx/graph-thread.ts";

export interface VisualTokens {
  /** [N, P, visionChannels] */
  readonly patches: FloatTensor;
  /** [N, visionChannels] */
  readonly global: FloatTensor;
}

/**
 * Look at the frames of one window: patch tokens and a global token for each.
 *
 * Implements  DaMO, frozen visual encoder (row 1 of PAPER.md).
 * @param frames  [N, 3, S, S] float32, planes G, B, R in 0..1; N >= 1. Handed over: empty afterwards
 * @throws DomainError model.shape_mismatch, model.runtime
 */
export async function encodeFrames(
  thread: GraphThread,
  { preprocess: { frameSize } }: BundleManifest,
  frames: Float32Array,
): Promise<VisualTokens> {
  const count = frames.length / (3 * frameSize * frameSize);
  const outputs = await thread.run(
    "vision",
    { frames: { data: frames, dims: [count, 3, frameSize, frameSize] } },
    { give: true },
  );
  return { patches: outputOf(outputs, "patches"), global: outputOf(outputs, "global") };
}
