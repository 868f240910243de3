/**
 * The only file that imports onnxruntime-node. A runner is one loaded graph; `run` blocks the thread it is called on
 * for the whole pass, so runners live in session threads (onnx/session-thread.ts), never where a socket is held.
 */
import * as ort from "onnxruntime-node";
import type { GraphManifest, TensorSpec } from "../../core/bundle.ts";
import { DomainError, isDomainError } from "../../core/errors.ts";
import {
  CPU_ONLY,
  type ExecutionProviderOption,
  openWithProvider,
  type ProviderChoice,
  type ProviderName,
} from "./execution-provider.ts";
import type { GraphTensor, GraphTensors } from "./graph-tensor.ts";
import { validateTensors } from "./validate-tensors.ts";

export interface GraphSource {
  readonly name: string;
  readonly path: string;
  readonly manifest: GraphManifest;
}

export interface GraphRunner {
  /** What runs it. */
  readonly provider: ProviderName;
  /** @throws DomainError model.shape_mismatch (tensors against the manifest), model.runtime (ONNX Runtime failed) */
  run(inputs: GraphTensors): Promise<GraphTensors>;
  /** Wall time inside ONNX Runtime so far, ms. */
  readonly busyMs: number;
  release(): Promise<void>;
}

/**
 * Load one graph and hold its inputs and outputs against the manifest.
 *
 * @param intraOpThreads  threads that one pass may use
 * @throws DomainError model.bundle_invalid when the graph does not load or is not what damo.json says;
 *   model.provider_unavailable when no provider of the choice is there
 */
export async function loadGraph(
  source: GraphSource,
  intraOpThreads: number,
  choice: ProviderChoice = CPU_ONLY,
): Promise<GraphRunner> {
  const { name, manifest } = source;
  const create = (provider: ExecutionProviderOption) =>
    ort.InferenceSession.create(source.path, {
      executionProviders: [provider],
      intraOpNumThreads: intraOpThreads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      // Threads that spin while they wait take the cores from ffmpeg (PERFORMANCE, "What follows").
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    });
  const known = () => ort.listSupportedBackends().map((backend) => backend.name);
  const { session, provider } = await openWithProvider({ known, create }, choice).catch((cause: unknown) => {
    if (isDomainError(cause)) throw cause;
    throw new DomainError("model.bundle_invalid", `graph ${name} does not load`, {
      cause,
      details: { graph: name, expected: "an ONNX graph", found: String(cause) },
    });
  });
  expectSpecs(name, "input", manifest.inputs, session.inputMetadata);
  expectSpecs(name, "output", manifest.outputs, session.outputMetadata);

  let busyMs = 0;
  return {
    provider,
    get busyMs() {
      return busyMs;
    },
    async run(inputs) {
      const lengths = validateTensors(name, manifest.inputs, inputs);
      const feeds = Object.fromEntries(Object.entries(inputs).map(([key, tensor]) => [key, toOrt(tensor)]));
      // `session.run` waits for the next turn of the event loop, where other calls may come first; this one is just ahead.
      let enteredAtMs = performance.now();
      setImmediate(() => {
        enteredAtMs = performance.now();
      });
      const results = await session.run(feeds).catch((cause: unknown) => {
        throw new DomainError("model.runtime", `graph ${name} failed: ${String(cause)}`, {
          cause,
          details: { graph: name },
        });
      });
      busyMs += performance.now() - enteredAtMs;
      const outputs = Object.fromEntries(Object.entries(results).map(([key, tensor]) => [key, fromOrt(tensor)]));
      validateTensors(name, manifest.outputs, outputs, lengths);
      return outputs;
    },
    release: () => session.release(),
  };
}

const toOrt = (tensor: GraphTensor): ort.Tensor =>
  tensor.data instanceof BigInt64Array
    ? new ort.Tensor("int64", tensor.data, tensor.dims)
    : new ort.Tensor("float32", tensor.data, tensor.dims);

const fromOrt = (tensor: ort.Tensor): GraphTensor =>
  ({ data: tensor.data as Float32Array | BigInt64Array, dims: tensor.dims }) as GraphTensor;

/** Names, dtypes, ranks and fixed dims must agree; a dim that the manifest names may be fixed or free in the graph. */
function expectSpecs(
  graph: string,
  side: "input" | "output",
  specs: readonly TensorSpec[],
  found: readonly ort.InferenceSession.ValueMetadata[],
): void {
  const expected = specs.map((spec) => `${spec.name} ${spec.dtype} [${spec.dims.join(", ")}]`).sort();
  const actual = found
    .map((value) =>
      value.isTensor ? `${value.name} ${value.type} [${value.shape.join(", ")}]` : `${value.name}, not a tensor`,
    )
    .sort();
  const same =
    specs.length === found.length &&
    specs.every((spec) => {
      const value = found.find((candidate) => candidate.name === spec.name);
      return (
        value?.isTensor === true &&
        value.type === spec.dtype &&
        value.shape.length === spec.dims.length &&
        spec.dims.every(
          (dim, axis) =>
            typeof dim !== typeof value.shape[axis] || typeof dim === "string" || dim === value.shape[axis],
        )
      );
    });
  if (same) return;
  throw new DomainError(
    "model.bundle_invalid",
    `graph ${graph}: ${side}s are ${actual.join("; ")}, damo.json says ${expected.join("; ")}`,
    { details: { graph, side, expected, found: actual } },
  );
}
