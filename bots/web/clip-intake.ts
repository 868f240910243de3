/**
 * Takes a clip that was dropped on the page: stores its bytes, starts watching, and says which clip it is once it has
 * proved to be one. Watching then goes on by itself; `problemOf` says when it could not be finished.
 */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  type ClipId,
  clipIdOfFile,
  DomainError,
  type MediaStore,
  type TenantId,
  type WatchClipRequest,
} from "../../core/index.ts";
import type { Reply } from "../replies.ts";
import { webReply } from "./web-reply.ts";

export interface ClipIntakeDeps {
  readonly media: Pick<MediaStore, "find" | "remember" | "delete">;
  /**
   * The use case core/watch-clip.ts, here or behind a queue: the first event says that the file is a clip and its memory
   * has been begun; a failure is thrown.
   */
  readonly watch: (request: WatchClipRequest) => AsyncIterable<unknown>;
}

export interface ClipIntakeOptions {
  readonly tenantId: TenantId;
  /** Where bytes are collected on their way; made when first needed. */
  readonly incomingFolder: string;
  readonly maxClipBytes: number;
}

/** What a process that was killed left behind is removed when the next clip comes. */
const STALE_MS = 24 * 3_600_000;

export class ClipIntake {
  readonly #deps: ClipIntakeDeps;
  readonly #options: ClipIntakeOptions;
  readonly #closing = new AbortController();
  readonly #watching = new Set<Promise<void>>();
  readonly #problems = new Map<ClipId, Reply>();

  constructor(deps: ClipIntakeDeps, options: ClipIntakeOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** @throws DomainError `clip.*`, `model.*`, `memory.*`; `cancelled` when the sender left */
  async receive(body: ReadableStream<Uint8Array>, title: string): Promise<ClipId> {
    const { media } = this.#deps;
    const { tenantId, incomingFolder, maxClipBytes } = this.#options;
    await mkdir(incomingFolder, { recursive: true, mode: 0o700 });
    await sweep(incomingFolder);
    const extension = /^\.\w{1,8}$/.exec(extname(title))?.[0] ?? "";
    const incoming = join(incomingFolder, `${randomUUID()}${extension}`);
    try {
      await collect(body, incoming, maxClipBytes);
      const clipId = await clipIdOfFile(incoming, { signal: this.#closing.signal });
      const isKnown = (await media.find(tenantId, clipId)) !== undefined;
      await media.remember(tenantId, clipId, { path: incoming, copy: true });
      const path = (await media.find(tenantId, clipId))?.path;
      if (path === undefined) throw new DomainError("memory.unavailable", "the copy went away");
      try {
        await this.#startWatching({ tenantId, clipId, title, path, signal: this.#closing.signal });
      } catch (error) {
        // Bytes that are no clip are not kept.
        if (!isKnown) await media.delete(tenantId, clipId);
        throw error;
      }
      return clipId;
    } finally {
      await rm(incoming, { force: true });
    }
  }

  /** Why watching ended early, for as long as this process lives. */
  problemOf(clipId: ClipId): Reply | undefined {
    return this.#problems.get(clipId);
  }

  /** Stops what is being watched (it can be taken up later) and waits for it. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#watching);
  }

  /** Resolves with the first event; the rest follows in the background. */
  async #startWatching(request: WatchClipRequest): Promise<void> {
    this.#problems.delete(request.clipId);
    const events = this.#deps.watch(request)[Symbol.asyncIterator]();
    let { done } = await events.next();
    const rest = (async () => {
      try {
        while (!done) ({ done } = await events.next());
      } catch (error) {
        if (!this.#closing.signal.aborted) this.#problems.set(request.clipId, webReply(error));
      }
    })();
    this.#watching.add(rest);
    void rest.then(() => this.#watching.delete(rest));
  }
}

async function collect(body: ReadableStream<Uint8Array>, path: string, maxBytes: number): Promise<void> {
  let sizeBytes = 0;
  const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) {
        throw new DomainError("clip.too_large", `more than ${maxBytes} bytes`, { details: { maxBytes } });
      }
      yield chunk;
    }
  };
  try {
    await pipeline(
      Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]),
      counted,
      createWriteStream(path, { mode: 0o600 }),
    );
  } catch (cause) {
    if (cause instanceof DomainError) throw cause;
    const isDisk = cause instanceof Error && "syscall" in cause && "path" in cause;
    throw isDisk
      ? new DomainError("memory.unavailable", "the clip could not be stored", { cause })
      : new DomainError("cancelled", "the sender left", { cause });
  }
  if (sizeBytes === 0) throw new DomainError("clip.empty", "no bytes came");
}

async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined); // taken away meanwhile
    if (facts && Date.now() - facts.mtimeMs > STALE_MS) await rm(path, { force: true });
  }
}
