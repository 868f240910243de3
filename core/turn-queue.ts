/**
 * Questions of one thread are answered in the order in which they came, one after the other: a follow-up leans on the
 * answer before it. In this process; workers/ keeps the order across processes.
 */
import { DomainError } from "./errors.ts";

export class TurnQueue {
  readonly #last = new Map<string, Promise<void>>();

  /**
   * Waits until every turn that was begun before in this thread has ended.
   *
   * @returns ends this turn; has to be called
   * @throws DomainError `cancelled` once `signal` is aborted; the turn is then over
   */
  async begin(thread: string, signal?: AbortSignal): Promise<() => void> {
    const before = this.#last.get(thread) ?? Promise.resolve();
    let ended = (): void => {};
    const own = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const last = before.then(() => own);
    this.#last.set(thread, last);
    void last.then(() => {
      if (this.#last.get(thread) === last) this.#last.delete(thread);
    });
    try {
      await untilAborted(before, signal);
      return ended;
    } catch (error) {
      ended();
      throw error;
    }
  }
}

async function untilAborted(waited: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return waited;
  if (signal.aborted) throw new DomainError("cancelled", "left before its turn", { cause: signal.reason });
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new DomainError("cancelled", "left before its turn", { cause: signal.reason }));
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    await Promise.race([waited, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
