/**
 * Clip memories as plain files: one folder a memory, one file a window (keys.ts draws it). The file system gives what a
 * database would be needed for: creating a file is atomic, several processes may do it at once, and removing one really
 * removes it. Why not LMDB: docs/decisions/2026-11-20-embedded-store.md.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type ClipId,
  type ClipMemory,
  type ClipMemoryHeader,
  type ClipMemoryKey,
  type ClipMemoryStore,
  type ClipMemorySummary,
  DomainError,
  type QueryAxes,
  type TenantId,
  type WatchedWindow,
} from "../core/index.ts";
import { decodeWindow, encodeWindow, windowBlobBytes } from "./codec.ts";
import {
  createFile,
  decodeJson,
  encodeJson,
  isAbsent,
  namesIn,
  onDisk,
  PRIVATE_FOLDER,
  removeFolder,
} from "./durable-file.ts";
import { clipFolder, HEADER_FILE, memoryFolder, OUTCOME_FILE, tenantFolder, windowFile } from "./keys.ts";

type Outcome = Pick<ClipMemory, "info" | "warnings"> & { readonly windowCount: number };

/** A memory is on disk, or nothing of it is, or something that cannot be trusted. */
type Found = ClipMemory | "absent" | "damaged";

export class EmbeddedClipMemoryStore implements ClipMemoryStore {
  readonly #root: string;

  /** @param root  the folder of all memories; made when first needed */
  constructor(root: string) {
    this.#root = root;
  }

  begin(header: ClipMemoryHeader): Promise<void> {
    return onDisk(this.#root, async () => {
      const folder = memoryFolder(this.#root, header.key);
      const found = load(folder);
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
      await createFile(join(folder, windowFile(window.index)), blob);
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
      const found = load(memoryFolder(this.#root, key));
      return typeof found === "string" ? undefined : found;
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
          const found = load(join(clips, clip, bundle));
          if (typeof found !== "string") summaries.push(summaryOf(found));
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
        if (!header) throw forgotten();
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
 * An hour of clip (450 windows) takes about 5 ms to read and 20 ms to check and widen.
 */
function load(folder: string): Found {
  const headerBytes = readIfAny(join(folder, HEADER_FILE));
  if (!headerBytes) return "absent";
  const header = decodeJson<ClipMemoryHeader>(headerBytes);
  // Before the windows: once it is there, none of them can still be on its way.
  const outcomeBytes = readIfAny(join(folder, OUTCOME_FILE));
  const outcome = decodeJson<Outcome>(outcomeBytes);
  if (!header || (outcomeBytes && !outcome)) return "damaged";

  const windows = loadWindows(folder, header.axes);
  if (windows === "damaged" || (outcome && outcome.windowCount !== windows.length)) return "damaged";
  const { info, warnings } = outcome ?? { info: header.info, warnings: [] };
  return { ...header, info, warnings, windows, complete: outcome !== undefined };
}

/** The windows 0, 1, 2, ... as far as they go. */
function loadWindows(folder: string, axes: QueryAxes): readonly WatchedWindow[] | "damaged" {
  const windows: WatchedWindow[] = [];
  for (;;) {
    const blob = readIfAny(join(folder, windowFile(windows.length)));
    if (!blob) return windows;
    const window = decodeWindow(blob, axes);
    if (window?.index !== windows.length) return "damaged";
    windows.push(window);
  }
}

const summaryOf = ({ windows, warnings: _, ...memory }: ClipMemory): ClipMemorySummary => ({
  ...memory,
  windowCount: windows.length,
  sizeBytes: windows.length * windowBlobBytes(memory.axes),
});

function readIfAny(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
