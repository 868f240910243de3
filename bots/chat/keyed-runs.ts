/** Work that goes on after the event that began it has been acknowledged: one run a key at a time, all awaited at the end. */
export class KeyedRuns {
  readonly #runs = new Map<string, { readonly done: Promise<void>; readonly controller: AbortController }>();
  readonly #onError: (error: unknown, key: string) => void;
  #closed = false;

  /** @param onError  told what a run rejects with, unless it was aborted */
  constructor(onError: (error: unknown, key: string) => void) {
    this.#onError = onError;
  }

  /** Starts the work unless it is already under way, or everything is being closed. */
  start(key: string, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#closed || this.#runs.has(key)) return;
    const controller = new AbortController();
    const done = work(controller.signal)
      .catch((error: unknown) => {
        if (!controller.signal.aborted) this.#onError(error, key);
      })
      .finally(() => this.#runs.delete(key));
    this.#runs.set(key, { done, controller });
  }

  /** Aborts the run, if any, and waits until it has let go. */
  async stop(key: string): Promise<boolean> {
    const run = this.#runs.get(key);
    run?.controller.abort();
    await run?.done;
    return run !== undefined;
  }

  /** Resolves once nothing is under way. For tests, and for a drain that waits. */
  async idle(): Promise<void> {
    while (this.#runs.size > 0) await Promise.all([...this.#runs.values()].map(({ done }) => done));
  }

  /** Aborts all; what was under way is taken up again at the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#runs.keys()].map((key) => this.stop(key)));
  }
}
