/**
 * The product on Discord, in one process: discord-digital-twin with our faults in front of it, the real desk, queue, stores
 * and player; the model is the test's choice.
 */
import type { ChatDesk } from "../../../bots/chat/chat-desk.ts";
import { type PlayerServer, servePlayer } from "../../../bots/web/serve-player.ts";
import type { ClipModel } from "../../../core/index.ts";
import { embeddedStores } from "../../../memory/index.ts";
import { configOf, startFakeDiscord, testLog } from "./discord-peer.ts";
import { LINK_SECRET, openDiscordProduct } from "./discord-product.ts";
import type { FakeDiscord } from "./fake-discord.ts";

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
  /** The bot leaves in the middle of whatever it does, and another one starts on the same data. */
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
  const options = { config: configOf(fake), home, model, playerUrl: player.baseUrl, log: testLog };
  let product = await openDiscordProduct(options);
  return {
    fake,
    player,
    stores: () => product.stores,
    desk: () => product.desk,
    async restart() {
      await product.close();
      product = await openDiscordProduct(options);
    },
    async close() {
      await product.close();
      await player.close();
      await fake.close();
    },
  };
}
