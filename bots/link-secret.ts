/** The key that signs jump links: from the config, else made once and kept in the home folder for its owner only. */
import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DomainError } from "../core/index.ts";

/** @throws DomainError `memory.unavailable` when the home folder can be neither read nor written. */
export async function linkSecret(homeFolder: string, configured: string | undefined): Promise<string> {
  if (configured) return configured;
  const path = join(homeFolder, "link-secret");
  try {
    await mkdir(homeFolder, { recursive: true, mode: 0o700 });
    return await readSecret(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw unavailable(path, cause);
  }
  // Written aside, then linked: of two processes that start at once one wins, and neither reads half a key.
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, randomBytes(32).toString("base64url"), { mode: 0o600 });
    await link(draft, path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EEXIST") throw cause;
    });
    return await readSecret(path);
  } catch (cause) {
    throw unavailable(path, cause);
  } finally {
    await rm(draft, { force: true });
  }
}

async function readSecret(path: string): Promise<string> {
  const secret = (await readFile(path, "utf8")).trim();
  if (secret.length < 32) throw new Error("shorter than 32 characters: delete the file to get a new one");
  return secret;
}

const unavailable = (path: string, cause: unknown) =>
  new DomainError("memory.unavailable", `cannot keep the link secret in ${path}`, { cause, details: { path } });
