/** A Slack workspace with our bot in it: local-slack, the proxy in front of it, and the Slack side of the product. */

import type { Desk } from "../../bots/chat/desk.ts";
import { createFetchLink } from "../../bots/chat/fetch-link.ts";
import { openSlack, type SlackBot, type SlackOptions } from "../../bots/slack/open-slack.ts";
import type { ChatLedger, ChatPlace, MessageRef, SlackConfig, TenantId } from "../../core/index.ts";
import { asTenantId, Secret } from "../../core/index.ts";
import { EmbeddedChatLedger } from "../../memory/index.ts";
import type { ChatPeer, SeenButton, SeenMessage } from "../contract/chat-platform.suite.ts";
import { FakeDesk } from "./fake-desk.ts";
import { freePort } from "./free-port.ts";
import {
  ALICE,
  APP_TOKEN,
  BOB,
  BOT,
  BOT_TOKEN,
  CHANNEL,
  type LocalSlack,
  SIGNING_SECRET,
  startLocalSlack,
  TEAM,
} from "./local-slack.ts";
import { type SlackProxy, type SlackProxyOptions, startSlackProxy } from "./slack-proxy.ts";

export interface SlackPeer extends ChatPeer {
  readonly slack: LocalSlack;
  readonly proxy: SlackProxy;
  readonly config: SlackConfig;
  readonly ledger: ChatLedger;
  bot(): SlackBot;
}

export interface SlackPeerOptions extends SlackProxyOptions {
  readonly via?: "socket" | "http";
  readonly bot?: SlackOptions;
  readonly folder: string;
}

/** Fast enough for tests; what the real figures are for is tested by itself. */
const FAST: SlackOptions = { editEveryMs: 50, fileWaitMs: 20, downloadWaitMs: 10 };

export async function slackPeer({
  via = "socket",
  bot: botOptions,
  folder,
  ...proxyOptions
}: SlackPeerOptions): Promise<SlackPeer> {
  const eventsPort = await freePort();
  const slack = await startLocalSlack(
    via === "http" ? { requestUrl: `http://127.0.0.1:${eventsPort}/slack/events` } : {},
  );
  const proxy = await startSlackProxy(slack.origin, proxyOptions);
  const desk = new FakeDesk();
  const config: SlackConfig = {
    botToken: new Secret(BOT_TOKEN),
    events:
      via === "socket"
        ? { via, appToken: new Secret(APP_TOKEN) }
        : { via, signingSecret: new Secret(SIGNING_SECRET), port: eventsPort, path: "/slack/events" },
    apiUrl: proxy.apiUrl,
  };
  const ledger = new EmbeddedChatLedger(folder);
  const open = async (to: Desk): Promise<SlackBot> => {
    const opened = await openSlack(
      config,
      { ledger, fetchLink: createFetchLink(), log: QUIET },
      { ...FAST, ...botOptions },
    );
    await opened.start(to);
    return opened;
  };
  let bot = await open(desk);
  const people = peopleOf(slack);

  return {
    ...people,
    slack,
    proxy,
    config,
    ledger,
    desk,
    bot: () => bot,
    tenantId: asTenantId(`slack-${TEAM}`) as TenantId,
    platform: bot.platform,
    personId: ALICE,
    strangerId: BOB,
    lacks: new Set(),
    restart: async () => {
      await bot.close();
      bot = await open(desk);
      return bot.platform;
    },
    deleteMessage: async (ref) => {
      for (const file of (await rawMessages(slack, ref.channelId)).find(({ ts }) => ts === ref.messageId)?.files ??
        []) {
        proxy.deleteFile(file.id);
      }
      await people.deleteMessage(ref);
    },
    close: async () => {
      await bot.close();
      await proxy.close();
      await slack.close();
    },
  };
}

export const QUIET = { info: () => {}, warn: () => {}, error: () => {} };

interface RawMessage {
  readonly ts: string;
  readonly thread_ts?: string;
  readonly user?: string;
  readonly text?: string;
  readonly blocks?: readonly Block[];
  readonly files?: readonly { readonly id: string; readonly name: string }[];
}

interface Block {
  readonly type: string;
  readonly block_id?: string;
  readonly text?: { readonly type: string; readonly text: string } | string;
  readonly title?: string;
  readonly elements?: readonly Element[];
  readonly accessory?: Element;
}

interface Element {
  readonly type: string;
  readonly text?: { readonly type: string; readonly text: string } | string;
  readonly action_id?: string;
  readonly value?: string;
  readonly url?: string;
  readonly positive_button?: Half;
  readonly negative_button?: Half;
}

interface Half {
  readonly text: { readonly text: string };
  readonly value: string;
}

export const rawMessages = async (slack: LocalSlack, channelId: string): Promise<readonly RawMessage[]> =>
  (await slack.look(`messages/${channelId}`))["messages"] as RawMessage[];

/** What people do and see in local-slack. */
export function peopleOf(slack: LocalSlack) {
  const mentioning = (text: string, mention: boolean | undefined) => (mention ? `<@${BOT}> ${text}` : text);
  const refOf = (answer: Record<string, unknown>, thread: ChatPlace | undefined): MessageRef => {
    const { ts } = answer["message"] as { ts: string };
    return { channelId: CHANNEL, messageId: ts, ...(thread?.threadId && { threadId: thread.threadId }) };
  };
  return {
    async shareClip({ name, bytes, mimeType, text = "", mention, thread }: Parameters<ChatPeer["shareClip"]>[0]) {
      const form = new FormData();
      form.set("channel", CHANNEL);
      form.set("user", ALICE);
      form.set("text", mentioning(text, mention));
      if (thread?.threadId) form.set("thread_ts", thread.threadId);
      form.set("file", new Blob([bytes as Uint8Array<ArrayBuffer>], { type: mimeType }), name);
      return refOf(await slack.control("upload", form), thread);
    },
    async say({ text, mention, thread }: Parameters<ChatPeer["say"]>[0]) {
      // Slack marks addresses up before anybody reads them.
      const marked = mentioning(text, mention).replace(/https?:\/\/\S+/g, (url) => `<${url.replaceAll("&", "&amp;")}>`);
      const where = thread?.threadId ? { thread_ts: thread.threadId } : {};
      return refOf(await slack.control("message", { channel: CHANNEL, user: ALICE, text: marked, ...where }), thread);
    },
    async deleteMessage({ channelId, messageId }: MessageRef) {
      await slack.control("delete-message", { channel: channelId, ts: messageId, user: ALICE });
    },
    async press({ channelId, messageId }: MessageRef, label: string) {
      const message = (await rawMessages(slack, channelId)).find(({ ts }) => ts === messageId);
      const found = message?.blocks?.flatMap(pressable).find((one) => one.label === label);
      if (!found) throw new Error(`no button "${label}" in ${JSON.stringify(message?.blocks)}`);
      await slack.control("interact", { channel: channelId, messageTs: messageId, user: ALICE, action: found.action });
    },
    async messages({ channelId, threadId }: ChatPlace): Promise<readonly SeenMessage[]> {
      return (await rawMessages(slack, channelId))
        .filter(({ ts, thread_ts }) =>
          threadId === undefined ? !thread_ts : thread_ts === threadId && ts !== threadId,
        )
        .map((message) => seenMessage(message, channelId, threadId));
    },
  };
}

function seenMessage(message: RawMessage, channelId: string, threadId: string | undefined): SeenMessage {
  const { ts, user, text = "", blocks = [], files = [] } = message;
  return {
    ref: { channelId, messageId: ts, ...(threadId && { threadId }) },
    byBot: user === BOT,
    text: blocks.length > 0 ? blocks.flatMap(wordsOf).join("\n") : unescaped(text),
    buttons: blocks.flatMap(pressable).map(({ label, url }): SeenButton => ({ label, ...(url && { url }) })),
    media: files.length + blocks.filter(({ type }) => type === "image").length,
  };
}

const unescaped = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

const shown = (text: Block["text"]): string[] => {
  if (text === undefined) return [];
  if (typeof text === "string") return [unescaped(text)];
  return [text.type === "mrkdwn" ? unescaped(text.text) : text.text];
};

const wordsOf = ({ type, text, title, elements = [] }: Block): string[] => [
  ...(title ? [title] : []),
  ...shown(text),
  ...(type === "context" ? elements.flatMap((element) => shown(element.text)) : []),
];

function pressable({ block_id, elements = [], accessory }: Block) {
  return [...elements, ...(accessory ? [accessory] : [])].flatMap((element) => {
    const { type, text, action_id, value, url } = element;
    if (type === "button") return [{ label: shown(text)[0] ?? "", url, action: { type, block_id, action_id, value } }];
    if (type !== "feedback_buttons") return [];
    return [element.positive_button, element.negative_button].flatMap((half) =>
      half ? [{ label: half.text.text, url: undefined, action: { type, block_id, action_id, value: half.value } }] : [],
    );
  });
}
