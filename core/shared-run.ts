/**
 * One run of something slow, followed by any number of callers. Each sees every event from the first on, at its own
 * pace. A caller may leave at any time; when the last one has left, the run is aborted. Events are kept until the run
 * is dropped, so they have to be small.
 */
import { DomainError } from "./errors.ts";

export class SharedRun<Event> {
  readonly #events: Event[] = [];
  readonly #abort = new AbortController();
  readonly #onOver: () => void;
  #waiting: (() => void)[] = [];
  #followers = 0;
  #end: { readonly error?: unknown } | undefined;

  /**
   * Starts at once.
   *
   * @param onOver  called when no new caller should join: the run has ended, or is being aborted
   */
  constructor(start: (signal: AbortSignal) => AsyncIterable<Event>, onOver: () => void) {
    this.#onOver = onOver;
    void this.#run(start);
  }

  /** @throws what the run throws, unchanged; DomainError `cancelled` once `signal` is aborted */
  async *follow(signal?: AbortSignal): AsyncGenerator<Event> {
    const wake = () => this.#wake();
    signal?.addEventListener("abort", wake);
    this.#followers++;
    try {
      for (let next = 0; ; ) {
        if (signal?.aborted) throw new DomainError("cancelled", "left before the end", { cause: signal.reason });
        const event = this.#events[next];
        if (event !== undefined) {
          next++;
          yield event;
        } else if (this.#end) {
          if ("error" in this.#end) throw this.#end.error;
          return;
        } else {
          await new Promise<void>((resolve) => this.#waiting.push(resolve));
        }
      }
    } finally {
      signal?.removeEventListener("abort", wake);
      if (--this.#followers === 0) this.#stop();
    }
  }

  /** Aborts the run for everyone; resolves when it has let go of what it used. */
  async abort(): Promise<void> {
    this.#stop();
    while (!this.#end) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async #run(start: (signal: AbortSignal) => AsyncIterable<Event>): Promise<void> {
    try {
      for await (const event of start(this.#abort.signal)) {
        this.#events.push(event);
        this.#wake();
      }
      this.#end = {};
    } catch (error) {
      this.#end = { error };
    }
    this.#onOver();
    this.#wake();
  }

  #stop(): void {
    if (this.#end) return;
    this.#abort.abort();
    this.#onOver();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
