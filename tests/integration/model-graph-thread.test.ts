import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BundleManifest } from "../../core/bundle.ts";
import { loadBundle, type ModelBundle } from "../../model/bundle.ts";
import { decoderShape } from "../../model/decoder.ts";
import type { GeneratedToken, GenerateRequest } from "../../model/decoding/generate-answer.ts";
import { type GraphThread, startGraphThread } from "../../model/onnx/graph-thread.ts";
import { probeProvider } from "../../model/onnx/probe-provider.ts";
import { buildQuestionPrompt } from "../../model/prompt.ts";
import { loadTokenizer } from "../../model/tokenizer.ts";
import { lacksTinyBundle, tinyBundleFolder } from "../support/tiny-bundle.ts";

describe.skipIf(lacksTinyBundle())("a session thread", () => {
  let bundle: ModelBundle;
  let manifest: BundleManifest;
  let thread: GraphThread;

  beforeAll(async () => {
    bundle = await loadBundle(tinyBundleFolder);
    manifest = bundle.manifest;
    thread = await startGraphThread({
      graphs: [bundle.graph("vision"), bundle.graph("decoder")],
      intraOpThreads: 1,
      decoder: { ...decoderShape(manifest), cacheBytes: 2 ** 24 },
    });
  });
  afterAll(() => thread?.close());

  const frames = (count: number) => {
    const { frameSize } = manifest.preprocess;
    return {
      frames: { data: new Float32Array(count * 3 * frameSize ** 2).fill(0.5), dims: [count, 3, frameSize, frameSize] },
    };
  };

  it("moves what it is given and copies what it is lent", async () => {
    const lent = frames(1);
    await thread.run("vision", lent);
    expect(lent.frames.data.length).toBeGreaterThan(0);
    const given = frames(1);
    await thread.run("vision", given, { give: true });
    expect(given.frames.data.length).toBe(0);
  });

  it("takes a view into a larger buffer without emptying its neighbours", async () => {
    const { frames: two } = frames(2);
    const half = two.data.length / 2;
    const second = { data: two.data.subarray(half), dims: [1, ...two.dims.slice(1)] };
    const outputs = await thread.run("vision", { frames: second }, { give: true });
    expect(outputs["global"]?.dims).toEqual([1, manifest.axes.visionChannels]);
    expect(two.data.length).toBe(half * 2);
  });

  it("refuses wrong shapes by name, and works on", async () => {
    const wrong = { frames: { data: new Float32Array(12), dims: [1, 3, 2, 2] } };
    await expect(thread.run("vision", wrong)).rejects.toMatchObject({
      code: "model.shape_mismatch",
      details: { graph: "vision", tensor: "frames", found: "float32 [1, 3, 2, 2] of 12 values" },
    });
    await expect(thread.run("vision", frames(1))).resolves.toHaveProperty("patches");
  });

  it("fails calls in flight and later ones when it is closed, instead of leaving them to wait", async () => {
    const other = await startGraphThread({ graphs: [bundle.graph("vision")], intraOpThreads: 1 });
    const inFlight = expect(other.run("vision", frames(8))).rejects.toMatchObject({ code: "model.runtime" });
    await other.close();
    await inFlight;
    await expect(other.run("vision", frames(1))).rejects.toMatchObject({ code: "model.runtime" });
    await other.close();
  });

  it("does not start with a graph that is not what damo.json says", async () => {
    const source = bundle.graph("bridge");
    const [input] = source.manifest.inputs;
    const wrong = { ...source, manifest: { ...source.manifest, inputs: [{ ...input, name: "memory" }] } };
    await expect(startGraphThread({ graphs: [wrong as typeof source], intraOpThreads: 1 })).rejects.toMatchObject({
      code: "model.bundle_invalid",
      details: { graph: "bridge", side: "input" },
    });
  });

  describe("that holds the decoder", () => {
    const aQuestion = async (over: Partial<GenerateRequest> = {}): Promise<GenerateRequest> => {
      const { Q, H } = manifest.axes;
      const window = {
        startSeconds: 0,
        endSeconds: 8,
        key: "a window",
        embeddings: { data: Float32Array.from({ length: Q * H }, (_, at) => Math.sin(at)), dims: [Q, H] },
      };
      const { segments, grammar } = buildQuestionPrompt(await loadTokenizer(bundle.tokenizerPath), manifest.limits, {
        windows: [window],
        offsetSeconds: 0.5,
        question: "when does the dog appear?",
        history: [],
      });
      return { prompt: segments, grammar, maxTokens: 24, absentThreshold: 0.5, temperature: 0, seed: 0, ...over };
    };

    const collect = async (request: GenerateRequest): Promise<GeneratedToken[]> => {
      const tokens: GeneratedToken[] = [];
      for await (const token of thread.generate(request)) tokens.push(token);
      return tokens;
    };
    const ids = (tokens: readonly GeneratedToken[]) => tokens.map(({ token }) => token);

    it("streams the same tokens again, for the same seed, at any temperature", async () => {
      const sampled = await aQuestion({ temperature: 1.5, seed: 4 });
      expect(ids(await collect(sampled))).toEqual(ids(await collect(sampled)));
      expect(ids(await collect({ ...sampled, seed: 5 }))).not.toEqual(ids(await collect(sampled)));
    });

    it("answers from a kept prefix as from a fresh one", async () => {
      const fresh = await collect(await aQuestion());
      await collect(await aQuestion({ threadId: "kept" }));
      const kept = await collect(await aQuestion({ threadId: "kept" }));
      expect(ids(kept)).toEqual(ids(fresh));
      // Another length of pass adds up float32 in another order.
      for (const [at, { probability }] of kept.entries())
        expect(probability).toBeCloseTo(fresh[at]?.probability as number, 4);
    });

    it("answers two questions at once without mixing them up", async () => {
      const [one, other] = [await aQuestion({ temperature: 1, seed: 1 }), await aQuestion({ temperature: 1, seed: 2 })];
      const alone = [await collect(one), await collect(other)];
      expect(await Promise.all([collect(one), collect(other)])).toEqual(alone);
    });

    it("gives the same tokens in one message when nobody reads along, and counts them", async () => {
      const sampled = await aQuestion({ temperature: 1.5, seed: 4 });
      const streamed = await collect(sampled);
      const before = thread.effort.tokens;
      const together: GeneratedToken[] = [];
      for await (const token of thread.generate(sampled, { together: true })) together.push(token);
      expect(together).toEqual(streamed);
      expect(thread.effort.tokens - before).toBe(streamed.length);
    });

    it("stops between two tokens when it is cancelled", async () => {
      const left = new AbortController();
      const tokens = thread.generate(await aQuestion({ temperature: 1, seed: 1, maxTokens: 90 }), {
        signal: left.signal,
      });
      await tokens.next();
      left.abort();
      await expect(tokens.next()).rejects.toMatchObject({ code: "cancelled" });
      const aborted = { signal: AbortSignal.abort() };
      await expect(thread.generate(await aQuestion(), aborted).next()).rejects.toMatchObject({ code: "cancelled" });
      expect(await collect(await aQuestion())).not.toHaveLength(0);
    });
  });
});

describe.skipIf(lacksTinyBundle())("the execution provider", () => {
  it("is an error, not the CPU, when the one that was asked for is not there", async () => {
    const bundle = await loadBundle(tinyBundleFolder);
    // coreml on Linux, dml elsewhere: a provider that this platform's build cannot have.
    const absent = process.platform === "darwin" ? "dml" : "coreml";
    await expect(probeProvider(bundle, { providers: [absent], deviceId: 0 })).rejects.toMatchObject({
      code: "model.provider_unavailable",
    });
    expect(await probeProvider(bundle, { providers: [absent, "cpu"], deviceId: 0 })).toBe("cpu");
  });
});
