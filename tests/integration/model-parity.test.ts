/** PyTorch, ONNX and TypeScript agree on golden tensors; tolerances and their reason are written in training/. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GRAPH_NAMES } from "../../core/bundle.ts";
import { loadBundle, type ModelBundle } from "../../model/bundle.ts";
import { decoderShape } from "../../model/decoder.ts";
import { chooseToken, weighTokens } from "../../model/decoding/choose-token.ts";
import { KeyValueCache } from "../../model/decoding/key-value-cache.ts";
import { logMel } from "../../model/media/index.ts";
import type { GraphTensor } from "../../model/onnx/graph-tensor.ts";
import { type GraphThread, startGraphThread } from "../../model/onnx/graph-thread.ts";
import { buildListPrompt } from "../../model/prompt.ts";
import { loadTokenizer } from "../../model/tokenizer.ts";
import { goldenFolder, lacksTinyBundle } from "../support/tiny-bundle.ts";

interface GoldenTensor {
  readonly dims: number[];
  readonly file: string;
}
interface ExpectedTensor extends GoldenTensor {
  readonly atol: number;
  readonly rtol: number;
}
interface Parity {
  readonly graphs: Record<string, { inputs: Record<string, GoldenTensor>; outputs: Record<string, ExpectedTensor> }>;
  /** A window of silence but for `samples` from sample `at` on; `expected` are the mel rows `[rows[0], rows[1])`. */
  readonly logMel: {
    windowSamples: number;
    at: number;
    samples: GoldenTensor;
    rows: [number, number];
    expected: ExpectedTensor;
  };
  /** Unconstrained greedy decoding after `prompt`, with the bridged rows of `queries` at the positions `softAt`. */
  readonly greedy: { queries: GoldenTensor; prompt: number[]; softAt: number[]; expectedTokens: number[] };
  /** Texts as training writes them, and what its tokenizer makes of them. */
  readonly tokens: { text: string; ids: number[] }[];
}

function read({ file, dims }: GoldenTensor): GraphTensor {
  const bytes = readFileSync(join(goldenFolder, file));
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return file.endsWith(".i64") ? { data: new BigInt64Array(buffer), dims } : { data: new Float32Array(buffer), dims };
}

function expectClose(found: Float32Array, expected: ExpectedTensor): void {
  const wanted = read(expected).data as Float32Array;
  expect(found.length).toBe(wanted.length);
  let worst = { excess: Number.NEGATIVE_INFINITY, at: 0 };
  for (let at = 0; at < wanted.length; at += 1) {
    const [value, want] = [found[at] as number, wanted[at] as number];
    const excess = Math.abs(value - want) - (expected.atol + expected.rtol * Math.abs(want));
    if (!(excess <= worst.excess)) worst = { excess, at };
  }
  expect(worst.excess, `value ${worst.at}: ${found[worst.at]}, golden ${wanted[worst.at]}`).toBeLessThanOrEqual(0);
}

describe.skipIf(lacksTinyBundle())("parity with PyTorch", () => {
  let bundle: ModelBundle;
  let thread: GraphThread;
  let parity: Parity;

  beforeAll(async () => {
    parity = JSON.parse(readFileSync(join(goldenFolder, "parity.json"), "utf8"));
    bundle = await loadBundle(join(goldenFolder, "tiny-bundle"));
    thread = await startGraphThread({ graphs: GRAPH_NAMES.map((name) => bundle.graph(name)), intraOpThreads: 1 });
  });
  afterAll(() => thread?.close());

  it.each(GRAPH_NAMES)("%s", async (name) => {
    const golden = parity.graphs[name];
    if (golden === undefined) throw new Error(`parity.json has no graph ${name}`);
    const inputs = Object.fromEntries(Object.entries(golden.inputs).map(([key, tensor]) => [key, read(tensor)]));
    const outputs = await thread.run(name, inputs);
    for (const [key, expected] of Object.entries(golden.outputs)) {
      expect(outputs[key]?.dims).toEqual(expected.dims);
      expectClose(outputs[key]?.data as Float32Array, expected);
    }
  });

  it("log-mel", () => {
    const { preprocess, windowSeconds } = bundle.manifest;
    const { samples, at, rows, expected } = parity.logMel;
    const window = new Float32Array(windowSeconds * preprocess.sampleRateHz);
    window.set(read(samples).data as Float32Array, at);
    const { bands } = preprocess.mel;
    const found = logMel(window, preprocess, windowSeconds);
    expectClose(found.slice(rows[0] * bands, rows[1] * bands), expected);
  });

  it("greedy text, through the bridge and the host's key-value cache", async () => {
    const { queries, prompt, softAt, expectedTokens } = parity.greedy;
    const { width, positionFloats, dims } = decoderShape(bundle.manifest);
    const bridged = (await thread.run("bridge", { queries: read(queries) }))["embeddings"]?.data as Float32Array;
    const soft = new Float32Array(prompt.length * width);
    const softMask = new Float32Array(prompt.length);
    for (const [row, position] of softAt.entries()) {
      soft.set(bridged.subarray(row * width, (row + 1) * width), position * width);
      softMask[position] = 1;
    }
    const cache = new KeyValueCache(positionFloats, prompt.length);
    const pass = async (tokens: number[], softRows: Float32Array, mask: Float32Array): Promise<number> => {
      const length = tokens.length;
      const outputs = await thread.run("decoder", {
        tokens: { data: BigInt64Array.from(tokens, BigInt), dims: [1, length] },
        soft: { data: softRows, dims: [1, length, width] },
        softMask: { data: mask, dims: [1, length] },
        past: { data: cache.past, dims: [cache.length, ...dims] },
      });
      cache.append(tokens, outputs["present"]?.data as Float32Array);
      const weights = weighTokens(outputs["logits"]?.data as Float32Array);
      return chooseToken(weights, { temperature: 0, random: Math.random });
    };
    const made = [await pass(prompt, soft, softMask)];
    while (made.length < expectedTokens.length) {
      made.push(await pass([made.at(-1) as number], new Float32Array(width), new Float32Array(1)));
    }
    expect(made).toEqual(expectedTokens);
  });

  it("the prompt's layout: where a window's rows stand, and which token is under them", async () => {
    const { prompt, softAt } = parity.greedy;
    const { Q, H } = bundle.manifest.axes;
    const embeddings = { data: new Float32Array(Q * H), dims: [Q, H] };
    const window = { startSeconds: 0, endSeconds: 8, key: "", embeddings };
    const { segments } = buildListPrompt(await loadTokenizer(bundle.tokenizerPath), window, 0.5);
    const tokens: number[] = [];
    const soft: number[] = [];
    for (const segment of segments) {
      if ("tokens" in segment) tokens.push(...segment.tokens);
      else for (let row = 0; row < Q; row += 1) soft.push(tokens.push(segment.token) - 1);
    }
    expect(soft).toEqual(softAt);
    const question = Math.max(...softAt) + 2; // up to and with <q>
    expect(tokens.slice(0, question)).toEqual(prompt.slice(0, question));
    expect(tokens.at(-1)).toBe(prompt.at(-1));
  });

  it("tokens", async () => {
    const tokenizer = await loadTokenizer(bundle.tokenizerPath);
    for (const { text, ids } of parity.tokens) expect(tokenizer.encode(text), text).toEqual(ids);
  });
});
