/**
 * The decoder's keys and values, kept by the host (docs/bundle.md). Time is the first axis, so that appending is one
 * copy and `past` is a view:
 *
 *     position 0            position 1                          length
 *     | layers x 2 x heads x headDim | ...                      |  room to grow |
 *
 * A follow-up starts with what the thread has read before; `KeyValueCaches` keeps one cache a thread for that.
 */

/** What stands at one position: a token id, or a name for the row of a soft (bridged) embedding. */
export type PositionKey = number | string;

export class KeyValueCache {
  readonly positionFloats: number;
  #keys: PositionKey[] = [];
  #data: Float32Array;

  /** @param positionFloats  layers * 2 * heads * headDim */
  constructor(positionFloats: number, positions: number) {
    this.positionFloats = positionFloats;
    this.#data = new Float32Array(positionFloats * positions);
  }

  /** Positions that hold keys and values (S). */
  get length(): number {
    return this.#keys.length;
  }

  get sizeBytes(): number {
    return this.#data.byteLength;
  }

  /** `[S, layers, 2, heads, headDim]`, a view that is valid until the next append. */
  get past(): Float32Array {
    return this.#data.subarray(0, this.length * this.positionFloats);
  }

  /** How many positions of `keys` stand at the start of this cache already. */
  commonPrefix(keys: readonly PositionKey[]): number {
    let length = 0;
    while (length < keys.length && length < this.length && keys[length] === this.#keys[length]) length += 1;
    return length;
  }

  /** Forgets every position from `length` on. */
  truncate(length: number): void {
    this.#keys.length = Math.min(this.#keys.length, length);
  }

  /** @param present  `[keys.length, layers, 2, heads, headDim]` */
  append(keys: readonly PositionKey[], present: Float32Array): void {
    const start = this.length * this.positionFloats;
    if (start + present.length > this.#data.length) {
      const grown = new Float32Array(Math.max(start + present.length, this.#data.length * 2));
      grown.set(this.past);
      this.#data = grown;
    }
    this.#data.set(present, start);
    this.#keys.push(...keys);
  }
}

/** Least recently used caches go first once all of them together are larger than `maxBytes`. */
export class KeyValueCaches {
  readonly #maxBytes: number;
  readonly #caches = new Map<string, KeyValueCache>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Hands the thread's cache over to one answer; two answers at once in a thread never write to the same one. */
  take(threadId: string): KeyValueCache | undefined {
    const cache = this.#caches.get(threadId);
    this.#caches.delete(threadId);
    return cache;
  }

  put(threadId: string, cache: KeyValueCache): void {
    this.#caches.delete(threadId);
    this.#caches.set(threadId, cache);
    let bytes = 0;
    for (const kept of this.#caches.values()) bytes += kept.sizeBytes;
    for (const [oldest, kept] of this.#caches) {
      if (bytes <= this.#maxBytes) return;
      this.#caches.delete(oldest);
      bytes -= kept.sizeBytes;
    }
  }
}
