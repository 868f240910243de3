import type { BundleManifest } from "../core/bundle.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { type GraphTensors, outputOf } from "./onnx/graph-tensor.ts";
import type { GraphThread } from "./onnx/graph-thread.ts";

export interface VisualTokens {
  /** [N, P, visionChannels] */
  readonly patches: FloatTensor;
  /** [N, visionChannels] */
  readonly global: FloatTensor;
}

/**
 * The 32 frames of a window in passes of 8: what a pass makes on its way then stays in the processor's cache. Best of
 * 25 on two cores, damo-mini: 68 ms a window, 182 ms in one pass of 32. A graphics card has no such cache and wants one
 * large pass: all frames of the window.
 */
const FRAMES_A_PASS_ON_CPU = 8;

/**
 * Look at the frames of one window: patch tokens and a global token for each.
 *
 * Implements  DaMO, frozen visual encoder (row 1 of PAPER.md).
 * @param frames  [N, 3, S, S] float32, planes G, B, R in 0..1; N >= 1
 * @param stepAside  awaited before each pass
 * @throws DomainError model.shape_mismatch, model.runtime
 */
export async function encodeFrames(
  thread: GraphThread,
  { axes: { P, visionChannels }, preprocess: { frameSize } }: BundleManifest,
  frames: Float32Array,
  stepAside?: () => Promise<void>,
): Promise<VisualTokens> {
  const frameFloats = 3 * frameSize * frameSize;
  const count = frames.length / frameFloats; // N
  const aPass = thread.provider === "cpu" ? FRAMES_A_PASS_ON_CPU : count;
  const outputs: GraphTensors[] = [];
  for (let first = 0; first < count; first += aPass) {
    await stepAside?.();
    const data = frames.slice(first * frameFloats, (first + aPass) * frameFloats);
    const dims = [data.length / frameFloats, 3, frameSize, frameSize];
    outputs.push(await thread.run("vision", { frames: { data, dims } }, { give: true }));
  }
  const joined = (name: string, ...dims: number[]): FloatTensor => ({
    data: concatenate(outputs.map((output) => outputOf(output, name).data)),
    dims,
  });
  return { patches: joined("patches", count, P, visionChannels), global: joined("global", count, visionChannels) };
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
}
