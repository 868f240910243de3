/**
 * Clip memories as plain files: one folder a memory, one file a window (keys.ts draws it). The file system gives what a
 * database would be needed for: creating a file is atomic, several processes may do it at once, and removing one really
 * removes it. The index beside the windows is a copy for quick scans. Why not LMDB: docs/decisions/2026-11-20-embedded-store.md.
 */
import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ClipId,
  type ClipMemory,
  type ClipMemoryHeader,
  type ClipMemoryIndex,
  type ClipMemoryKey,
  type ClipMemoryStore,
  type ClipMemorySummary,
  DomainError,
  type QueryAxes,
  type TenantId,
  type WatchedWindow,
  type WindowEntry,
} from "../core/index.ts";
import { decodeJson, encodeJson } from "./checked-json.ts";
import { decodeWindow, encodeWindow, windowBlobBytes } from "./codec.ts";
import { createFile, isAbsent, namesIn, onDisk, PRIVATE_FILE, PRIVATE_FOLDER, removeFolder } from "./durable-file.ts";
import { decodeIndex, encodeIndex, encodeIndexRecord, indexRecordBytes } from "./index-record.ts";
import {
  clipFolder,
  HEADER_FILE,
  INDEX_FILE,
  isWindowFile,
  memoryFolder,
  OUTCOME_FILE,
  tenantFolder,
  windowFile,
} from "./keys.ts";
import { isMemoryOf, memoryOf, type Outcome } from "./memory-facts.ts";
import { RecentMap } from "./recent-map.ts";

const INDEX_CACHE_BYTES = 64 * 2 ** 20; // 120,000 windows of damo-mini: 270 hours of clips

interface KnownIndex {
  /** Of the memory that it was read of: one that was forgotten and is watched again is another. */
  readonly generation: string;
  readonly E: number;
  readonly windows: readonly WindowEntry[];
}

/** A memory is on disk, or nothing of it is, or something that cannot be trusted. */
type Found = ClipMemory | "absent" | "damaged";

export class EmbeddedClipMemoryStore implements ClipMemoryStore {
  readonly #root: string;

  /** Indexes that were read before, by folder. */
  readonly #known = new RecentMap<string, KnownIndex>(
    INDEX_CACHE_BYTES,
    ({ E, windows }) => windows.length * indexRecordBytes(E) + 1_000,
  );

  /** @param root  the folder of all memories; made when first needed */
  constructor(root: string) {
    this.#root = root;
  }

  begin(header: ClipMemoryHeader): Promise<void> {
    return onDisk(this.#root, async () => {
      const folder = memoryFolder(this.#root, header.key);
      const found = load(folder, header.key);
      if (found === "damaged") await removeFolder(folder);
      else if (found !== "absent") return;
      await mkdir(folder, PRIVATE_FOLDER);
      await createFile(join(folder, HEADER_FILE), encodeJson(header));
    });
  }

  appendWindow(key: ClipMemoryKey, window: WatchedWindow): Promise<void> {
    return this.#change(key, async (folder, { axes }) => {
      const blob = encodeWindow(window, axes);
      const has = (file: string) => existsSync(join(folder, file));
      if (has(windowFile(window.index))) return;
      if (has(OUTCOME_FILE) || (window.index > 0 && !has(windowFile(window.index - 1)))) {
        throw new DomainError("memory.out_of_order", `window ${window.index} cannot be the next one`);
      }
      if (await createFile(join(folder, windowFile(window.index)), blob)) await writeIndexRecord(folder, window);
    });
  }

  complete(key: ClipMemoryKey, { info, warnings }: Pick<ClipMemory, "info" | "warnings">): Promise<void> {
    return this.#change(key, async (folder) => {
      let windowCount = 0;
      while (existsSync(join(folder, windowFile(windowCount)))) windowCount++;
      const outcome: Outcome = { info, warnings, windowCount };
      await createFile(join(folder, OUTCOME_FILE), encodeJson(outcome));
    });
  }

  read(key: ClipMemoryKey): Promise<ClipMemory | undefined> {
    return onDisk(this.#root, async () => {
      const found = load(memoryFolder(this.#root, key), key);
      return typeof found === "string" ? undefined : found;
    });
  }

  readIndex(key: ClipMemoryKey): Promise<ClipMemoryIndex | undefined> {
    return onDisk(this.#root, async () => {
      const folder = memoryFolder(this.#root, key);
      const facts = loadFacts(folder, key);
      if (typeof facts === "string") {
        this.#known.delete(folder);
        return undefined;
      }
      const { header, outcome } = facts;
      const windows = this.#entriesOf(folder, header);
      const isWhole = outcome
        ? windows.length === outcome.windowCount
        : !existsSync(join(folder, windowFile(windows.length)));
      if (isWhole) return memoryOf(header, outcome, windows);
      this.#known.delete(folder);
      return mendIndex(folder, key);
    });
  }

  /** The index as far as it is sound. Only what is new since it was last read is read: of a long clip it is half a megabyte. */
  #entriesOf(folder: string, header: ClipMemoryHeader): readonly WindowEntry[] {
    const { E } = header.axes;
    const found = this.#known.get(folder);
    const generation = generationOf(folder, header);
    const known = found?.generation === generation ? found.windows : [];
    const bytes = readFrom(join(folder, INDEX_FILE), known.length * indexRecordBytes(E));
    // Shorter than it was: it is being written anew.
    const before = bytes ? known : [];
    const added = decodeIndex(bytes ?? readFrom(join(folder, INDEX_FILE), 0) ?? Buffer.alloc(0), E, before.length);
    const windows = added.length ? [...before, ...added] : before;
    this.#known.set(folder, { generation, E, windows });
    return windows;
  }

  readWindows(key: ClipMemoryKey, indexes: readonly number[]): Promise<readonly WatchedWindow[] | undefined> {
    return onDisk(this.#root, async () => {
      const folder = memoryFolder(this.#root, key);
      const header = decodeJson<ClipMemoryHeader>(readIfAny(join(folder, HEADER_FILE)));
      if (!header || !isMemoryOf(header, key)) return undefined;
      const windows = indexes.map((index) => loadWindow(folder, index, header.axes));
      return windows.every((window) => typeof window === "object") ? windows : undefined;
    });
  }

  has(key: ClipMemoryKey): Promise<boolean> {
    return onDisk(this.#root, async () => existsSync(join(memoryFolder(this.#root, key), HEADER_FILE)));
  }

  delete(tenantId: TenantId, clipId: ClipId): Promise<boolean> {
    return onDisk(this.#root, () => removeFolder(clipFolder(this.#root, tenantId, clipId)));
  }

  list(tenantId: TenantId): Promise<readonly ClipMemorySummary[]> {
    return onDisk(this.#root, async () => {
      const summaries: ClipMemorySummary[] = [];
      const clips = tenantFolder(this.#root, tenantId);
      for (const clip of await namesIn(clips)) {
        for (const bundle of await namesIn(join(clips, clip))) {
          const summary = await summaryOf(join(clips, clip, bundle));
          if (summary) summaries.push(summary);
        }
      }
      return summaries.sort((a, b) => a.createdAtMs - b.createdAtMs);
    });
  }

  /** Holds nothing open. */
  async close(): Promise<void> {}

  /** Changes a memory that has been begun. When its folder goes away meanwhile, it has been forgotten. */
  #change(key: ClipMemoryKey, work: (folder: string, header: ClipMemoryHeader) => Promise<void>): Promise<void> {
    return onDisk(this.#root, async () => {
      const folder = memoryFolder(this.#root, key);
      try {
        const header = decodeJson<ClipMemoryHeader>(readIfAny(join(folder, HEADER_FILE)));
        if (!header || !isMemoryOf(header, key)) throw forgotten();
        await work(folder, header);
      } catch (error) {
        throw isAbsent(error) ? forgotten() : error;
      }
    });
  }
}

const forgotten = () => new DomainError("memory.not_watched", "the memory was not begun, or was deleted meanwhile");

/**
 * Reads with blocking calls on purpose: for many small files they are some seven times faster than the thread pool.
 * An hour of clip (450 windows) takes about 5 ms to read and 8 ms to check and widen.
 */
function load(folder: string, key: ClipMemoryKey): Found {
  const facts = loadFacts(folder, key);
  if (typeof facts === "string") return facts;
  const { header, outcome } = facts;
  const windows = loadWindows(folder, header.axes);
  if (windows === "damaged" || (outcome && outcome.windowCount !== windows.length)) return "damaged";
  return memoryOf(header, outcome, windows);
}

function loadFacts(
  folder: string,
  key?: ClipMemoryKey,
): { header: ClipMemoryHeader; outcome: Outcome | undefined } | "absent" | "damaged" {
  const headerBytes = readIfAny(join(folder, HEADER_FILE));
  if (!headerBytes) return "absent";
  const header = decodeJson<ClipMemoryHeader>(headerBytes);
  // Before the windows: once it is there, none of them can still be on its way.
  const outcomeBytes = readIfAny(join(folder, OUTCOME_FILE));
  const outcome = decodeJson<Outcome>(outcomeBytes);
  const isSound = header && (!key || isMemoryOf(header, key)) && (!outcomeBytes || outcome);
  return isSound ? { header, outcome } : "damaged";
}

/** Tells two beginnings of one memory apart: a header is written once and never changed. */
function generationOf(folder: string, { createdAtMs }: ClipMemoryHeader): string {
  const file = statSync(join(folder, HEADER_FILE), { throwIfNoEntry: false });
  return `${createdAtMs}/${file?.ino}/${file?.mtimeMs}`;
}

/** The windows 0, 1, 2, ... as far as they go. */
function loadWindows(folder: string, axes: QueryAxes): readonly WatchedWindow[] | "damaged" {
  const windows: WatchedWindow[] = [];
  for (;;) {
    const window = loadWindow(folder, windows.length, axes);
    if (window === "absent") return windows;
    if (window === "damaged") return "damaged";
    windows.push(window);
  }
}

function loadWindow(folder: string, index: number, axes: QueryAxes): WatchedWindow | "absent" | "damaged" {
  const blob = readIfAny(join(folder, windowFile(index)));
  if (!blob) return "absent";
  const window = decodeWindow(blob, axes);
  return window?.index === index ? window : "damaged";
}

async function summaryOf(folder: string): Promise<ClipMemorySummary | undefined> {
  const facts = loadFacts(folder);
  if (typeof facts === "string") return undefined;
  const { warnings: _, windows: __, ...memory } = memoryOf(facts.header, facts.outcome, []);
  const windowCount = (await namesIn(folder)).filter(isWindowFile).length;
  return { ...memory, windowCount, sizeBytes: windowCount * windowBlobBytes(memory.axes) };
}

/** Not flushed: what a power cut takes of the index is made again from the windows. */
async function writeIndexRecord(folder: string, window: WatchedWindow): Promise<void> {
  const record = encodeIndexRecord(window);
  const handle = await open(join(folder, INDEX_FILE), constants.O_WRONLY | constants.O_CREAT, PRIVATE_FILE);
  try {
    await handle.write(record, 0, record.length, window.index * record.length);
  } finally {
    await handle.close();
  }
}

/** The index again from the windows, which are what counts. In place, not flushed: half a write is seen and made again. */
async function mendIndex(folder: string, key: ClipMemoryKey): Promise<ClipMemoryIndex | undefined> {
  const found = load(folder, key);
  if (typeof found === "string") return undefined;
  await writeFile(join(folder, INDEX_FILE), encodeIndex(found.windows), { mode: PRIVATE_FILE });
  return found;
}

/** A file from a byte on; `undefined` when it is not there, or ends before that. */
function readFrom(path: string, from: number): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  try {
    const length = fstatSync(file).size - from;
    if (length < 0) return undefined;
    const bytes = Buffer.allocUnsafeSlow(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, from));
  } finally {
    closeSync(file);
  }
}

function readIfAny(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
