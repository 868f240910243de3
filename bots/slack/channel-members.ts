/** Who is in a channel: only they may ask about its clips. */
import type { SlackCalls } from "./slack-calls.ts";

/** Answers that hold for a moment, so that three questions in a row are one look-up. */
const KEEP_MS = 30_000;
const PAGE_SIZE = 1000;

export class ChannelMembers {
  readonly #calls: SlackCalls;
  readonly #seen = new Map<string, number>();

  constructor(calls: SlackCalls) {
    this.#calls = calls;
  }

  /** @throws DomainError `source.gone` for a channel that is not there, `source.no_access` for one that the bot is not in */
  async has(channelId: string, userId: string): Promise<boolean> {
    const name = `${channelId}/${userId}`;
    if ((this.#seen.get(name) ?? 0) > Date.now()) return true;
    let cursor: string | undefined;
    do {
      const page = await this.#calls.run("conversations.members", (client) =>
        client.conversations.members({ channel: channelId, limit: PAGE_SIZE, ...(cursor && { cursor }) }),
      );
      if (page.members?.includes(userId)) {
        this.#keep(name);
        return true;
      }
      cursor = page.response_metadata?.next_cursor;
    } while (cursor);
    return false;
  }

  /** Somebody left. */
  forget(channelId: string, userId: string): void {
    this.#seen.delete(`${channelId}/${userId}`);
  }

  #keep(name: string): void {
    const now = Date.now();
    for (const [old, untilMs] of this.#seen) if (untilMs <= now) this.#seen.delete(old);
    this.#seen.set(name, now + KEEP_MS);
  }
}
