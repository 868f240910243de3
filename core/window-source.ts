/**
 * A clip's windows as a question needs them: the index at once, whole windows only when they are asked for. What is read
 * of a long clip is then a few windows, however long it is.
 */
import type { ClipMemoryIndex, WatchedWindow, WindowEntry } from "./clip-memory.ts";
import { DomainError } from "./errors.ts";
import type { ClipMemoryStore } from "./ports/clip-memory-store.ts";

export interface WindowSource {
  /** Every window watched so far, in order. */
  readonly entries: readonly WindowEntry[];
  /**
   * @param indexes  of entries; what comes back is in the same order
   * @throws DomainError `memory.not_watched` when the memory was forgotten meanwhile, or such a window is damaged
   */
  read(indexes: readonly number[]): Promise<readonly WatchedWindow[]>;
}

/** The windows of a stored memory. @param index  as `readIndex` gave it */
export const storedWindows = (memories: ClipMemoryStore, { key, windows }: ClipMemoryIndex): WindowSource => ({
  entries: windows,
  async read(indexes) {
    const read = await memories.readWindows(key, indexes);
    if (!read) throw new DomainError("memory.not_watched", "the memory was forgotten meanwhile, or it is damaged");
    return read;
  },
});

/** Windows that are at hand already; they need not be all of a clip. */
export function heldWindows(windows: readonly WatchedWindow[]): WindowSource {
  const byIndex = new Map(windows.map((window) => [window.index, window]));
  return {
    entries: windows,
    read: async (indexes) => indexes.map((index) => byIndex.get(index) as WatchedWindow),
  };
}

/** Some of a source's windows, as if there were no others. @param entries  of `source` */
export const someWindows = (source: WindowSource, entries: readonly WindowEntry[]): WindowSource => ({
  entries,
  read: (indexes) => source.read(indexes),
});
