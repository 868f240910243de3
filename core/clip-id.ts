/** A clip's id from its bytes, streamed: memory stays flat however large the file is. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { asClipId, type ClipId } from "./clip.ts";
import { DomainError } from "./errors.ts";

export interface ClipIdOptions {
  /** Larger files are refused before a byte is read. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/**
 * sha256 of the file at `path`.
 *
 * @throws DomainError `clip.not_found`; `clip.unreadable` (a folder, a pipe, no right to read); `clip.too_large`; `cancelled`
 */
export async function clipIdOfFile(path: string, options: ClipIdOptions = {}): Promise<ClipId> {
  let file: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a named pipe waits for a writer, for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return await hashOf(file, options);
  } catch (cause) {
    if (cause instanceof DomainError) throw cause;
    if (options.signal?.aborted) throw new DomainError("cancelled", "reading the clip was cancelled", { cause });
    const code = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "clip.not_found" : "clip.unreadable";
    throw new DomainError(code, `cannot read ${path}`, { cause, details: { path } });
  } finally {
    await file?.close();
  }
}

async function hashOf(file: FileHandle, { maxBytes, signal }: ClipIdOptions): Promise<ClipId> {
  const facts = await file.stat();
  const sizeBytes = facts.size;
  if (!facts.isFile()) throw new DomainError("clip.unreadable", "not a regular file");
  if (maxBytes !== undefined && sizeBytes > maxBytes) {
    throw new DomainError("clip.too_large", `${sizeBytes} bytes, the limit is ${maxBytes}`, {
      details: { sizeBytes, maxBytes },
    });
  }
  const hash = createHash("sha256");
  const bytes = file.createReadStream({ autoClose: false, highWaterMark: 1 << 20 });
  for await (const chunk of bytes) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
  return asClipId(hash.digest("hex"));
}
