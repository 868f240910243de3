/** What one use of a store costs, as `damo bench memory` tells it. */
export interface MemoryCost {
  readonly store: "redis" | "embedded";
  /**
   * `append`: one window. `recall`: what a question reads, that is what is new in the index and eight windows.
   * `first recall`: the same in a process that has not read this clip before. `read`: the whole memory.
   */
  readonly operation: "append" | "recall" | "first recall" | "read";
  readonly clipMinutes: number;
  readonly bytes: number;
  /** Median, in ms. */
  readonly ms: number;
  /** The same bytes by SET or GET of ioredis, nothing checked and nothing decoded, in ms. Absent without a Redis. */
  readonly rawMs?: number;
}
