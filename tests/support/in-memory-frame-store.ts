/** A FrameStore that lives in a Map. Passes tests/contract/frame-store.suite.ts, so it does not lie. */
import type { ClipId, EvidenceFrame, FrameStore, TenantId } from "../../core/index.ts";

export class InMemoryFrameStore implements FrameStore {
  readonly #clips = new Map<string, Map<number, Uint8Array>>();

  async put(tenantId: TenantId, clipId: ClipId, { atSeconds, jpeg }: EvidenceFrame): Promise<void> {
    const id = idOf(tenantId, clipId);
    this.#clips.set(id, (this.#clips.get(id) ?? new Map()).set(atSeconds, jpeg.slice()));
  }

  async nearest(tenantId: TenantId, clipId: ClipId, atSeconds: number): Promise<EvidenceFrame | undefined> {
    const times = this.seconds(tenantId, clipId);
    const distance = (seconds: number) => Math.abs(seconds - atSeconds);
    const [nearest] = [...times].sort((a, b) => distance(a) - distance(b) || a - b);
    const jpeg = nearest === undefined ? undefined : this.#clips.get(idOf(tenantId, clipId))?.get(nearest);
    return nearest === undefined || !jpeg ? undefined : { atSeconds: nearest, jpeg: jpeg.slice() };
  }

  async delete(tenantId: TenantId, clipId: ClipId): Promise<boolean> {
    return this.#clips.delete(idOf(tenantId, clipId));
  }

  /** The times of what is kept, in order. For tests. */
  seconds(tenantId: TenantId, clipId: ClipId): readonly number[] {
    return [...(this.#clips.get(idOf(tenantId, clipId))?.keys() ?? [])].sort((a, b) => a - b);
  }
}

const idOf = (tenantId: TenantId, clipId: ClipId): string => JSON.stringify([tenantId, clipId]);
