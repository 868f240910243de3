import type { BundleManifest } from "../core/bundle.ts";
import type { DecoderShape, GeneratedToken } from "./decoding/generate-answer.ts";
import type { GraphThread } from "./onnx/graph-thread.ts";
import type { Prompt } from "./prompt.ts";

export interface DecodeOptions {
  readonly threadId?: string | undefined;
  /** 0 = greedy */
  readonly temperature: number;
  readonly seed: number;
  /** "Not in this clip" is no answer. */
  /** See `GenerateOptions`. */
  readonly together?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Let the language model answer a prompt; tokens come as they are made, the verdict first. The loop itself runs beside
 * the session (decoding/generate-answer.ts).
 *
 * Implements  DaMO, LLM with LoRA merged (row 9 of PAPER.md).
 * @throws DomainError cancelled, model.shape_mismatch, model.runtime
 */
export function decodeAnswer(
  thread: GraphThread,
  { limits, answering }: BundleManifest,
  { segments, grammar }: Prompt,
  { threadId, temperature, seed, together, signal }: DecodeOptions,
): AsyncIterable<GeneratedToken> {
  return thread.generate(
    {
      prompt: segments,
      grammar,
      maxTokens: limits.answerTokens,
      absentThreshold: answering.absentThreshold,
      temperature,
      seed,
      ...(threadId === undefined ? {} : { threadId }),
    },
    { signal, together },
  );
}

/** One position of `past` and `present` is `[layers, 2, heads, headDim]`. */
export function decoderShape({ axes }: BundleManifest): DecoderShape & { readonly dims: readonly number[] } {
  const dims = [axes.decoderLayers, 2, axes.decoderHeads, axes.decoderHeadDim];
  return { width: axes.H, positionFloats: dims.reduce((product, dim) => product * dim, 1), dims };
}
