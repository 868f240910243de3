/**
 * The bot on Discord, from its token to its events. Discord is asked who we are and what we may read first (`openDiscord`),
 * because the desk needs the platform and the events need the desk; they begin with `start(desk)`.
 */
import {
  type APIApplication,
  Client,
  Events,
  GatewayCloseCodes,
  Options,
  REST,
  RESTEvents,
  type RESTOptions,
  Routes,
} from "discord.js";
import { type ChatLedger, type DiscordConfig, DomainError, isDomainError } from "../../core/index.ts";
import type { ChatPlatform } from "../chat/chat-platform.ts";
import type { Desk } from "../chat/desk.ts";
import type { FetchLink } from "../chat/fetch-link.ts";
import { catchUp } from "./catch-up.ts";
import { ClipAddresses } from "./clip-addresses.ts";
import { COMMAND_DEFINITIONS } from "./command-definitions.ts";
import type { DiscordContext } from "./context.ts";
import { asDomainError, asking } from "./discord-errors.ts";
import { DiscordPlatform } from "./discord-platform.ts";
import { messageCreated } from "./events/messages/message-created.ts";
import { registerEvents } from "./events/register-events.ts";
import { wipeServersLeft } from "./events/servers/servers-left.ts";
import { Handling } from "./handling.ts";
import { PointedAt } from "./interactions/pointed-at.ts";
import type { Log } from "./log.ts";
import { intentMissing, intentsOf, readsEverything } from "./message-content.ts";
import { inviteLink } from "./permissions.ts";
import { Places } from "./places.ts";

export interface DiscordDeps {
  readonly log: Log;
  readonly fetchLink: FetchLink;
  /** Knows of whom anything is kept, so that servers left while the bot was away are wiped. Absent: that is not looked for. */
  readonly ledger?: Pick<ChatLedger, "tenants">;
  /** For attachments. */
  readonly fetch?: typeof fetch;
  /** Wall time, ms. */
  readonly now?: () => number;
  /** For tests: e.g. `makeRequest: fetch`. */
  readonly rest?: Partial<RESTOptions>;
}

export interface DiscordBot {
  readonly platform: ChatPlatform;
  /** Whether it reads messages that do not mention it. */
  readonly readsEverything: boolean;
  readonly inviteLink: string;
  /**
   * Registers the commands and connects; resolves when every shard is ready.
   * @throws DomainError `config.invalid` (token, intents, shards), `source.unreachable`
   */
  start(desk: Desk): Promise<void>;
  /** Lets handlers that are under way end, then disconnects. */
  close(): Promise<void>;
}

/** @throws DomainError `config.invalid` (token, intents), `source.unreachable` */
export async function openDiscord(config: DiscordConfig, deps: DiscordDeps): Promise<DiscordBot> {
  const { log, now = Date.now } = deps;
  const application = await readApplication(new REST(restOptions(config, deps)).setToken(config.token.reveal()));
  const everything = readsEverything(config.messageContent, application);
  const client = createClient(config, deps, everything);
  const { rest } = client;
  rest.setToken(config.token.reveal());

  const me = () => client.user?.id ?? application.bot?.id ?? application.id;
  const places = new Places({ rest, client });
  const shared = { client, rest, places, me, readsEverything: () => everything, now, log, fetch: deps.fetch ?? fetch };
  const addresses = new ClipAddresses(shared);
  const platform = new DiscordPlatform({ ...shared, addresses, fetchLink: deps.fetchLink });
  const handling = new Handling(log);

  return {
    platform,
    readsEverything: everything,
    inviteLink: inviteLink(application.id),
    async start(desk) {
      const context: DiscordContext = { ...shared, desk, platform, addresses, pointedAt: new PointedAt() };
      await asking(() => rest.put(Routes.applicationCommands(application.id), { body: COMMAND_DEFINITIONS }));
      registerEvents(client, context, handling);
      catchUpWithEachSession(client, context, handling, config.catchUpMinutes * 60_000);
      await connect(client, config, log);
      const { ledger } = deps;
      if (ledger) {
        const wipe = async () => wipeServersLeft({ client, rest, desk }, await ledger.tenants());
        void handling.run("SERVERS_LEFT", wipe);
      }
      log.info(
        { user: me(), shards: client.ws.shards.size, servers: client.guilds.cache.size, messageContent: everything },
        everything ? "on Discord, reading every message" : "on Discord, reading only what mentions me",
      );
    },
    async close() {
      await handling.settled();
      // Our own goodbye counts as a lost connection for discord.js.
      client.removeAllListeners(Events.ShardReconnecting);
      await client.destroy();
    },
  };
}

/** @throws DomainError `config.invalid` when the token is not accepted */
export async function readApplication(rest: REST): Promise<APIApplication> {
  try {
    return (await asking(() => rest.get(Routes.currentApplication()))) as APIApplication;
  } catch (error) {
    if (isDomainError(error) && error.code === "source.no_access") throw tokenRefused();
    throw error;
  }
}

export const restOptions = (config: DiscordConfig, deps: Pick<DiscordDeps, "rest">): Partial<RESTOptions> => ({
  version: "10",
  api: config.apiUrl,
  ...deps.rest,
});

function createClient(config: DiscordConfig, deps: DiscordDeps, everything: boolean): Client {
  const { log } = deps;
  const client = new Client({
    intents: intentsOf(everything),
    rest: restOptions(config, deps),
    ...(config.shards !== "auto" && {
      shardCount: config.shards,
      shards: config.shardIds ?? Array.from({ length: config.shards }, (_, shard) => shard),
    }),
    // Messages are read from the events themselves; roles and channels are kept, they decide who may see what.
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      MessageManager: 0,
      ReactionManager: 0,
      PresenceManager: 0,
      GuildMemberManager: { maxSize: 50, keepOverLimit: (member) => member.id === member.client.user.id },
      ThreadMemberManager: 0,
    }),
  });
  client.on(Events.Error, (error) => log.error({ err: error }, "the Discord client stumbled"));
  client.on(Events.ShardError, (error, shardId) => log.warn({ err: error, shardId }, "a gateway connection failed"));
  client.on(Events.ShardReconnecting, (shardId) => log.info({ shardId }, "reconnecting to the gateway"));
  client.on(Events.ShardResume, (shardId, replayed) => log.info({ shardId, replayed }, "the gateway session goes on"));
  client.rest.on(RESTEvents.RateLimited, ({ route, timeToReset, global }) =>
    log.debug({ route, timeToReset, global }, "waiting for a rate limit"),
  );
  client.rest.on(RESTEvents.InvalidRequestWarning, ({ count, remainingTime }) =>
    log.warn({ count, remainingTime }, "many requests were refused; 10,000 in ten minutes get the address banned"),
  );
  return client;
}

/** After a start, and after an outage too long for the session to go on. */
function catchUpWithEachSession(client: Client, context: DiscordContext, handling: Handling, mostBackMs: number): void {
  const { rest, log, now } = context;
  const lostAtMs = new Map<number, number>();
  client.on(Events.ShardReconnecting, (shardId) => {
    if (!lostAtMs.has(shardId)) lostAtMs.set(shardId, now());
  });
  client.on(Events.ShardResume, (shardId) => lostAtMs.delete(shardId));
  client.on(Events.ShardReady, (shardId) => {
    if (mostBackMs === 0) return;
    const since = Math.max(lostAtMs.get(shardId) ?? 0, now() - mostBackMs);
    lostAtMs.delete(shardId);
    const handle = (message: Parameters<typeof messageCreated>[1]) =>
      handling.run("CATCH_UP", () => messageCreated(context, message));
    void handling.run("CATCH_UP", () => catchUp({ client, rest, handle, log }, shardId, since));
  });
}

async function connect(client: Client, config: DiscordConfig, log: Log): Promise<void> {
  let refused: DomainError | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    client.once(Events.ClientReady, () => resolve());
    // Discord does not want this connection back; everything else is resumed or made anew by discord.js.
    client.on(Events.ShardDisconnect, ({ code }, shardId) => {
      refused = refusalOf(code);
      log.error({ code, shardId, problem: refused.details["problem"] }, "the gateway closed for good");
      reject(refused);
    });
  });
  ready.catch(() => undefined);
  try {
    await Promise.race([client.login(config.token.reveal()).then(() => ready), ready]);
  } catch (error) {
    await client.destroy();
    throw refused ?? asDomainError(error);
  }
}

const tokenRefused = (): DomainError =>
  new DomainError("config.invalid", "Discord does not accept the token (4004)", {
    details: { problem: "DISCORD_BOT_TOKEN is not accepted; reset it in the developer portal (Bot, Reset Token)" },
  });

function refusalOf(code: number): DomainError {
  switch (code) {
    case GatewayCloseCodes.DisallowedIntents:
      return intentMissing();
    case GatewayCloseCodes.AuthenticationFailed:
      return tokenRefused();
    default:
      return new DomainError("config.invalid", `the gateway closed with ${code}`, {
        details: { problem: `Discord closed the gateway with ${code}; check DISCORD_SHARDS and DISCORD_SHARD_IDS` },
      });
  }
}
