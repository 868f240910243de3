/**
 * The product on Discord, in one process: discord-digital-twin with our faults in front of it, the real desk, queue, stores
 * and player; the model is the test's choice. `restart` ends the process' part as a kill does: nothing is said, and what a
 * dead process would not have done is not waited for.
 */
import { join } from "node:path";
import { ChatDesk } from "../../../bots/chat/chat-desk.ts";
import { createFetchLink } from "../../../bots/chat/fetch-link.ts";
import { type DiscordBot, openDiscord } from "../../../bots/discord/open-discord.ts";
import { jumpLink } from "../../../bots/jump-link.ts";
import { type PlayerServer, servePlayer } from "../../../bots/web/serve-player.ts";
import type { ClipModel } from "../../../core/index.ts";
import { embeddedStores } from "../../../memory/index.ts";
import { InProcessWorkQueue } from "../../../workers/index.ts";
import { configOf, startFakeDiscord, testLog } from "./discord-peer.ts";
import type { FakeDiscord } from "./fake-discord.ts";

const LINK_SECRET = "a secret of more than 32 characters, for tests";

export interface DiscordWorldOptions {
  readonly home: string;
  readonly model: ClipModel;
  /** What the gateway tells its clients, in ms. */
  readonly heartbeatIntervalMs?: number;
}

export interface DiscordWorld {
  readonly fake: FakeDiscord;
  readonly player: PlayerServer;
  readonly stores: () => ReturnType<typeof embeddedStores>;
  readonly desk: () => ChatDesk;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function discordWorld({ home, model, heartbeatIntervalMs }: DiscordWorldOptions): Promise<DiscordWorld> {
  const fake = await startFakeDiscord();
  if (heartbeatIntervalMs !== undefined) fake.gateway.heartbeatIntervalMs = heartbeatIntervalMs;
  const player = await servePlayer(
    { ...embeddedStores(home), linkSecret: LINK_SECRET, now: Date.now },
    { host: "127.0.0.1", port: 0 },
  );

  const open = async () => {
    const stores = embeddedStores(home);
    const queue = new InProcessWorkQueue({ model, ...stores });
    const bot: DiscordBot = await openDiscord(configOf(fake), { fetchLink: createFetchLink(), log: testLog });
    const desk = new ChatDesk({
      ledger: stores.ledger,
      queue,
      stores,
      linksInto: async (target) => {
        const claims = { ...target, issuedAtMs: Date.now(), expiresAtMs: Date.now() + 3_600_000 };
        return (span) => jumpLink({ baseUrl: player.baseUrl, secret: LINK_SECRET, claims }, span);
      },
      scratchFolder: join(home, "incoming"),
      limits: { maxClipBytes: 1e9, maxClipSeconds: 3600 },
      now: Date.now,
      log: testLog,
    });
    desk.attach(bot.platform);
    await desk.start();
    await bot.start(desk);
    return { stores, queue, bot, desk };
  };
  let opened = await open();
  const end = async () => {
    await opened.desk.close();
    await opened.queue.close();
    await opened.bot.close();
  };
  return {
    fake,
    player,
    stores: () => opened.stores,
    desk: () => opened.desk,
    async restart() {
      await end();
      opened = await open();
    },
    async close() {
      await end();
      await player.close();
      await fake.close();
    },
  };
}
