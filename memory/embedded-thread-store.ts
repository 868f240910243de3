/** Conversations as plain files: one folder a thread, one file a turn (keys.ts draws it). */
import { mkdir, readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { ClipId, TenantId, Thread, ThreadStore, Turn } from "../core/index.ts";
import { decodeJson, encodeJson } from "./checked-json.ts";
import {
  createFile,
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

  /** @param root  the folder of all threads; made when first needed */
  constructor(root: string) {
    this.#root = root;
  }

  read(tenantId: TenantId, threadId: string): Promise<Thread | undefined> {
    return onDisk(this.#root, async () => {
      const turns: Turn[] = [];
      const folder = threadFolder(this.#root, tenantId, threadId);
      for (const index of await turnIndexesIn(folder)) {
        const turn = await readTurn(join(folder, turnFile(index)));
        if (turn) turns.push(turn);
      }
      if (!turns.length) return undefined;
      return { tenantId, threadId, clipIds: [...new Set(turns.map((turn) => turn.clipId))], turns };
    });
  }

  appendTurn(tenantId: TenantId, threadId: string, turn: Turn): Promise<void> {
    return onDisk(this.#root, async () => {
      const folder = threadFolder(this.#root, tenantId, threadId);
      for (;;) {
        await mkdir(folder, PRIVATE_FOLDER);
        const index = ((await turnIndexesIn(folder)).at(-1) ?? -1) + 1;
        try {
          // Another process may take the same number first: then the next one is tried.
          if (await createFile(join(folder, turnFile(index)), encodeJson(turn))) return;
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

  /** Holds nothing open. */
  async close(): Promise<void> {}
}

/** Removes the turns about the clip, and what cannot be read any more and might be about it: damaged turns, drafts. */
async function forgetClipIn(folder: string, clipId: ClipId): Promise<number> {
  const about: string[] = [];
  let turnCount = 0;
  for (const name of await namesIn(folder)) {
    const turn = await readTurn(join(folder, name));
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

async function turnIndexesIn(folder: string): Promise<number[]> {
  const indexes = (await namesIn(folder)).map(turnIndexOf).filter((index) => index !== undefined);
  return indexes.sort((a, b) => a - b);
}

/** `undefined` when the turn is gone or damaged: a conversation with a gap is better than none. */
async function readTurn(path: string): Promise<Turn | undefined> {
  try {
    return decodeJson<Turn>(await readFile(path));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
