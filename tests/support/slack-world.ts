/**
 * The product on Slack, in one process: local-slack and the proxy before it, the real desk, queue, stores and player; the
 * model is the test's choice. A restart drops the process' part as a crash does: nothing is told, nothing is awaited that
 * a dead process would not have done.
 */
import type { ChatDesk } from "../../bots/chat/chat-desk.ts";
import type { SlackOptions } from "../../bots/slack/open-slack.ts";
import { type PlayerServer, servePlayer } from "../../bots/web/serve-player.ts";
import { type ClipModel, Secret, type SlackConfig } from "../../core/index.ts";
import { embeddedStores } from "../../memory/index.ts";
import { freePort } from "./free-port.ts";
import { APP_TOKEN, BOT_TOKEN, type LocalSlack, SIGNING_SECRET, startLocalSlack } from "./local-slack.ts";
import { peopleOf, QUIET } from "./slack-peer.ts";
import { LINK_SECRET, openSlackProduct } from "./slack-product.ts";
import { type SlackProxy, type SlackProxyOptions, startSlackProxy } from "./slack-proxy.ts";

export interface SlackWorldOptions extends SlackProxyOptions {
  readonly home: string;
  readonly model: ClipModel;
  readonly via?: "socket" | "http";
  readonly bot?: SlackOptions;
  readonly log?: typeof QUIET;
}

export interface SlackWorld {
  readonly slack: LocalSlack;
  readonly proxy: SlackProxy;
  readonly people: ReturnType<typeof peopleOf>;
  readonly player: PlayerServer;
  readonly stores: () => ReturnType<typeof embeddedStores>;
  readonly desk: () => ChatDesk;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function slackWorld(options: SlackWorldOptions): Promise<SlackWorld> {
  const { home, model, via = "socket", bot: botOptions, log = QUIET } = options;
  const eventsPort = await freePort();
  const requestUrl = `http://127.0.0.1:${eventsPort}/slack/events`;
  const slack = await startLocalSlack(via === "http" ? { requestUrl } : {});
  const proxy = await startSlackProxy(slack.origin, options);
  const config: SlackConfig = {
    botToken: new Secret(BOT_TOKEN),
    events:
      via === "socket"
        ? { via, appToken: new Secret(APP_TOKEN) }
        : { via, signingSecret: new Secret(SIGNING_SECRET), port: eventsPort, path: "/slack/events" },
    apiUrl: proxy.apiUrl,
  };
  const player = await (async () => {
    const { memories, threads, media, frames } = embeddedStores(home);
    const deps = { memories, threads, media, frames, linkSecret: LINK_SECRET, now: Date.now };
    return servePlayer(deps, { host: "127.0.0.1", port: 0 });
  })();

  const open = () => openSlackProduct({ config, home, model, log, playerUrl: player.baseUrl, bot: botOptions });
  let opened = await open();
  return {
    slack,
    proxy,
    player,
    people: peopleOf(slack),
    stores: () => opened.stores,
    desk: () => opened.desk,
    restart: async () => {
      await opened.close();
      opened = await open();
    },
    close: async () => {
      await opened.close();
      await player.close();
      await proxy.close();
      await slack.close();
    },
  };
}

export async function eventually<T>(read: () => Promise<T>, is: (value: T) => boolean, withinMs = 60_000): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    const value = await read();
    if (is(value)) return value;
    if (Date.now() > until) throw new Error(`not in ${withinMs} ms; last seen: ${JSON.stringify(value, null, 1)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
