/**
 * Reads what came while the bot was away. A gateway session that is resumed replays what was missed; a new one, after a
 * restart or a long outage, does not. Channels say which message was their last, so that only those with something new
 * are asked: one request for each hundred messages. Handlers and the desk are safe to run twice, so nothing has to be
 * remembered between processes but how far back to look.
 */
import { type APIMessage, type Client, type REST, Routes, SnowflakeUtil } from "discord.js";
import { isDomainError } from "../../core/index.ts";
import { asking } from "./discord-errors.ts";
import type { CreatedMessage } from "./events/messages/message-created.ts";
import type { Log } from "./log.ts";

const PAGE = 100;

/** Channels read at one time: Discord counts requests by channel, and other work goes on meanwhile. */
const AT_ONE_TIME = 4;

/** Clocks differ, and the last event before an outage may have been lost with it. */
const SLACK_MS = 60_000;

export interface CatchUpDeps {
  readonly client: Client;
  readonly rest: Pick<REST, "get">;
  readonly handle: (message: CreatedMessage) => Promise<void>;
  readonly log: Log;
}

/** @param sinceMs  wall time */
export async function catchUp(deps: CatchUpDeps, shardId: number, sinceMs: number): Promise<void> {
  const since = sinceMs - SLACK_MS;
  const waiting = channelsWithNews(deps.client, shardId, since);
  let messages = 0;
  const readOneByOne = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      try {
        messages += await readChannel(deps, next.id, next.guildId, since);
      } catch (error) {
        // A channel that the bot may not read, or that was deleted meanwhile, says nothing about the others.
        if (!isDomainError(error)) throw error;
        deps.log.debug({ code: error.code, channelId: next.id }, "a channel was not caught up with");
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONE_TIME }, readOneByOne));
  if (messages > 0) deps.log.info({ shardId, messages }, "caught up with what came while away");
}

/** Newest first: whoever asked last waits for an answer now. */
function channelsWithNews(client: Client, shardId: number, since: number): { id: string; guildId: string }[] {
  const news: { id: string; guildId: string; lastAtMs: number }[] = [];
  for (const channel of client.channels.cache.values()) {
    if (!("guild" in channel) || channel.guild.shardId !== shardId || !channel.isTextBased()) continue;
    const lastAtMs = channel.lastMessageId ? SnowflakeUtil.timestampFrom(channel.lastMessageId) : 0;
    if (lastAtMs >= since && lastAtMs > 0) news.push({ id: channel.id, guildId: channel.guildId, lastAtMs });
  }
  return news.sort((a, b) => b.lastAtMs - a.lastAtMs);
}

async function readChannel(deps: CatchUpDeps, channelId: string, guildId: string, since: number): Promise<number> {
  let after = String(SnowflakeUtil.generate({ timestamp: since }));
  for (let count = 0; ; ) {
    const query = new URLSearchParams({ after, limit: String(PAGE) });
    const page = (await asking(() => deps.rest.get(Routes.channelMessages(channelId), { query }))) as APIMessage[];
    // Newest first, whatever was asked for.
    const inOrder = page.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
    for (const message of inOrder) await deps.handle({ ...message, guild_id: guildId });
    count += page.length;
    const last = inOrder.at(-1);
    if (!last || page.length < PAGE) return count;
    after = last.id;
  }
}
