/** What a session thread and its caller say to each other. All of it is plain data that structured clone carries. */
import type { BundleManifest } from "../../core/bundle.ts";
import { DomainError, ERROR_CODES, type ErrorCode, isDomainError } from "../../core/errors.ts";
import type { DecoderShape, GeneratedToken, GenerateRequest, GenerateSummary } from "../decoding/generate-answer.ts";
import type { ProviderChoice, ProviderName } from "./execution-provider.ts";
import type { ExitGate } from "./exit-gate.ts";
import type { GraphTensor, GraphTensors } from "./graph-tensor.ts";
import type { GraphSource } from "./runner.ts";

/** Given to the thread when it starts. */
export interface ThreadSetup {
  readonly graphs: readonly GraphSource[];
  readonly intraOpThreads: number;
  /** Default: the CPU. */
  readonly provider?: ProviderChoice;
  /** Whoever waits for an answer goes first (Linux: elsewhere a thread has no priority of its own). */
  readonly background?: boolean;
  /** Set for the thread that holds the audio graph: given `samples`, it makes the graph's `logMel` of them. */
  readonly sound?: Pick<BundleManifest, "preprocess" | "windowSeconds">;
  /** Set for the thread that holds the decoder graph. */
  readonly decoder?: DecoderShape & { readonly dims: readonly number[]; readonly cacheBytes: number };
}

/** What the thread really gets. */
export interface ThreadData extends ThreadSetup {
  readonly gate: ExitGate;
}

export type ToThread =
  | { readonly type: "run"; readonly id: number; readonly graph: string; readonly inputs: GraphTensors }
  | {
      readonly type: "generate";
      readonly id: number;
      readonly request: GenerateRequest;
      /** No `token` messages: all of them come with `finished`. */
      readonly together: boolean;
    }
  /** Ends a `generate` between two tokens; it still answers with `finished`. */
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "close" };

/** `busyMs`: wall time that the thread has spent inside ONNX Runtime so far. */
export type FromThread =
  /** `provider`: what runs the graphs. */
  | { readonly type: "ready"; readonly provider: ProviderName }
  | { readonly type: "outputs"; readonly id: number; readonly outputs: GraphTensors; readonly busyMs: number }
  | { readonly type: "token"; readonly id: number; readonly token: GeneratedToken; readonly busyMs: number }
  | {
      readonly type: "finished";
      readonly id: number;
      /** Those that were not sent before. */
      readonly tokens: readonly GeneratedToken[];
      readonly summary: GenerateSummary | undefined;
      readonly busyMs: number;
    }
  /** Without an id: the thread could not start. */
  | { readonly type: "failed"; readonly id?: number; readonly error: PlainError };

export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Structured clone keeps the message of an Error but not the code of ours. */
export function toPlainError(error: unknown): PlainError {
  if (isDomainError(error)) return { code: error.code, message: error.message, details: error.details };
  return {
    code: "model.runtime",
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    details: {},
  };
}

export const fromPlainError = ({ code, message, details }: PlainError): DomainError =>
  new DomainError(code in ERROR_CODES ? code : "model.runtime", message, { details });

/**
 * The buffers that can move instead of being copied: those that a tensor has for itself. A view into a larger buffer
 * is left out, since moving it would empty its neighbours too.
 */
export function ownBuffers(tensors: GraphTensors): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { data } of Object.values<GraphTensor>(tensors)) {
    if (data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength && data.byteLength > 0) {
      buffers.add(data.buffer);
    }
  }
  return [...buffers];
}

/** Structured clone copies the whole buffer behind a view; this copies the view alone. */
export function withoutViews(tensors: GraphTensors): GraphTensors {
  const compact = ({ data, dims }: GraphTensor): GraphTensor =>
    (data.byteLength === data.buffer.byteLength ? { data, dims } : { data: data.slice(), dims }) as GraphTensor;
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, compact(tensor)]));
}
