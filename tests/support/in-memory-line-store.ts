/** A LineStore that lives in a Map. Passes tests/contract/line-store.suite.ts, so it does not lie. */
import type { ClipId, LineStore, LineTrack, TenantId } from "../../core/index.ts";

export class InMemoryLineStore implements LineStore {
  readonly #clips = new Map<string, Map<string, LineTrack>>();

  async put(tenantId: TenantId, clipId: ClipId, track: LineTrack): Promise<void> {
    const id = idOf(tenantId, clipId);
    const tracks = this.#clips.get(id) ?? new Map<string, LineTrack>();
    if (track.lines.length > 0) tracks.set(track.id, structuredClone(track));
    else tracks.delete(track.id);
    if (tracks.size > 0) this.#clips.set(id, tracks);
    else this.#clips.delete(id);
  }

  async read(tenantId: TenantId, clipId: ClipId): Promise<readonly LineTrack[]> {
    const tracks = [...(this.#clips.get(idOf(tenantId, clipId))?.values() ?? [])];
    return structuredClone(tracks).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async delete(tenantId: TenantId, clipId: ClipId): Promise<boolean> {
    return this.#clips.delete(idOf(tenantId, clipId));
  }
}

const idOf = (tenantId: TenantId, clipId: ClipId): string => JSON.stringify([tenantId, clipId]);
