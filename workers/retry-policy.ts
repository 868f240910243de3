/** When a job is tried again. The error says whether another attempt can help; nothing else decides about it. */
import { isDomainError } from "../core/index.ts";

/** Waits of 1, 2, 4 and 8 seconds between them: long enough for a Redis or a disk to come back from a restart. */
export const MAX_ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 1000;

/**
 * A clip that is not remembered does not come back by waiting: a question needs a new watch first, and a watch that finds
 * its memory gone was forgotten meanwhile.
 *
 * @param attempt  1 for the first attempt
 */
export const mayRetry = (error: unknown, attempt: number): boolean =>
  isDomainError(error) && error.retryable && error.code !== "memory.not_watched" && attempt < MAX_ATTEMPTS;

/** @param random  0..1; spreads the attempts of jobs that failed together over half the time */
export const backoffMs = (attempt: number, random: number): number =>
  FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + random / 2);
