/**
 * Runs handlers of events so that none is lost and none hurts the others: what may pass (the store is away, Discord
 * stumbles) is tried again for about a minute, everything else is logged. `settled` is what a shutdown waits for.
 */
import { setTimeout as wait } from "node:timers/promises";
import { isDomainError } from "../../core/index.ts";
import { withoutRequest } from "./discord-errors.ts";
import type { Log } from "./log.ts";

/** Waits between the tries, in ms: longer than a restart of Redis, shorter than people's patience. */
const RETRY_AFTER_MS = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 20_000] as const;

export class Handling {
  readonly #log: Log;
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Never rejects. `retry: false` for what cannot be repeated, e.g. because it answers an interaction. */
  run(
    name: string,
    handle: () => Promise<void>,
    options: { readonly retry: boolean } = { retry: true },
  ): Promise<void> {
    const running = this.#attempt(name, handle, options.retry ? RETRY_AFTER_MS : []);
    this.#running.add(running);
    running.finally(() => this.#running.delete(running));
    return running;
  }

  /** Resolves when nothing runs any more; handlers that wait for another try give up. */
  async settled(): Promise<void> {
    this.#closing.abort();
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #attempt(name: string, handle: () => Promise<void>, retryAfterMs: readonly number[]): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await handle();
      } catch (error) {
        const afterMs = retryAfterMs[attempt];
        if (!isDomainError(error) || !error.retryable || afterMs === undefined || this.#closing.signal.aborted) {
          this.#log.error({ err: withoutRequest(error), event: name }, "an event was not handled");
          return;
        }
        this.#log.warn({ code: error.code, event: name, afterMs }, "an event is tried again");
        await wait(afterMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
    }
  }
}
