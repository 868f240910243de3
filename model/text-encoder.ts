import { integersOf, outputOf } from "./onnx/graph-tensor.ts";
import type { GraphThread } from "./onnx/graph-thread.ts";

/**
 * Embed a question where the window embeddings live, so that their dot product says how near they are.
 *
 * Implements  DaMO, stage 1, video-text alignment (row 10 of PAPER.md).
 * @param tokens  [L] question words, no specials; L >= 1
 * @returns       [E] float32, unit length
 * @throws DomainError model.shape_mismatch, model.runtime
 */
export async function embedQuestion(thread: GraphThread, tokens: readonly number[]): Promise<Float32Array> {
  const outputs = await thread.run("text", { tokens: { data: integersOf(tokens), dims: [1, tokens.length] } });
  return outputOf(outputs, "embedding").data;
}
