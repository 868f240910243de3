/** A conversation that is kept nowhere: for answers outside of any thread, with what was said before handed in. */
import type { ClipId, TenantId } from "../clip.ts";
import type { Thread, Turn } from "../conversation.ts";
import type { ThreadStore } from "../ports/thread-store.ts";

export class PassingThread implements ThreadStore {
  readonly #turns: Turn[];

  constructor(turns: readonly Turn[] = []) {
    this.#turns = [...turns];
  }

  /** The last turn: after `askThread`, the one that it answered. */
  get last(): Turn | undefined {
    return this.#turns.at(-1);
  }

  async read(tenantId: TenantId, threadId: string): Promise<Thread | undefined> {
    if (this.#turns.length === 0) return undefined;
    return {
      tenantId,
      threadId,
      clipIds: [...new Set(this.#turns.map(({ clipId }) => clipId))],
      turns: [...this.#turns],
    };
  }

  async appendTurn(_tenantId: TenantId, _threadId: string, turn: Turn): Promise<void> {
    this.#turns.push(turn);
  }

  async delete(): Promise<boolean> {
    return this.#turns.splice(0).length > 0;
  }

  async forgetClip(_tenantId: TenantId, clipId: ClipId): Promise<number> {
    const kept = this.#turns.filter((turn) => turn.clipId !== clipId);
    return this.#turns.splice(0, this.#turns.length, ...kept).length - kept.length;
  }

  async close(): Promise<void> {}
}
