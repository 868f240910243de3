/** A ClipMemoryStore that lives in a Map. Passes tests/contract/clip-memory-store.suite.ts, so it does not lie. */
import {
  type ClipMemory,
  type ClipMemoryHeader,
  type ClipMemoryIndex,
  type ClipMemoryKey,
  type ClipMemoryStore,
  DomainError,
  type WatchedWindow,
  type WindowEntry,
} from "../../core/index.ts";
import { decodeWindow, encodeWindow } from "../../memory/codec.ts";

interface Kept {
  readonly header: ClipMemoryHeader;
  readonly blobs: Uint8Array[];
  readonly index: WindowEntry[];
  outcome?: Pick<ClipMemory, "info" | "warnings">;
}

export class InMemoryClipMemoryStore implements ClipMemoryStore {
  /** Open to tests that want to damage a blob. */
  readonly kept = new Map<string, Kept>();

  async begin(header: ClipMemoryHeader): Promise<void> {
    if (!(await this.read(header.key))) this.kept.set(idOf(header.key), { header, blobs: [], index: [] });
  }

  async appendWindow(key: ClipMemoryKey, window: ClipMemory["windows"][number]): Promise<void> {
    const { header, blobs, outcome } = this.#begun(key);
    const blob = encodeWindow(window, header.axes);
    if (window.index < blobs.length) return;
    if (outcome || window.index > blobs.length) throw new DomainError("memory.out_of_order", `window ${window.index}`);
    blobs.push(blob);
    const { queries: _, ...entry } = window;
    this.#begun(key).index.push(entry);
  }

  async complete(key: ClipMemoryKey, outcome: Pick<ClipMemory, "info" | "warnings">): Promise<void> {
    this.#begun(key).outcome ??= outcome;
  }

  async read(key: ClipMemoryKey): Promise<ClipMemory | undefined> {
    const kept = this.kept.get(idOf(key));
    if (!kept) return undefined;
    const { header, blobs, outcome } = kept;
    const windows = blobs.map((blob) => decodeWindow(blob, header.axes)).filter((window) => window !== undefined);
    if (windows.length < blobs.length) return undefined;
    return { ...header, warnings: [], ...outcome, windows, complete: outcome !== undefined };
  }

  async readIndex(key: ClipMemoryKey): Promise<ClipMemoryIndex | undefined> {
    const kept = this.kept.get(idOf(key));
    if (!kept) return undefined;
    const { header, blobs, outcome, index } = kept;
    return blobs.length === index.length
      ? { ...header, warnings: [], ...outcome, windows: [...index], complete: outcome !== undefined }
      : undefined;
  }

  async readWindows(key: ClipMemoryKey, indexes: readonly number[]): Promise<readonly WatchedWindow[] | undefined> {
    const kept = this.kept.get(idOf(key));
    const windows = indexes.map((index) => {
      const blob = kept?.blobs[index];
      return kept && blob && decodeWindow(blob, kept.header.axes);
    });
    return kept && windows.every((window) => window !== undefined) ? windows : undefined;
  }

  async has(key: ClipMemoryKey): Promise<boolean> {
    return this.kept.has(idOf(key));
  }

  async delete(tenantId: ClipMemoryKey["tenantId"], clipId: ClipMemoryKey["clipId"]): Promise<boolean> {
    const gone = [...this.kept.values()].filter(
      ({ header: { key } }) => key.tenantId === tenantId && key.clipId === clipId,
    );
    for (const { header } of gone) this.kept.delete(idOf(header.key));
    return gone.length > 0;
  }

  async list(tenantId: ClipMemoryKey["tenantId"]) {
    return [...this.kept.values()]
      .filter(({ header }) => header.key.tenantId === tenantId)
      .sort((a, b) => a.header.createdAtMs - b.header.createdAtMs)
      .map(({ header, blobs, outcome }) => {
        const sizeBytes = blobs.reduce((sum, blob) => sum + blob.length, 0);
        const { info } = outcome ?? header;
        return { ...header, info, complete: outcome !== undefined, windowCount: blobs.length, sizeBytes };
      });
  }

  async close(): Promise<void> {}

  #begun(key: ClipMemoryKey): Kept {
    const kept = this.kept.get(idOf(key));
    if (!kept) throw new DomainError("memory.not_watched", "not begun");
    return kept;
  }
}

const idOf = ({ tenantId, clipId, bundleFingerprint, schemaVersion }: ClipMemoryKey): string =>
  JSON.stringify([tenantId, clipId, bundleFingerprint, schemaVersion]);
