/** What a message says to the bot: its clips, its question, whether it is meant. Pure. */
import type { ClipSource, MessageRef } from "../../core/index.ts";
import { type MediaLink, mediaLinksAmong } from "../chat/media-link.ts";
import { type FileFacts, isClip } from "./slack-files.ts";

/** The fields of `message` and `app_mention` events, and of a shortcut's message, that we read. */
export interface RawMessage {
  readonly ts?: string | undefined;
  readonly thread_ts?: string | undefined;
  readonly user?: string | undefined;
  readonly bot_id?: string | undefined;
  readonly text?: string | undefined;
  readonly files?: readonly FileFacts[] | undefined;
}

export interface SharedHere {
  readonly source: ClipSource;
  readonly title: string;
  readonly durationSeconds?: number;
  readonly sizeBytes?: number;
}

export interface ReadMessage {
  readonly ref: MessageRef;
  readonly clips: readonly SharedHere[];
  /** What people would read, without the mention of the bot and without links to clips. */
  readonly text: string;
  readonly mentioned: boolean;
  /** Every address in the message. */
  readonly urls: readonly string[];
}

export function readMessage(raw: RawMessage, channelId: string, botUserId: string): ReadMessage | undefined {
  const { ts, thread_ts: threadTs, text: markup = "", files = [] } = raw;
  if (ts === undefined) return undefined;
  const ref: MessageRef = { channelId, messageId: ts, ...(threadTs && threadTs !== ts && { threadId: threadTs }) };
  const urls = [...markup.matchAll(/<(https?:[^|>]+)(?:\|[^>]*)?>/g)].map(([, url = ""]) => decoded(url));
  const links = mediaLinksAmong(urls);
  return {
    ref,
    clips: [...files.flatMap((file) => fileClip(file, ref)), ...links.map((link) => linkClip(link, ref))],
    text: plainText(markup, botUserId, links),
    mentioned: markup.includes(`<@${botUserId}>`) || markup.includes(`<@${botUserId}|`),
    urls,
  };
}

/** As a share: what the platform already knows of a file is checked before it is fetched. */
export function fileClip(file: FileFacts, message: MessageRef): SharedHere[] {
  const { id, title, name, size, duration_ms: durationMs } = file;
  if (id === undefined || !isClip(file)) return [];
  return [
    {
      source: { type: "file", fileId: id, message },
      title: name || title || "clip",
      ...(durationMs && { durationSeconds: durationMs / 1000 }),
      ...(size && { sizeBytes: size }),
    },
  ];
}

const linkClip = ({ url, title }: MediaLink, message: MessageRef): SharedHere => ({
  source: { type: "link", url, message },
  title,
});

/** https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages */
function plainText(markup: string, botUserId: string, links: readonly MediaLink[]): string {
  return decoded(
    markup.replace(/<([^>|]*)(?:\|([^>]*))?>/g, (_all, target: string, label?: string) => {
      if (target === `@${botUserId}`) return " ";
      if (links.some(({ url }) => url === decoded(target))) return " ";
      if (/^[@#!]/.test(target)) return label ?? target.replace(/^!(subteam\^)?/, "@");
      return label ?? target;
    }),
  )
    .replace(/\s+/g, " ")
    .trim();
}

const decoded = (text: string): string => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
