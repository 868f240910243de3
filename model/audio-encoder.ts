import type { FloatTensor } from "../core/tensor.ts";
import { outputOf } from "./onnx/graph-tensor.ts";
import type { GraphThread } from "./onnx/graph-thread.ts";

/**
 * Listen to one window.
 *
 * Implements  DaMO, frozen audio encoder (row 1 of PAPER.md).
 * @param thread   made with `sound`: it makes the log-mel (docs/bundle.md, "Sound"), some 20 ms that nobody's answer waits for
 * @param samples  mono, at most a window's worth
 * @returns        AudioTokens [1, A, audioChannels]
 * @throws DomainError model.shape_mismatch, model.runtime
 */
export async function encodeSound(thread: GraphThread, samples: Float32Array): Promise<FloatTensor> {
  const outputs = await thread.run("audio", { samples: { data: samples, dims: [1, samples.length] } });
  return outputOf(outputs, "tokens");
}
