/** `damo models list` and `damo models verify [FOLDER]`. Verifying reads every byte, so a listed bundle is a sound one. */
import { readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type BundleManifest, DomainError, GRAPH_NAMES } from "../../core/index.ts";
import { replyForError } from "../replies.ts";
import { sizeText } from "../time-text.ts";
import type { CommandContext } from "./context.ts";
import type { Services } from "./services.ts";

/**
 * The bundle in use, and the others that lie beside it.
 * @throws DomainError `model.*` after the others were listed, when the one in use is not sound
 */
export async function listModels(context: CommandContext): Promise<void> {
  const services = await context.services();
  const inUse = services.config.model.bundleFolder;
  const beside = await readdir(dirname(inUse), { withFileTypes: true }).catch(() => []);
  const folders = new Set([
    inUse,
    ...beside.filter((entry) => entry.isDirectory()).map((entry) => join(dirname(inUse), entry.name)),
  ]);
  let problem: DomainError | undefined;
  for (const folder of [...folders].sort()) {
    try {
      show(context, services, folder, await services.verifyBundle(folder));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // A folder that holds no bundle is no news; a bundle that is broken is.
      if (folder === inUse) problem = error;
      else if (error.code !== "model.bundle_missing") context.terminal.note(replyForError(error).says);
    }
  }
  if (problem) throw problem;
}

/** @throws DomainError `model.*`: the file, what was expected and what was found */
export async function verifyModel(context: CommandContext, folder: string | undefined): Promise<void> {
  const services = await context.services();
  const target = folder === undefined ? services.config.model.bundleFolder : resolve(folder);
  show(context, services, target, await services.verifyBundle(target));
}

function show({ terminal }: CommandContext, { config }: Services, folder: string, manifest: BundleManifest): void {
  const { name, version, fingerprint, license } = manifest;
  const files = [manifest.tokenizer, ...GRAPH_NAMES.map((graph) => manifest.graphs[graph])];
  // Two graphs may share a file.
  const sizeBytes = [...new Map(files.map(({ file, bytes }) => [file, bytes])).values()].reduce(
    (sum, bytes) => sum + bytes,
    0,
  );
  const inUse = folder === config.model.bundleFolder;
  terminal.result(
    `${terminal.paint.strong(`${name} ${version}`)}${inUse ? "  (in use)" : ""}\n` +
      `  fingerprint  ${fingerprint.slice(0, 16)}, every file verified\n` +
      `  size         ${sizeText(sizeBytes)}, ${license}\n` +
      `  folder       ${folder}\n`,
  );
  terminal.line({ type: "bundle", name, version, fingerprint, license, folder, sizeBytes, inUse, verified: true });
}
