/**
 * Calls to the Web API that obey its limits. Slack counts by method (https://docs.slack.dev/apis/web-api/rate-limits): a
 * 429 of one method holds up the calls of that method alone, for as long as Retry-After says, and every waiting call is
 * made in the end. The client's own retries are off, because they pause everything and repeat a post whose first try may
 * have worked.
 */
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type Logger, WebClient, type WebClientOptions } from "@slack/web-api";
import { domainErrorOf, mayWorkLater, rateLimitOf } from "./slack-errors.ts";

/** After the first try; doubled each time: 0.5, 1, 2, 4 s. */
const FIRST_PAUSE_MS = 500;
const TRIES = 5;

/** Beyond this a call fails as unreachable, which the desk may repeat: nobody should wait longer for one answer. */
const LONGEST_LIMIT_MS = 15 * 60_000;

const REQUEST_TIMEOUT_MS = 30_000;

/** At a time; more wait their turn. Slack counts by the minute, and a hundred at once only make each other time out. */
const MOST_REQUESTS = 10;

/** The options of every WebClient of ours, Bolt's included. */
export const clientOptions = (apiUrl: string | undefined, logger?: Logger): WebClientOptions => ({
  ...(logger && { logger }),
  ...(apiUrl && { slackApiUrl: apiUrl, allowAbsoluteUrls: true }),
  retryConfig: { retries: 0 },
  rejectRateLimitedCalls: true,
  timeout: REQUEST_TIMEOUT_MS,
  maxRequestConcurrency: MOST_REQUESTS,
});

export class SlackCalls {
  readonly client: WebClient;
  readonly #closed = new AbortController();
  /** Wall time, ms, until which a method rests. */
  readonly #restsUntil = new Map<string, number>();
  /** How often Slack has said 429 since the start, for the metrics. */
  rateLimited = 0;

  constructor(token: string, apiUrl?: string, logger?: Logger) {
    // Any number of calls may wait at a time.
    setMaxListeners(0, this.#closed.signal);
    this.client = new WebClient(token, clientOptions(apiUrl, logger));
  }

  /**
   * @param method  its name, by which Slack counts
   * @param repeat  whether a try whose outcome is unknown may be made again: not for what creates a message
   * @throws DomainError `source.*`; whatever else is our mistake
   */
  async run<T>(
    method: string,
    call: (client: WebClient) => Promise<T>,
    repeat: "repeat" | "once" = "repeat",
  ): Promise<T> {
    for (let tries = 1; ; ) {
      await this.#rested(method);
      try {
        return await call(this.client);
      } catch (error) {
        const retryAfterSeconds = rateLimitOf(error);
        if (retryAfterSeconds !== undefined && retryAfterSeconds * 1000 <= LONGEST_LIMIT_MS) {
          this.rateLimited++;
          this.#rest(method, retryAfterSeconds * 1000);
        } else if (repeat === "repeat" && mayWorkLater(error) && tries < TRIES) {
          await this.#pause(FIRST_PAUSE_MS * 2 ** (tries++ - 1));
        } else {
          throw domainErrorOf(error, method);
        }
      }
    }
  }

  /** Calls that wait end at once, as unreachable. Called when the bot leaves. */
  close(): void {
    this.#closed.abort();
  }

  #rest(method: string, ms: number): void {
    this.#restsUntil.set(method, Math.max(this.#restsUntil.get(method) ?? 0, Date.now() + ms));
  }

  async #rested(method: string): Promise<void> {
    for (;;) {
      const ms = (this.#restsUntil.get(method) ?? 0) - Date.now();
      if (ms <= 0) return;
      await this.#pause(ms);
    }
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closed.signal });
  }
}
