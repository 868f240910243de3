/**
 * The caller's side of a session thread. `session.run` blocks its thread for its whole length (PERFORMANCE.md), so
 * every pass happens over there and the caller's event loop stays free.
 */
import { Worker } from "node:worker_threads";
import { DomainError } from "../../core/errors.ts";
import type { GeneratedToken, GenerateRequest, GenerateSummary } from "../decoding/generate-answer.ts";
import type { GraphTensors } from "./graph-tensor.ts";
import {
  type FromThread,
  fromPlainError,
  ownBuffers,
  type ThreadSetup,
  type ToThread,
  withoutViews,
} from "./thread-messages.ts";

export interface RunOptions {
  /** Move the inputs to the thread instead of copying them: the caller's arrays are empty afterwards. */
  readonly give?: boolean;
}

export interface GraphThread {
  /** @throws DomainError model.shape_mismatch, model.runtime */
  run(graph: string, inputs: GraphTensors, options?: RunOptions): Promise<GraphTensors>;
  /**
   * Tokens as they are made; leaving the loop early, or the signal, stops the decoder before its next pass.
   *
   * @throws DomainError cancelled, model.shape_mismatch, model.runtime
   */
  generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GeneratedToken, GenerateSummary | undefined>;
  /** Frees the sessions and ends the thread. Calls in flight fail with model.runtime. */
  close(): Promise<void>;
}

/** One call in flight: its messages, in order, as they come. */
interface Call {
  receive(message: Exclude<FromThread, { type: "ready" }>): void;
}

/**
 * Start a thread and load its graphs.
 *
 * @throws DomainError model.bundle_invalid when a graph does not load or is not what damo.json says
 */
export async function startGraphThread(setup: ThreadSetup): Promise<GraphThread> {
  const worker = new Worker(new URL("./start-thread.mjs", import.meta.url), { workerData: setup, execArgv: [] });
  const calls = new Map<number, Call>();
  let lastId = 0;
  /** Set once the thread takes no more calls. */
  let ended: DomainError | undefined;

  const exited = new Promise<void>((resolve) => {
    worker.once("exit", (code) => {
      endWith(new DomainError("model.runtime", `the session thread ended (exit code ${code})`));
      resolve();
    });
  });
  worker.on("error", (cause) => {
    endWith(new DomainError("model.runtime", `the session thread failed: ${cause.message}`, { cause }));
  });

  const endWith = (error: DomainError): void => {
    ended ??= error;
    const { code, message, details } = ended;
    for (const [id, call] of calls) call.receive({ type: "failed", id, error: { code, message, details } });
    calls.clear();
  };

  const post = (message: ToThread, transfer: ArrayBuffer[] = []): void => worker.postMessage(message, transfer);

  const open = (call: Call): number => {
    if (ended !== undefined) throw ended;
    lastId += 1;
    calls.set(lastId, call);
    return lastId;
  };

  await new Promise<void>((resolve, reject) => {
    worker.once("error", reject);
    worker.once("exit", () => reject(ended));
    worker.on("message", (message: FromThread) => {
      if (message.type === "ready") return resolve();
      if (message.id === undefined)
        return message.type === "failed" ? reject(fromPlainError(message.error)) : undefined;
      calls.get(message.id)?.receive(message);
    });
  }).catch(async (error: unknown) => {
    await worker.terminate();
    throw error;
  });

  return {
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

    async *generate(request, signal) {
      const stopIfAborted = (): void => {
        if (signal?.aborted === true) throw new DomainError("cancelled", "the answer was cancelled");
      };
      stopIfAborted();
      const waiting: Exclude<FromThread, { type: "ready" }>[] = [];
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
        post({ type: "generate", id, request });
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
            return message.type === "finished" ? message.summary : undefined;
          }
        }
      } finally {
        signal?.removeEventListener("abort", onAbort);
        calls.delete(id);
        if (running && ended === undefined) post({ type: "cancel", id });
      }
    },

    async close() {
      if (ended === undefined) {
        endWith(new DomainError("model.runtime", "the session thread was closed"));
        post({ type: "close" });
      }
      await exited;
    },
  };
}
