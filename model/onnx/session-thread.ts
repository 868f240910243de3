/** The inside of a session thread: loads its graphs once, then runs them one call at a time until it is closed. */
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import {
  type DecoderPass,
  type GeneratedToken,
  type GenerateSummary,
  generateAnswer,
} from "../decoding/generate-answer.ts";
import { KeyValueCaches } from "../decoding/key-value-cache.ts";
import { logMel } from "../media/log-mel.ts";
import { throughGate } from "./exit-gate.ts";
import { type GraphTensors, outputOf } from "./graph-tensor.ts";
import { type GraphRunner, loadGraph } from "./runner.ts";
import { type FromThread, ownBuffers, type ThreadData, type ToThread, toPlainError } from "./thread-messages.ts";

if (parentPort === null) throw new Error("session-thread.ts runs in a worker thread only");
const port = parentPort;
const setup = workerData as ThreadData;
const runners = new Map<string, GraphRunner>();
const caches = new KeyValueCaches(setup.decoder?.cacheBytes ?? 0);
/** Ids of `generate` calls that run, and those of them that were cancelled. */
const generating = new Set<number>();
const cancelled = new Set<number>();

/** Nice value of a thread in the background: it gets a tenth of a core that others want, and all of one that nobody wants. */
const BACKGROUND_NICE = 10;
// On Linux this is the calling thread and, as threads inherit it, those that its sessions start. Elsewhere it would be the process.
if (setup.background && process.platform === "linux") setPriority(0, BACKGROUND_NICE);

const send = (message: FromThread, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

port.on("message", (message: ToThread) => {
  switch (message.type) {
    case "run":
      void answer(message.id, () => run(message));
      return;
    case "generate":
      generating.add(message.id);
      void answer(message.id, () => generate(message));
      return;
    case "cancel":
      if (generating.has(message.id)) cancelled.add(message.id);
      return;
    case "close":
      void close();
      return;
  }
});

try {
  for (const source of setup.graphs) {
    runners.set(
      source.name,
      await throughGate(setup.gate, () => loadGraph(source, setup.intraOpThreads, setup.provider)),
    );
  }
  const used = new Set([...runners.values()].map((runner) => runner.provider));
  send({ type: "ready", provider: [...used].find((provider) => provider !== "cpu") ?? "cpu" });
} catch (error) {
  send({ type: "failed", error: toPlainError(error) });
}

async function answer(id: number, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    send({ type: "failed", id, error: toPlainError(error) });
  }
}

async function run({ id, graph, inputs }: Extract<ToThread, { type: "run" }>): Promise<void> {
  const outputs = await runGraph(graph, withLogMel(inputs));
  send({ type: "outputs", id, outputs, busyMs: busyMs() }, ownBuffers(outputs));
}

function withLogMel({ samples, ...inputs }: GraphTensors): GraphTensors {
  if (samples === undefined || setup.sound === undefined)
    return samples === undefined ? inputs : { samples, ...inputs };
  const { preprocess, windowSeconds } = setup.sound;
  const data = logMel(samples.data as Float32Array, preprocess, windowSeconds);
  const { bands } = preprocess.mel;
  return { ...inputs, logMel: { data, dims: [1, data.length / bands, bands] } };
}

async function generate({ id, request, together }: Extract<ToThread, { type: "generate" }>): Promise<void> {
  const tokens: GeneratedToken[] = [];
  const finish = (summary: GenerateSummary | undefined): void =>
    send({ type: "finished", id, tokens, summary, busyMs: busyMs() });
  try {
    if (setup.decoder === undefined) throw new Error("this thread holds no decoder");
    // `session.run` gives the event loop a turn before each pass, so a `cancel` is seen between two tokens.
    const steps = generateAnswer(decoderPass, setup.decoder, caches, request);
    while (!cancelled.has(id)) {
      const step = await steps.next();
      if (step.done === true) return finish(step.value);
      // A message wakes the other thread, which costs about a tenth of a pass.
      if (together) tokens.push(step.value);
      else send({ type: "token", id, token: step.value, busyMs: busyMs() });
    }
    await steps.return(undefined);
    finish(undefined);
  } finally {
    generating.delete(id);
    cancelled.delete(id);
  }
}

const decoderPass: DecoderPass = async ({ tokens, soft, softMask, past }) => {
  const [length, width, dims] = [tokens.length, setup.decoder?.width ?? 0, setup.decoder?.dims ?? []];
  const outputs = await runGraph("decoder", {
    tokens: { data: tokens, dims: [1, length] },
    soft: { data: soft, dims: [1, length, width] },
    softMask: { data: softMask, dims: [1, length] },
    past: { data: past.past, dims: [past.length, ...dims] },
  });
  return { logits: outputOf(outputs, "logits").data, present: outputOf(outputs, "present").data };
};

async function runGraph(graph: string, inputs: GraphTensors): Promise<GraphTensors> {
  const runner = runners.get(graph);
  if (runner === undefined) throw new Error(`this thread holds no graph ${graph}`);
  return throughGate(setup.gate, () => runner.run(inputs));
}

const busyMs = (): number => [...runners.values()].reduce((sum, runner) => sum + runner.busyMs, 0);

async function close(): Promise<void> {
  for (const id of generating) cancelled.add(id);
  while (generating.size > 0) await new Promise((resolve) => setImmediate(resolve));
  for (const runner of runners.values()) await runner.release();
  port.close();
}
