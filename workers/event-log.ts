/** The events of one job in this process: kept up to a limit, followed by anybody at any pace. */
import { DomainError, type Followed, type FollowOptions, isLastEvent, type JobEvent } from "../core/index.ts";

/** A two-hour clip has 900 windows of 8 s, an answer some hundred pieces. What is older is dropped; the last event never is. */
export const MOST_EVENTS_KEPT = 2000;

export class EventLog<Event extends JobEvent> {
  readonly #kept: { readonly id: number; readonly event: Event }[] = [];
  #lastId: number;
  #waiting: (() => void)[] = [];
  #closed = false;

  /** @param after  ids go on after this: a job that starts afresh keeps counting */
  constructor(after = 0) {
    this.#lastId = after;
  }

  get lastId(): number {
    return this.#lastId;
  }

  get last(): Event | undefined {
    return this.#kept.at(-1)?.event;
  }

  add(event: Event): void {
    this.#kept.push({ id: ++this.#lastId, event });
    if (this.#kept.length > MOST_EVENTS_KEPT) this.#kept.shift();
    this.#wake();
  }

  /** No more will come, and it has not ended: this process goes away. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Forgets what was said; ids go on. */
  clear(): void {
    this.#kept.length = 0;
  }

  /** @throws DomainError `cancelled` once `signal` is aborted; `queue.unavailable` when it was closed before its end */
  async *follow({ after = "0", signal }: FollowOptions = {}): AsyncGenerator<Followed<Event>> {
    for (let seen = Number(after); ; ) {
      if (signal?.aborted) throw new DomainError("cancelled", "left before the end", { cause: signal.reason });
      const next = this.#kept.find(({ id }) => id > seen);
      if (next) {
        seen = next.id;
        yield { eventId: String(next.id), event: next.event };
        if (isLastEvent(next.event)) return;
      } else if (this.last && isLastEvent(this.last)) {
        return; // resumed after the last event
      } else if (this.#closed) {
        throw new DomainError("queue.unavailable", "the process that ran this job is ending");
      } else {
        await this.#more(signal);
      }
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #more(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.push(wake);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }
}
