import type { BundleManifest } from "../core/bundle.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { roundToFloat16 } from "./float16.ts";
import { outputOf } from "./onnx/graph-tensor.ts";
import type { GraphThread } from "./onnx/graph-thread.ts";
import type { VisualTokens } from "./vision-encoder.ts";

export interface FuseInput {
  /** N frames from the start of the window, 1 <= N <= T; absent when nothing is shown in this window. */
  readonly visual: VisualTokens | undefined;
  /** [1, A, audioChannels]; absent when nothing is heard in this window. */
  readonly audio: FloatTensor | undefined;
  /** How many of the A audio steps hold sound. */
  readonly audioSteps: number;
  /** Start of the window, seconds of media time. */
  readonly startSeconds: number;
  /** FUSION queries [Q, D] of the window before; absent at the start of a clip. */
  readonly state: Float32Array | undefined;
}

export interface FusedWindow {
  /** FuseformerQueries [Q, D], rounded to float16 precision: what memory keeps and what the next window gets as state. */
  readonly queries: Float32Array;
  /** [E], unit length. */
  readonly embedding: Float32Array;
}

/**
 * Fuse one window's visual and audio tokens into Q query vectors.
 *
 * Implements  DaMO, global residual, grouped temporal convolution, temporal embeddings and the Temporal-aware
 *             Fuseformer (rows 2 to 7 of PAPER.md), and stage 1's window embedding (row 10).
 *             Differs: the forward state is ours (MODEL.md, "Streaming").
 * @throws DomainError model.shape_mismatch, model.runtime
 */
export async function fuseWindow(
  thread: GraphThread,
  { axes }: BundleManifest,
  input: FuseInput,
): Promise<FusedWindow> {
  const { T, P, A, Q, D, visionChannels, audioChannels } = axes;
  const frames = input.visual?.global.dims[0] ?? 0;
  const outputs = await thread.run(
    "fuseformer",
    {
      patches: padded(input.visual?.patches, 1, T, P, visionChannels),
      global: padded(input.visual?.global, 1, T, visionChannels),
      visualMask: { data: onesThenZeros(frames, T), dims: [1, T] },
      audio: padded(input.audio, 1, A, audioChannels),
      audioMask: { data: onesThenZeros(input.audioSteps, A), dims: [1, A] },
      startSeconds: { data: Float32Array.of(input.startSeconds), dims: [1] },
      state: { data: input.state?.slice() ?? new Float32Array(Q * D), dims: [1, Q, D] },
      stateMask: { data: Float32Array.of(input.state === undefined ? 0 : 1), dims: [1] },
    },
    { give: true },
  );
  return {
    queries: roundToFloat16(outputOf(outputs, "queries").data),
    embedding: outputOf(outputs, "embedding").data,
  };
}

/** The tensor's values, then zeros up to `dims`. */
function padded(tensor: FloatTensor | undefined, ...dims: number[]): FloatTensor {
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (tensor?.data.length === size) return { data: tensor.data, dims };
  const data = new Float32Array(size);
  if (tensor !== undefined) data.set(tensor.data);
  return { data, dims };
}

const onesThenZeros = (ones: number, length: number): Float32Array => new Float32Array(length).fill(1, 0, ones);
