/**
 * Loads a bundle folder and proves that it is whole: `damo.json` by its schema, every file by size and sha256, all of
 * them together by the fingerprint. Nothing is ever replaced or guessed.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, normalize, sep } from "node:path";
import { type BundleManifest, bundleManifestSchema, GRAPH_NAMES, type GraphName } from "../core/bundle.ts";
import type { BundleIdentity } from "../core/clip.ts";
import { DomainError } from "../core/errors.ts";
import type { GraphSource } from "./onnx/runner.ts";

export interface ModelBundle {
  readonly folder: string;
  readonly manifest: BundleManifest;
  readonly identity: BundleIdentity;
  readonly tokenizerPath: string;
  graph(name: GraphName): GraphSource;
}

interface ListedFile {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * @param folder  holds `damo.json` and every file that it names
 * @throws DomainError model.bundle_missing (no folder, no damo.json, no such file), model.bundle_invalid (damo.json),
 *         model.file_mismatch (size, sha256, fingerprint); details name the file, what was expected and what was found
 */
export async function loadBundle(folder: string): Promise<ModelBundle> {
  const manifest = await readManifest(folder);
  const files: ListedFile[] = [manifest.tokenizer, ...GRAPH_NAMES.map((name) => manifest.graphs[name])];
  expectFingerprint(files, manifest.fingerprint);
  await Promise.all(files.map((file) => verifyFile(folder, file)));
  const { name, version, fingerprint } = manifest;
  return {
    folder,
    manifest,
    identity: { name, version, fingerprint },
    tokenizerPath: join(folder, manifest.tokenizer.file),
    graph: (graph) => ({
      name: graph,
      path: join(folder, manifest.graphs[graph].file),
      manifest: manifest.graphs[graph],
    }),
  };
}

/**
 * Which bundle lies in a folder, from `damo.json` alone: for processes that only name it and run none of it.
 *
 * @throws DomainError model.bundle_missing, model.bundle_invalid, model.file_mismatch (the fingerprint)
 */
export async function readBundleIdentity(folder: string): Promise<BundleIdentity> {
  const { tokenizer, graphs, name, version, fingerprint } = await readManifest(folder);
  expectFingerprint([tokenizer, ...GRAPH_NAMES.map((graph) => graphs[graph])], fingerprint);
  return { name, version, fingerprint };
}

async function readManifest(folder: string): Promise<BundleManifest> {
  const path = join(folder, "damo.json");
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new DomainError("model.bundle_missing", `no model bundle at ${folder}: damo.json cannot be read`, {
      cause,
      details: { file: path, expected: "a bundle folder", found: "no such file" },
    });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(path, "JSON", String(cause));
  }
  const parsed = bundleManifestSchema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "damo.json"}: ${issue.message}`);
    throw invalid(path, "a manifest as in docs/bundle.md", problems.join("; "));
  }
  const { windowSeconds, preprocess, axes } = parsed.data;
  const frames = Math.round(windowSeconds * preprocess.frameRate);
  if (frames !== axes.T) throw invalid(path, `axes.T = windowSeconds * frameRate = ${frames}`, String(axes.T));
  const melFrames = Math.round((windowSeconds * preprocess.sampleRateHz) / preprocess.mel.hopSamples);
  if (melFrames !== axes.M) throw invalid(path, `axes.M = window samples / hopSamples = ${melFrames}`, String(axes.M));
  return parsed.data;
}

const invalid = (file: string, expected: string, found: string): DomainError =>
  new DomainError("model.bundle_invalid", `${file}: expected ${expected}, found ${found}`, {
    details: { file, expected, found },
  });

async function verifyFile(folder: string, { file, sha256, bytes }: ListedFile): Promise<void> {
  const inside = normalize(file);
  if (isAbsolute(file) || inside === ".." || inside.startsWith(`..${sep}`)) {
    throw invalid(file, "a file inside the bundle folder", file);
  }
  const path = join(folder, file);
  const found = await stat(path).catch((cause: unknown) => {
    throw new DomainError("model.bundle_missing", `bundle file ${file} is not there`, {
      cause,
      details: { file: path, expected: `${bytes} bytes`, found: "no file" },
    });
  });
  if (found.size !== bytes) throw mismatch(path, `${bytes} bytes`, `${found.size} bytes`);
  const hash = createHash("sha256");
  // 1 MiB pieces: large enough to be quick, small enough to leave the event loop free in between.
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece);
  const digest = hash.digest("hex");
  if (digest !== sha256) throw mismatch(path, `sha256 ${sha256}`, `sha256 ${digest}`);
}

function expectFingerprint(files: readonly ListedFile[], expected: string): void {
  const lines = [...files].sort((a, b) => (a.file < b.file ? -1 : 1)).map(({ file, sha256 }) => `${sha256}  ${file}\n`);
  const found = createHash("sha256").update(lines.join("")).digest("hex");
  if (found !== expected) throw mismatch("damo.json", `fingerprint ${expected}`, `fingerprint ${found}`);
}

const mismatch = (file: string, expected: string, found: string): DomainError =>
  new DomainError("model.file_mismatch", `${file}: expected ${expected}, found ${found}`, {
    details: { file, expected, found },
  });
