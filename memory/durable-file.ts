/**
 * Small files that are there whole or not at all, and once awaited survive a power cut. Written aside, flushed, then
 * given their name in one step, so that several processes may work in one folder without locks.
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, link, lstat, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DomainError } from "../core/index.ts";

/** Readable by its owner only: titles, questions and answers are private. */
export const PRIVATE_FOLDER = { recursive: true, mode: 0o700 } as const;
export const PRIVATE_FILE = 0o600;

/** A process that is killed while it writes leaves its draft behind; readers pass over it. */
const DRAFT = ".draft";
export const isDraft = (name: string): boolean => name.endsWith(DRAFT);

/** Creates a file that is never changed afterwards. False, and nothing written, when it already exists. */
export async function createFile(path: string, bytes: Uint8Array): Promise<boolean> {
  return withDraft(path, bytes, (draft) => linkUnlessThere(draft, path));
}

/**
 * Creates a file as `createFile` does, but flushes it behind: once this resolves the file is there for every process,
 * whole, and it survives a power cut when `flushed` resolves. A cut before that may leave a file that is empty.
 *
 * @returns `undefined`, and nothing written, when it already exists; `flushed` also waits until the draft is gone, and
 *   rejects when the disk does not take the file
 */
export async function createFileFlushedBehind(
  path: string,
  bytes: Uint8Array,
): Promise<{ readonly flushed: Promise<void> } | undefined> {
  const folder = dirname(path);
  const draft = draftIn(folder);
  const handle = await open(draft, "wx", PRIVATE_FILE);
  let isGiven = false;
  try {
    await handle.writeFile(bytes);
    isGiven = await linkUnlessThere(draft, path);
  } finally {
    if (!isGiven) {
      await handle.close();
      await rm(draft, { force: true });
    }
  }
  if (!isGiven) return undefined;
  const flushed = tidyAndFlush(handle, draft);
  flushed.catch(() => {}); // it is for whoever awaits it
  return { flushed };
}

async function tidyAndFlush(handle: FileHandle, draft: string): Promise<void> {
  try {
    await rm(draft, { force: true });
    // At once: what the file system has to write for both goes to the disk together.
    await Promise.all([handle.sync(), flushFolder(dirname(draft))]);
  } finally {
    await handle.close();
  }
}

/** Creates a file or replaces what it held. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  await withDraft(path, bytes, (draft) => rename(draft, path));
}

/** What lies in a folder; nothing when there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Removes a folder with all that is in it; false when it is not there. A file that appears meanwhile goes too. */
export async function removeFolder(folder: string): Promise<boolean> {
  try {
    await lstat(folder);
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 10 });
  await flushFolder(dirname(folder));
  return true;
}

/** Makes the creation, renaming or removal of a file in this folder survive a power cut. */
export async function flushFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and keeps names in its journal without being asked.
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Does file work; what the file system objects to (no right, no space, not a folder) becomes `memory.unavailable`.
 *
 * @throws DomainError `memory.unavailable`; what `work` throws of its own, unchanged
 */
export async function onDisk<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = errorCode(cause);
    if (cause instanceof DomainError || code === undefined) throw cause;
    throw new DomainError("memory.unavailable", `${folder}: ${code}`, { cause, details: { folder, code } });
  }
}

export const isAbsent = (error: unknown): boolean => errorCode(error) === "ENOENT";

/** e.g. `ENOSPC`; `undefined` when the error is not the file system's. */
function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "syscall" in error && "code" in error ? String(error.code) : undefined;
}

const draftIn = (folder: string): string => join(folder, `${randomBytes(8).toString("hex")}${DRAFT}`);

async function linkUnlessThere(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function withDraft<T>(path: string, bytes: Uint8Array, give: (draft: string) => Promise<T>): Promise<T> {
  const folder = dirname(path);
  const draft = draftIn(folder);
  try {
    const handle = await open(draft, "wx", PRIVATE_FILE);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const given = await give(draft);
    await flushFolder(folder);
    return given;
  } finally {
    await rm(draft, { force: true });
  }
}
