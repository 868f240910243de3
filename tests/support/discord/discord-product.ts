/** The Discord bot with everything behind it, as one process runs it: desk, queue, stores. The model is the caller's. */
import { join } from "node:path";
import { ChatDesk } from "../../../bots/chat/chat-desk.ts";
import { createFetchLink } from "../../../bots/chat/fetch-link.ts";
import { type DiscordDeps, openDiscord } from "../../../bots/discord/open-discord.ts";
import { jumpLink } from "../../../bots/jump-link.ts";
import type { ClipModel, DiscordConfig } from "../../../core/index.ts";
import { embeddedStores } from "../../../memory/index.ts";
import { InProcessWorkQueue } from "../../../workers/index.ts";

export const LINK_SECRET = "a secret of more than 32 characters, for tests";

export interface DiscordProductOptions {
  readonly config: DiscordConfig;
  readonly home: string;
  readonly model: ClipModel;
  readonly playerUrl: string;
  readonly log: DiscordDeps["log"];
}

export async function openDiscordProduct({ config, home, model, playerUrl, log }: DiscordProductOptions) {
  const stores = embeddedStores(home);
  const queue = new InProcessWorkQueue({ model, ...stores });
  const bot = await openDiscord(config, { fetchLink: createFetchLink(), log });
  const desk = new ChatDesk({
    ledger: stores.ledger,
    queue,
    stores,
    linksInto: async (target) => {
      const claims = { ...target, issuedAtMs: Date.now(), expiresAtMs: Date.now() + 3_600_000 };
      return (span) => jumpLink({ baseUrl: playerUrl, secret: LINK_SECRET, claims }, span);
    },
    scratchFolder: join(home, "incoming"),
    limits: { maxClipBytes: 1e9, maxClipSeconds: 3600 },
    now: Date.now,
    log,
  });
  desk.attach(bot.platform);
  await desk.start();
  await bot.start(desk);
  return {
    stores,
    desk,
    async close() {
      await desk.close();
      await queue.close();
      await bot.close();
    },
  };
}
