/** What Discord's refusals mean to the rest of the bot. Codes: docs.discord.com, developers/topics/opcodes-and-status-codes. */
import { setTimeout as wait } from "node:timers/promises";
import { DiscordAPIError, HTTPError, RESTJSONErrorCodes } from "discord.js";
import { DomainError, isDomainError } from "../../core/index.ts";

const GONE: ReadonlySet<number | string> = new Set([
  RESTJSONErrorCodes.UnknownChannel,
  RESTJSONErrorCodes.UnknownGuild,
  RESTJSONErrorCodes.UnknownMessage,
  RESTJSONErrorCodes.UnknownMember,
  RESTJSONErrorCodes.UnknownUser,
]);

/** The token of an interaction lives for 15 minutes. */
const EXPIRED: ReadonlySet<number | string> = new Set([
  RESTJSONErrorCodes.InvalidWebhookToken,
  RESTJSONErrorCodes.UnknownWebhook,
  RESTJSONErrorCodes.UnknownInteraction,
]);

/** Also of a DomainError that was made of it. */
export function hasCode(error: unknown, ...codes: readonly number[]): boolean {
  const said = isDomainError(error) ? error.cause : error;
  return said instanceof DiscordAPIError && codes.includes(Number(said.code));
}

export const isExpiredInteraction = (error: unknown): boolean =>
  error instanceof DiscordAPIError && EXPIRED.has(error.code);

/**
 * Errors of discord.js carry what was sent, and where to: words of people, tokens of interactions. Neither belongs in a log,
 * so loggers, which write what is enumerable, do not see them.
 */
export function withoutRequest<E>(error: E): E {
  if (!(error instanceof DiscordAPIError) && !(error instanceof HTTPError)) return error;
  for (const key of ["requestBody", "url"]) Object.defineProperty(error, key, { enumerable: false });
  return error;
}

/**
 * `source.gone` for what is deleted, `source.no_access` for 401 and 403 (never tried again: 10,000 of them in ten minutes
 * get an address banned), `source.unreachable` for everything that may pass. discord.js has by then waited out every 429
 * and tried each 5xx three times. Anything else is a request that we should not have made: a bug, thrown as it is.
 */
export function asDomainError(error: unknown): unknown {
  if (isDomainError(error)) return error;
  withoutRequest(error);
  if (error instanceof DiscordAPIError) {
    const options = { cause: error, details: { problem: `Discord says: ${error.message} (${error.code})` } };
    if (GONE.has(error.code) || error.status === 404) return new DomainError("source.gone", error.message, options);
    if (error.status === 401 || error.status === 403) {
      return new DomainError("source.no_access", error.message, options);
    }
    return error;
  }
  if (error instanceof HTTPError) return new DomainError("source.unreachable", error.message, { cause: error });
  if (error instanceof Error && isNetworkError(error)) {
    return new DomainError("source.unreachable", error.message, { cause: error });
  }
  return error;
}

/** fetch and undici throw a TypeError with a cause, an AbortError after a time-out, or the socket's own error. */
const isNetworkError = (error: Error): boolean =>
  error.name === "AbortError" ||
  error.name === "TimeoutError" ||
  (error instanceof TypeError && error.cause !== undefined) ||
  ("code" in error && typeof error.code === "string" && /^(E[A-Z]+|UND_ERR_\w+)$/.test(error.code));

/** Waits before the next tries, in ms: through a connection that breaks, not through an outage; that is for the desk. */
const RETRY_AFTER_MS = [250, 1_000, 4_000] as const;

/**
 * Runs a request that is safe to repeat, as all of ours are, again while Discord cannot be reached; discord.js repeats after
 * 5xx only. What goes wrong in the end is a DomainError.
 */
export async function asking<T>(request: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      const known = asDomainError(error);
      const afterMs = RETRY_AFTER_MS[attempt];
      if (!isDomainError(known) || !known.retryable || afterMs === undefined) throw known;
      await wait(afterMs);
    }
  }
}
