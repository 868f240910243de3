/**
 * The bots of one process: the desk, and every platform that has a token. `damo start` and `damo bots` open them, with the
 * stores and the queue that fit (bots/main.ts).
 */
import { join } from "node:path";
import type { Logger } from "pino";
import {
  type ChatLedger,
  type ClipEncoder,
  type Config,
  type ContactStripMaker,
  DomainError,
  type FrameStore,
  type MediaStore,
  miniClip,
  type PlatformName,
  type WorkQueue,
} from "../../core/index.ts";
import { jumpLink } from "../jump-link.ts";
import { providerLink } from "../provider-link.ts";
import { ChatDesk } from "./chat-desk.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import type { Desk } from "./desk.ts";
import type { ClipTarget, DeskDeps, LinkTo } from "./desk-context.ts";
import { createFetchLink } from "./fetch-link.ts";

export interface BotsDeps {
  readonly stores: DeskDeps["stores"] & {
    readonly ledger: ChatLedger;
    readonly frames: FrameStore;
    readonly media: MediaStore;
  };
  readonly queue: WorkQueue;
  readonly strips: ContactStripMaker;
  readonly encoder: Pick<ClipEncoder, "cut">;
  /** The key that signs jump links. */
  readonly linkSecret: string;
  /** Wall time, ms since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

export type BotsConfig = Pick<Config, "home" | "decode" | "web" | "links" | "slack" | "discord" | "chat">;

export interface Bots {
  readonly platforms: readonly PlatformName[];
  /** What is under way is taken up again by the next process. Called before the queue and the stores are closed. */
  close(): Promise<void>;
}

/** A platform from its token to its events. */
interface PlatformBot {
  readonly platform: ChatPlatform;
  start(desk: Desk): Promise<void>;
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;

/** @throws DomainError `config.invalid` when no platform has a token, or one is refused; `source.unreachable` */
export async function openBots(config: BotsConfig, deps: BotsDeps): Promise<Bots> {
  if (!config.slack && !config.discord) {
    throw new DomainError("config.invalid", "no platform has a token", {
      details: { problem: "set SLACK_BOT_TOKEN or DISCORD_BOT_TOKEN (docs/slack.md, docs/discord.md)" },
    });
  }
  const fetchLink = createFetchLink();
  const opened: PlatformBot[] = [];
  const desk = new ChatDesk(deskDeps(config, deps));
  const close = async () => {
    await desk.close();
    await Promise.all(opened.map((bot) => bot.close()));
  };
  try {
    // A bot that is not configured is not loaded: discord.js alone takes half a second.
    if (config.slack) {
      const { openSlack } = await import("../slack/open-slack.ts");
      const log = deps.log.child({ platform: "slack" });
      opened.push(await openSlack(config.slack, { ledger: deps.stores.ledger, fetchLink, log }));
    }
    if (config.discord) {
      const { openDiscord } = await import("../discord/open-discord.ts");
      const log = deps.log.child({ platform: "discord" });
      opened.push(await openDiscord(config.discord, { ledger: deps.stores.ledger, fetchLink, log }));
    }
    for (const { platform } of opened) desk.attach(platform);
    await desk.start({ sweepEveryMs: config.chat.sweepHours * HOUR_MS });
    for (const bot of opened) await bot.start(desk);
  } catch (error) {
    await close();
    throw error;
  }
  return { platforms: opened.map(({ platform }) => platform.name), close };
}

function deskDeps(config: BotsConfig, deps: BotsDeps): DeskDeps {
  const { stores, queue, strips, encoder, now, log } = deps;
  return {
    ledger: stores.ledger,
    queue,
    stores,
    evidence: { frames: stores.frames, strips },
    linksInto: (target) => linksInto(config, deps, target),
    cutClip: async ({ tenantId, clipId }, span, signal) => {
      const cut = await miniClip({ media: stores.media, encoder }, { tenantId, clipId, span, signal });
      return cut?.mp4;
    },
    scratchFolder: join(config.home, "incoming"),
    limits: { maxClipBytes: config.decode.maxClipBytes, maxClipSeconds: config.decode.maxClipSeconds },
    now,
    log,
  };
}

/** The page that the clip came from, where it takes a time; else our player, where people can reach it. */
async function linksInto({ web, links }: BotsConfig, deps: BotsDeps, target: ClipTarget): Promise<LinkTo> {
  const originUrl = await deps.stores.media.originUrl(target.tenantId, target.clipId);
  const { publicUrl: baseUrl } = web;
  const issuedAtMs = deps.now();
  const claims = { ...target, issuedAtMs, expiresAtMs: issuedAtMs + links.ttlHours * HOUR_MS };
  return (span) =>
    (originUrl && providerLink(originUrl, span)) ??
    (baseUrl ? jumpLink({ baseUrl, secret: deps.linkSecret, claims }, span) : undefined);
}
