import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BundleManifest, GRAPH_NAMES, type TensorSpec } from "../../../core/bundle.ts";
import { loadBundle } from "../../../model/bundle.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const fingerprintOf = (files: readonly { file: string; sha256: string }[]) =>
  sha256(
    [...files]
      .sort((a, b) => (a.file < b.file ? -1 : 1))
      .map((file) => `${file.sha256}  ${file.file}\n`)
      .join(""),
  );

const withAxes = (manifest: BundleManifest, axes: Partial<BundleManifest["axes"]>) => ({
  ...manifest,
  axes: { ...manifest.axes, ...axes },
});

describe("loadBundle", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "damo-bundle-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Writes a whole bundle whose graphs are short texts: what is in them is not this file's business. */
  async function aBundle(change: (manifest: BundleManifest) => unknown = (manifest) => manifest) {
    const listed = async (file: string) => {
      const content = `content of ${file}`;
      await writeFile(join(folder, file), content);
      return { file, sha256: sha256(content), bytes: content.length };
    };
    const tensor: TensorSpec[] = [{ name: "x", dtype: "float32", dims: [1, "N"] }];
    const graphs = {} as BundleManifest["graphs"];
    for (const name of GRAPH_NAMES) {
      graphs[name] = { ...(await listed(`${name}.onnx`)), opset: 17, inputs: tensor, outputs: tensor };
    }
    const tokenizer = await listed("tokenizer.json");
    const files = [tokenizer, ...Object.values(graphs)];
    const manifest: BundleManifest = {
      schemaVersion: 1,
      name: "test",
      version: "1.2.3",
      fingerprint: fingerprintOf(files),
      license: "Apache-2.0",
      card: { summary: "", sees: [], hears: [], limits: [], metrics: {}, attribution: [], examples: [] },
      preprocess: {
        frameRate: 4,
        frameSize: 128,
        pixelFormat: "gbrpf32le",
        sampleRateHz: 16_000,
        mel: {
          bands: 64,
          fftSize: 512,
          windowSamples: 400,
          hopSamples: 160,
          lowHz: 125,
          highHz: 7500,
          logOffset: 0.001,
        },
      },
      windowSeconds: 8,
      axes: {
        T: 32,
        P: 16,
        A: 32,
        Q: 16,
        D: 32,
        E: 16,
        H: 32,
        M: 800,
        V: 768,
        visionChannels: 256,
        audioChannels: 192,
        decoderLayers: 2,
        decoderHeads: 2,
        decoderHeadDim: 16,
      },
      limits: { windowsPerAnswer: 8, questionTokens: 64, answerTokens: 96, contextTokens: 768 },
      answering: { offsetSeconds: 0.5, absentThreshold: 0.5, unsureThreshold: 0.3, calibration: { scale: 1, bias: 0 } },
      tokenizer,
      graphs,
    };
    await writeFile(join(folder, "damo.json"), JSON.stringify(change(manifest)));
    return manifest;
  }

  it("loads a whole bundle and says where its graphs are", async () => {
    const manifest = await aBundle();
    const bundle = await loadBundle(folder);
    expect(bundle.identity).toEqual({ name: "test", version: "1.2.3", fingerprint: manifest.fingerprint });
    expect(bundle.graph("vision")).toMatchObject({ name: "vision", path: join(folder, "vision.onnx") });
    expect(bundle.tokenizerPath).toBe(join(folder, "tokenizer.json"));
  });

  it("says that there is no bundle", async () => {
    await expect(loadBundle(join(folder, "nowhere"))).rejects.toMatchObject({ code: "model.bundle_missing" });
  });

  it("names a file that is not there", async () => {
    await aBundle();
    await rm(join(folder, "audio.onnx"));
    await expect(loadBundle(folder)).rejects.toMatchObject({
      code: "model.bundle_missing",
      details: { file: join(folder, "audio.onnx"), found: "no file" },
    });
  });

  it("finds a flipped byte, and says what it expected", async () => {
    const manifest = await aBundle();
    await writeFile(join(folder, "bridge.onnx"), "content of bridge.onny");
    await expect(loadBundle(folder)).rejects.toMatchObject({
      code: "model.file_mismatch",
      details: {
        file: join(folder, "bridge.onnx"),
        expected: `sha256 ${manifest.graphs.bridge.sha256}`,
        found: `sha256 ${sha256("content of bridge.onny")}`,
      },
    });
  });

  it("finds a truncated file by its size", async () => {
    await aBundle();
    await writeFile(join(folder, "tokenizer.json"), "content");
    await expect(loadBundle(folder)).rejects.toMatchObject({
      code: "model.file_mismatch",
      details: { expected: "25 bytes", found: "7 bytes" },
    });
  });

  it("finds a fingerprint that is not that of its files", async () => {
    await aBundle((manifest) => ({ ...manifest, fingerprint: "0".repeat(64) }));
    await expect(loadBundle(folder)).rejects.toMatchObject({
      code: "model.file_mismatch",
      details: { expected: `fingerprint ${"0".repeat(64)}` },
    });
  });

  it.each<[string, string, (manifest: BundleManifest) => unknown]>([
    ["another schema version", "schemaVersion", (manifest) => ({ ...manifest, schemaVersion: 2 })],
    [
      "a missing graph",
      "graphs.decoder",
      ({ graphs, ...rest }) => ({ ...rest, graphs: { ...graphs, decoder: undefined } }),
    ],
    ["an unknown key", "colour", (manifest) => ({ ...manifest, colour: "red" })],
    ["frames that do not fill the window", "axes.T", (manifest) => withAxes(manifest, { T: 31 })],
    ["mel frames that do not fill the window", "axes.M", (manifest) => withAxes(manifest, { M: 801 })],
  ])("refuses %s", async (_, named, change) => {
    await aBundle(change);
    await expect(loadBundle(folder)).rejects.toMatchObject({
      code: "model.bundle_invalid",
      message: expect.stringContaining(named),
    });
  });

  it("refuses a damo.json that is no JSON", async () => {
    await writeFile(join(folder, "damo.json"), "<html>");
    await expect(loadBundle(folder)).rejects.toMatchObject({ code: "model.bundle_invalid" });
  });

  it("reads no file outside its folder", async () => {
    await aBundle((manifest) => {
      const tokenizer = { ...manifest.tokenizer, file: "../tokenizer.json" };
      return { ...manifest, tokenizer, fingerprint: fingerprintOf([tokenizer, ...Object.values(manifest.graphs)]) };
    });
    await expect(loadBundle(folder)).rejects.toMatchObject({
      code: "model.bundle_invalid",
      details: { found: "../tokenizer.json" },
    });
  });
});
