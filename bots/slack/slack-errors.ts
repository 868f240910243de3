/** What the Web API's errors mean to the desk. Error texts of Slack go to the log, never to people. */
import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from "@slack/web-api";
import { DomainError, type ErrorCode } from "../../core/index.ts";

/** https://docs.slack.dev/reference/methods: the `error` of an answer with `ok: false`. */
const MEANINGS: Readonly<Record<string, ErrorCode>> = {
  ...all("source.gone", [
    "channel_not_found",
    "message_not_found",
    "thread_not_found",
    "cant_update_message",
    "cant_delete_message",
    "file_not_found",
    "file_deleted",
    "is_archived",
    "user_not_found",
  ]),
  ...all("source.no_access", [
    "missing_scope",
    "not_in_channel",
    "not_authed",
    "invalid_auth",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "no_permission",
    "access_denied",
    "restricted_action",
    "ekm_access_denied",
    "team_access_not_granted",
    "not_allowed_token_type",
  ]),
  ...all("source.unreachable", [
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
  ]),
};

function all(code: ErrorCode, errors: readonly string[]): Record<string, ErrorCode> {
  return Object.fromEntries(errors.map((error) => [error, code]));
}

/** The `error` of the answer, e.g. "missing_scope"; `undefined` when there was no such answer. */
export const slackErrorOf = (error: unknown): string | undefined =>
  error instanceof WebAPIPlatformError ? error.data.error : undefined;

/** Seconds to wait, when this is a 429. */
export const rateLimitOf = (error: unknown): number | undefined =>
  error instanceof WebAPIRateLimitedError ? error.retryAfter : undefined;

/** Whether the same call may work a moment later. Its outcome is unknown: it may have worked the first time. */
export const mayWorkLater = (error: unknown): boolean =>
  error instanceof WebAPIRequestError ||
  (error instanceof WebAPIHTTPError && error.statusCode >= 500) ||
  MEANINGS[slackErrorOf(error) ?? ""] === "source.unreachable";

/** As a DomainError where the world is to blame; an error that is our mistake (`invalid_blocks`) stays what it is. */
export function domainErrorOf(error: unknown, method: string): unknown {
  const slackError = slackErrorOf(error);
  const code = slackError === undefined ? undefined : MEANINGS[slackError];
  if (code !== undefined) {
    const needed = (error as { data?: { needed?: unknown } }).data?.needed;
    const details = { slackError, method, ...(typeof needed === "string" && { scope: needed }) };
    return new DomainError(code, `${method}: ${slackError}`, { cause: error, details });
  }
  if (error instanceof WebAPIHTTPError || error instanceof WebAPIRequestError || rateLimitOf(error) !== undefined) {
    return new DomainError("source.unreachable", `${method} did not come through`, { cause: error });
  }
  return error;
}
