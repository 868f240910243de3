/**
 * The caller's side of a session thread. `session.run` blocks its thread for its whole length (PERFORMANCE.md), so
 * every pass happens over there and the caller's event loop stays free.
 */
import { Worker } from "node:worker_threads";
import { DomainError } from "../../core/errors.ts";
import type { GeneratedToken, GenerateRequest, GenerateSummary } from "../decoding/generate-answer.ts";
import type { ProviderName } from "./execution-provider.ts";
import { closeGate, createExitGate } from "./exit-gate.ts";
import type { GraphTensors } from "./graph-tensor.ts";
import {
  type FromThread,
  fromPlainError,
  ownBuffers,
  type ThreadData,
  type ThreadSetup,
  type ToThread,
  withoutViews,
} from "./thread-messages.ts";

export interface RunOptions {
  /** Move the inputs to the thread instead of copying them: the caller's arrays are empty afterwards. */
  readonly give?: boolean;
}

export interface GenerateOptions {
  /** Stops the decoder before its next pass. */
  readonly signal?: AbortSignal | undefined;
  /** Nobody reads along: all tokens come in one message at the end, which costs less than one a token. */
  readonly together?: boolean | undefined;
}

export interface GraphThread {
  /** What runs its graphs. */
  readonly provider: ProviderName;
  /** @throws DomainError model.shape_mismatch, model.runtime */
  run(graph: string, inputs: GraphTensors, options?: RunOptions): Promise<GraphTensors>;
  /**
   * Tokens as they are made; leaving the loop early, or the signal, stops the decoder before its next pass.
   *
   * @throws DomainError cancelled, model.shape_mismatch, model.runtime
   */
  generate(
    request: GenerateRequest,
    options?: GenerateOptions,
  ): AsyncGenerator<GeneratedToken, GenerateSummary | undefined>;
  /** What the thread has done so far: wall time inside ONNX Runtime, and tokens that `generate` made. */
  readonly effort: { readonly graphMs: number; readonly tokens: number };
  /** Resolves when the thread is gone: closed, or crashed. */
  readonly ended: Promise<void>;
  /** Frees the sessions and ends the thread. Calls in flight fail with model.runtime. */
  close(): Promise<void>;
}

type Reply = Exclude<FromThread, { type: "ready" }>;

/** One call in flight: its messages, in order, as they come. */
interface Call {
  receive(message: Reply): void;
}

/**
 * Start a thread and load its graphs.
 *
 * @throws DomainError model.bundle_invalid when a graph does not load or is not what damo.json says
 */
export async function startGraphThread(setup: ThreadSetup): Promise<GraphThread> {
  const gate = createExitGate();
  const workerData: ThreadData = { ...setup, gate };
  const worker = new Worker(new URL("./start-thread.mjs", import.meta.url), { workerData, execArgv: [] });
  const onProcessExit = (): void => closeGate(gate);
  process.once("exit", onProcessExit);
  const calls = new Map<number, Call>();
  let lastId = 0;
  let graphMs = 0;
  let tokens = 0;
  /** Set once the thread takes no more calls. */
  let failure: DomainError | undefined;

  const failAll = (error: DomainError): void => {
    failure ??= error;
    const { code, message, details } = failure;
    for (const [id, call] of calls) call.receive({ type: "failed", id, error: { code, message, details } });
    calls.clear();
  };

  worker.on("error", (cause) => {
    failAll(new DomainError("model.runtime", `the session thread failed: ${cause.message}`, { cause }));
  });
  const ended = new Promise<void>((resolve) => {
    worker.once("exit", (code) => {
      process.off("exit", onProcessExit);
      failAll(new DomainError("model.runtime", `the session thread ended (exit code ${code})`));
      resolve();
    });
  });

  const post = (message: ToThread, transfer: ArrayBuffer[] = []): void => worker.postMessage(message, transfer);

  const open = (call: Call): number => {
    if (failure !== undefined) throw failure;
    lastId += 1;
    calls.set(lastId, call);
    return lastId;
  };

  const provider = await new Promise<ProviderName>((resolve, reject) => {
    worker.once("error", () => reject(failure));
    worker.once("exit", () => reject(failure));
    worker.on("message", (message: FromThread) => {
      if ("busyMs" in message) graphMs = message.busyMs;
      if (message.type === "token") tokens += 1;
      if (message.type === "finished") tokens += message.tokens.length;
      if (message.type === "ready") resolve(message.provider);
      else if (message.id !== undefined) calls.get(message.id)?.receive(message);
      else if (message.type === "failed") reject(fromPlainError(message.error));
    });
  }).catch(async (error: unknown) => {
    await worker.terminate();
    throw error;
  });

  return {
    provider,
    run: (graph, inputs, { give = false } = {}) =>
      new Promise((resolve, reject) => {
        const compact = withoutViews(inputs);
        const id = open({
          receive(message) {
            calls.delete(id);
            if (message.type === "outputs") resolve(message.outputs);
            else if (message.type === "failed") reject(fromPlainError(message.error));
          },
        });
        post({ type: "run", id, graph, inputs: compact }, give ? ownBuffers(compact) : []);
      }),

    async *generate(request, { signal, together = false } = {}) {
      const stopIfAborted = (): void => {
        if (signal?.aborted === true) throw new DomainError("cancelled", "the answer was cancelled");
      };
      stopIfAborted();
      const waiting: Reply[] = [];
      let wake = (): void => {};
      const id = open({
        receive(message) {
          waiting.push(message);
          wake();
        },
      });
      const onAbort = (): void => wake();
      signal?.addEventListener("abort", onAbort, { once: true });
      let running = true;
      try {
        post({ type: "generate", id, request, together });
        while (true) {
          stopIfAborted();
          const message = waiting.shift();
          if (message === undefined) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          } else if (message.type === "token") {
            yield message.token;
          } else {
            running = false;
            if (message.type === "failed") throw fromPlainError(message.error);
            if (message.type !== "finished") return undefined;
            yield* message.tokens;
            return message.summary;
          }
        }
      } finally {
        signal?.removeEventListener("abort", onAbort);
        calls.delete(id);
        if (running && failure === undefined) post({ type: "cancel", id });
      }
    },

    get effort() {
      return { graphMs, tokens };
    },
    ended,
    async close() {
      if (failure === undefined) {
        failAll(new DomainError("model.runtime", "the session thread was closed"));
        post({ type: "close" });
      }
      await ended;
    },
  };
}
