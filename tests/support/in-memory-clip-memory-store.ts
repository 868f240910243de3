/** A ClipMemoryStore that lives in a Map. Passes tests/contract/clip-memory-store.suite.ts, so it does not lie. */
import {
  type ClipMemory,
  type ClipMemoryHeader,
  type ClipMemoryKey,
  type ClipMemoryStore,
  DomainError,
} from "../../core/index.ts";
import { decodeWindow, encodeWindow } from "../../memory/codec.ts";

interface Kept {
  readonly header: ClipMemoryHeader;
  readonly blobs: Uint8Array[];
  outcome?: Pick<ClipMemory, "info" | "warnings">;
}

export class InMemoryClipMemoryStore implements ClipMemoryStore {
  /** Open to tests that want to damage a blob. */
  readonly kept = new Map<string, Kept>();

  async begin(header: ClipMemoryHeader): Promise<void> {
    if (!(await this.read(header.key))) this.kept.set(idOf(header.key), { header, blobs: [] });
  }

  async appendWindow(key: ClipMemoryKey, window: ClipMemory["windows"][number]): Promise<void> {
    const { header, blobs, outcome } = this.#begun(key);
    const blob = encodeWindow(window, header.axes);
    if (window.index < blobs.length) return;
    if (outcome || window.index > blobs.length) throw new DomainError("memory.out_of_order", `window ${window.index}`);
    blobs.push(blob);
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
    const memories = await Promise.all([...this.kept.values()].map(({ header }) => this.read(header.key)));
    return memories
      .filter((memory) => memory !== undefined)
      .filter(({ key }) => key.tenantId === tenantId)
      .sort((a, b) => a.createdAtMs - b.createdAtMs)
      .map(({ windows, warnings: _, ...memory }) => {
        const blobs = this.kept.get(idOf(memory.key))?.blobs ?? [];
        const sizeBytes = blobs.reduce((sum, blob) => sum + blob.length, 0);
        return { ...memory, windowCount: windows.length, sizeBytes };
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
