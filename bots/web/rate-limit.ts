/** A token bucket for each key (a link, an address): short bursts pass, a flood does not. */

export interface RateLimitOptions {
  /** How many may come at once. */
  readonly burst: number;
  /** How long until one more may come, ms. */
  readonly everyMs: number;
  /** Wall time, ms since the epoch. */
  readonly now: () => number;
}

/** Keys that are kept at most; those that have been quiet longest go first, which at worst is generous to them. */
const MAX_KEYS = 10_000;

export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** Takes a token. @returns 0 when there was one, else after how many ms there will be */
  take(key: string): number {
    const { burst, everyMs, now } = this.#options;
    const atMs = now();
    const before = this.#buckets.get(key) ?? { tokens: burst, atMs };
    const tokens = Math.min(burst, before.tokens + Math.max(0, atMs - before.atMs) / everyMs);
    // Put in again at the end, so that the first key of the map is the quietest.
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs });
    if (this.#buckets.size > MAX_KEYS) this.#buckets.delete(this.#buckets.keys().next().value as string);
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) * everyMs);
  }
}
