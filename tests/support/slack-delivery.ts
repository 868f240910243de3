/**
 * Delivers local-slack's events as Slack does: again and again with a retry number until they are acknowledged, and now
 * and then once more although they were. Slack waits a minute and five; here everything is quicker.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

export interface SlackDelivery {
  readonly requestUrl: string;
  readonly retried: () => number;
  /** Resolves once everything has been acknowledged. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** @param again  0..1, how likely an acknowledged event comes once more */
export async function startSlackDelivery(
  botPort: number,
  { random, again }: { readonly random: () => number; readonly again: number },
): Promise<SlackDelivery> {
  let underway = 0;
  let retried = 0;
  let closed = false;

  async function deliver(headers: Record<string, string>, body: string): Promise<void> {
    underway += 1;
    const post = async (retryNum: number): Promise<boolean> => {
      const retry = { "x-slack-retry-num": String(retryNum), "x-slack-retry-reason": "http_timeout" };
      const sent = { ...headers, ...(retryNum > 0 && retry) };
      const options = { method: "POST", headers: sent, body, signal: AbortSignal.timeout(30_000) };
      return fetch(`http://127.0.0.1:${botPort}/slack/events`, options).then(
        async (response) => {
          await response.arrayBuffer();
          return response.ok;
        },
        () => false,
      );
    };
    for (let tries = 0; !closed && !(await post(tries)); tries++) {
      retried += 1;
      await sleep(Math.min(2000, 100 * 2 ** tries));
    }
    if (!closed && random() < again) await post(1);
    underway -= 1;
  }

  const server = createServer(async (request, response) => {
    const body = await text(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => /^(x-slack-|content-type)/.test(name)) as [string, string][],
    );
    // Answered at once: local-slack need not know how often it takes.
    response.end();
    await deliver(headers, body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    requestUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`,
    retried: () => retried,
    settled: async () => {
      while (underway > 0) await sleep(20);
    },
    close: async () => {
      closed = true;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
