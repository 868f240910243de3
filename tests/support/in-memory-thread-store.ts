/** A ThreadStore that lives in a Map. Passes tests/contract/thread-store.suite.ts, so it does not lie. */
import type { ClipId, TenantId, Thread, ThreadStore, Turn } from "../../core/index.ts";

export class InMemoryThreadStore implements ThreadStore {
  readonly #turns = new Map<string, Turn[]>();

  async read(tenantId: TenantId, threadId: string): Promise<Thread | undefined> {
    const turns = this.#turns.get(idOf(tenantId, threadId));
    if (!turns?.length) return undefined;
    return { tenantId, threadId, clipIds: [...new Set(turns.map(({ clipId }) => clipId))], turns: [...turns] };
  }

  async appendTurn(tenantId: TenantId, threadId: string, turn: Turn): Promise<void> {
    const id = idOf(tenantId, threadId);
    this.#turns.set(id, [...(this.#turns.get(id) ?? []), turn]);
  }

  async delete(tenantId: TenantId, threadId: string): Promise<boolean> {
    return this.#turns.delete(idOf(tenantId, threadId));
  }

  async forgetClip(tenantId: TenantId, clipId: ClipId): Promise<number> {
    let removed = 0;
    for (const [id, turns] of this.#turns) {
      if (!id.startsWith(idOf(tenantId, ""))) continue;
      const kept = turns.filter((turn) => turn.clipId !== clipId);
      removed += turns.length - kept.length;
      if (kept.length) this.#turns.set(id, kept);
      else this.#turns.delete(id);
    }
    return removed;
  }

  async close(): Promise<void> {}
}

const idOf = (tenantId: TenantId, threadId: string): string => `${JSON.stringify(tenantId)}${threadId}`;
