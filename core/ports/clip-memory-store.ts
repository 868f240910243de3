/**
 * Where clip memories live. Called by the use cases of core/; implemented in memory/.
 *
 * The contract, proved by tests/contract/clip-memory-store.suite.ts:
 * - `begin` then `appendWindow` in order 0, 1, 2, ... then `complete`. Appending a window again replaces nothing and
 *   is safe to repeat. Appending out of order, or beyond a complete memory, rejects with `memory.out_of_order`.
 * - Appending to, or completing, a memory that was never begun or was deleted meanwhile rejects with
 *   `memory.not_watched`: a forgotten clip does not come back through a watch that was still running.
 * - A memory is readable while it grows: `read` returns the windows appended so far, with `complete: false`.
 * - A blob that fails its checksum, has another version or other dims makes the whole memory a miss (`undefined`);
 *   `begin` then starts it afresh. `readIndex` and `readWindows` check what they read: a memory whose other windows
 *   are damaged is not a miss to them.
 * - What a question reads does not grow with the clip: `readWindows` takes the windows asked for and nothing else;
 *   `readIndex`, which grows by an embedding a window, may be answered from what this process has read before.
 * - `delete` removes every byte of it and says whether there was anything.
 * - Several processes may use one store. What was awaited survives a crash of the process and of the machine.
 * - A store that cannot be read or written (no right, no space, no connection) rejects with `memory.unavailable`.
 */
import type { TenantId } from "../clip.ts";
import type { ClipMemory, ClipMemoryIndex, ClipMemoryKey, WatchedWindow } from "../clip-memory.ts";

export type ClipMemoryHeader = Pick<ClipMemory, "key" | "bundle" | "axes" | "title" | "info" | "createdAtMs">;

export interface ClipMemorySummary extends ClipMemoryHeader {
  readonly complete: boolean;
  readonly windowCount: number;
  readonly sizeBytes: number;
}

export interface ClipMemoryStore {
  /** Creates the memory, or leaves a sound one as it is (so that watching can resume). */
  begin(header: ClipMemoryHeader): Promise<void>;
  /** @throws DomainError `model.shape_mismatch` when the window has other dims than the header's `axes` */
  appendWindow(key: ClipMemoryKey, window: WatchedWindow): Promise<void>;
  /** Marks the memory complete; `info` replaces the header's (the true duration is known only at the end). */
  complete(key: ClipMemoryKey, outcome: Pick<ClipMemory, "info" | "warnings">): Promise<void>;
  read(key: ClipMemoryKey): Promise<ClipMemory | undefined>;
  /** All but the queries; `undefined` as for `read`. Whoever gets it must not change it. */
  readIndex(key: ClipMemoryKey): Promise<ClipMemoryIndex | undefined>;
  /** The windows of these indexes, in this order; `undefined` when one of them is not there or is damaged. */
  readWindows(key: ClipMemoryKey, indexes: readonly number[]): Promise<readonly WatchedWindow[] | undefined>;
  /** Whether the memory has been begun and not been deleted since; does not look whether it is sound. */
  has(key: ClipMemoryKey): Promise<boolean>;
  /** Removes the clip's memory for this tenant, whatever bundle made it. */
  delete(tenantId: TenantId, clipId: ClipMemoryKey["clipId"]): Promise<boolean>;
  /** Every memory of the tenant, oldest first. Their windows are counted, not read: one may turn out to be damaged. */
  list(tenantId: TenantId): Promise<readonly ClipMemorySummary[]>;
  close(): Promise<void>;
}
