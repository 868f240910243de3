/**
 * Opens an address of Slack's files with the bot's token. The token goes to Slack's own hosts alone: redirects are
 * followed by hand, without it where they lead elsewhere, and only from https to https.
 */
import { DomainError } from "../../core/index.ts";
import type { OpenedAddress } from "../chat/resumable-download.ts";

const SLACK_HOST = /(^|\.)(slack\.com|slack-files\.com|slack-edge\.com|slack-gov\.com)$/;
const MAX_REDIRECTS = 5;

export interface TokenHolder {
  readonly token: string;
  /** Absent: Slack's own. */
  readonly apiUrl?: string;
}

export async function openWithToken(
  { token, apiUrl }: TokenHolder,
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<OpenedAddress> {
  const ownOrigin = apiUrl && new URL(apiUrl).origin;
  let next = new URL(url);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const isSlack = next.origin === ownOrigin || (next.protocol === "https:" && SLACK_HOST.test(next.hostname));
    if (!isSlack) throw new DomainError("source.blocked", `a file at ${next.hostname}, which is not Slack`);
    const answer = await fetch(next, {
      headers: { ...headers, authorization: `Bearer ${token}` },
      redirect: "manual",
      signal,
    });
    const location = answer.headers.get("location");
    if (answer.status < 300 || answer.status >= 400 || location === null) {
      return { status: answer.status, headers: answer.headers, body: answer.body ?? nothing() };
    }
    await answer.body?.cancel();
    next = new URL(location, next);
  }
  throw new DomainError("source.no_access", `more than ${MAX_REDIRECTS} redirects`);
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
