/** Conversations as plain files: one folder a thread, one file a turn (keys.ts draws it). */
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { ClipId, TenantId, Thread, ThreadStore, Turn } from "../core/index.ts";
import { decodeJson, encodeJson } from "./checked-json.ts";
import {
  createFileFlushedBehind,
  flushFolder,
  isAbsent,
  isDraft,
  namesIn,
  onDisk,
  PRIVATE_FOLDER,
  removeFolder,
} from "./durable-file.ts";
import { tenantFolder, threadFolder, turnFile, turnIndexOf } from "./keys.ts";

export class EmbeddedThreadStore implements ThreadStore {
  readonly #root: string;
  /** Of the turns that were appended last. */
  #flushed: Promise<unknown> = Promise.resolve();

  /** @param root  the folder of all threads; made when first needed */
  constructor(root: string) {
    this.#root = root;
  }

  read(tenantId: TenantId, threadId: string): Promise<Thread | undefined> {
    return onDisk(this.#root, async () => {
      const turns: Turn[] = [];
      const folder = threadFolder(this.#root, tenantId, threadId);
      for (const index of turnIndexesIn(folder) ?? []) {
        const turn = readTurn(join(folder, turnFile(index)));
        if (turn) turns.push(turn);
      }
      if (!turns.length) return undefined;
      return { tenantId, threadId, clipIds: [...new Set(turns.map((turn) => turn.clipId))], turns };
    });
  }

  /**
   * The turn is there for every process once this resolves; the disk has it a moment later, and nobody waits for that
   * but the next turn: of two that come at once, the second one does, and says so when the disk did not take the first.
   */
  appendTurn(tenantId: TenantId, threadId: string, turn: Turn): Promise<void> {
    return onDisk(this.#root, async () => {
      await this.#settle();
      const folder = threadFolder(this.#root, tenantId, threadId);
      for (;;) {
        const before = turnIndexesIn(folder);
        if (before === undefined) await mkdir(folder, PRIVATE_FOLDER);
        const index = (before?.at(-1) ?? -1) + 1;
        try {
          // Another process may take the same number first: then the next one is tried.
          const created = await createFileFlushedBehind(join(folder, turnFile(index)), encodeJson(turn));
          if (!created) continue;
          this.#flushed = Promise.all([this.#flushed, created.flushed]);
          this.#flushed.catch(() => {}); // told to whoever settles it
          return;
        } catch (error) {
          // The thread was deleted, or swept of drafts, at this very moment: it starts anew.
          if (!isAbsent(error)) throw error;
        }
      }
    });
  }

  delete(tenantId: TenantId, threadId: string): Promise<boolean> {
    return onDisk(this.#root, () => removeFolder(threadFolder(this.#root, tenantId, threadId)));
  }

  forgetClip(tenantId: TenantId, clipId: ClipId): Promise<number> {
    return onDisk(this.#root, async () => {
      const threads = tenantFolder(this.#root, tenantId);
      let removed = 0;
      for (const thread of await namesIn(threads)) removed += await forgetClipIn(join(threads, thread), clipId);
      return removed;
    });
  }

  /** Waits until the disk has every turn. */
  close(): Promise<void> {
    return onDisk(this.#root, () => this.#settle());
  }

  async #settle(): Promise<void> {
    const flushed = this.#flushed;
    this.#flushed = Promise.resolve();
    // A thread that was deleted meanwhile needs no flush.
    await flushed.catch(ignoreAbsent);
  }
}

/** Removes the turns about the clip, and what cannot be read any more and might be about it: damaged turns, drafts. */
async function forgetClipIn(folder: string, clipId: ClipId): Promise<number> {
  const about: string[] = [];
  let turnCount = 0;
  for (const name of await namesIn(folder)) {
    const turn = readTurn(join(folder, name));
    if (turn && turn.clipId !== clipId) continue;
    about.push(name);
    if (turn && !isDraft(name)) turnCount++;
  }
  if (!about.length) return 0;
  for (const name of about) await rm(join(folder, name), { force: true });
  await flushFolder(folder);
  // Goes only when it is empty; if it is not, other clips still have their turns there.
  await rmdir(folder).catch(() => {});
  return turnCount;
}

/**
 * `undefined` when there is no such thread. Reads with blocking calls on purpose, as clip memories are read: a turn takes
 * some 20 us, the thread pool ten times that.
 */
function turnIndexesIn(folder: string): number[] | undefined {
  return ifThere(() => readdirSync(folder))
    ?.map(turnIndexOf)
    .filter((index) => index !== undefined)
    .sort((a, b) => a - b);
}

/** `undefined` when the turn is gone or damaged: a conversation with a gap is better than none. */
const readTurn = (path: string): Turn | undefined => decodeJson<Turn>(ifThere(() => readFileSync(path)));

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

const ignoreAbsent = (error: unknown): void => {
  if (!isAbsent(error)) throw error;
};
