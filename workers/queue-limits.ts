/** How much one tenant may have waiting. More is refused with `queue.busy`: whoever shares a thousand clips is told so. */
export interface QueueLimits {
  readonly watchesPerTenant: number;
  readonly questionsPerTenant: number;
}

/** A folder of clips shared at once, and a busy channel, fit; a loop gone wild does not. */
export const QUEUE_LIMITS = { watchesPerTenant: 200, questionsPerTenant: 500 } as const satisfies QueueLimits;
