/** What a message on Discord means, before anybody is told: its clips, its links, its words. Pure. */
import type { APIMessage } from "discord.js";
import type { MessageRef, TenantId } from "../../core/index.ts";
import type { ClipShared } from "../chat/chat-platform.ts";
import { mediaLinksAmong, urlsIn } from "../chat/media-link.ts";
import { type ClipAttachment, clipsIn, mentions, withoutMention } from "./clip-sources.ts";

export interface IncomingMessage {
  /** One event for each clip or link, in their order. Without a question. */
  readonly shared: readonly ClipShared[];
  /** The attachments among them, with their addresses. */
  readonly clips: readonly ClipAttachment[];
  /** Without the bot's name and the links. */
  readonly words: string;
  readonly mentioned: boolean;
}

export interface ReadFor {
  readonly tenantId: TenantId;
  readonly ref: MessageRef;
  /** Our user's id. */
  readonly me: string;
  /** Named, in a direct message, or pointed at by a command. */
  readonly askedTo: boolean;
}

export function readMessage(message: APIMessage, { tenantId, ref, me, askedTo }: ReadFor): IncomingMessage {
  // Sounds are voice messages more often than not: they are watched when somebody asks for it.
  const clips = clipsIn(message).filter((clip) => askedTo || !clip.isSound);
  const links = mediaLinksAmong(urlsIn(message.content)).filter(({ url }) => !isAttachmentLink(url));
  const common = { tenantId, platform: "discord", sharedBy: message.author.id, askedTo } as const;
  const shared = [
    ...clips.map((clip): ClipShared => {
      const participants = clip.participantIds.filter((id) => id !== message.author.id);
      return {
        ...common,
        source: { type: "file", fileId: clip.attachmentId, message: ref },
        title: clip.title,
        sizeBytes: clip.sizeBytes,
        ...(clip.durationSeconds !== undefined && { durationSeconds: clip.durationSeconds }),
        ...(participants.length > 0 && { participants }),
      };
    }),
    ...links.map(({ url, title }): ClipShared => ({ ...common, source: { type: "link", url, message: ref }, title })),
  ];
  const words = urlsIn(message.content).reduce(
    (text, url) => (links.some((link) => link.url === url) ? text.replace(url, " ") : text),
    message.content,
  );
  return { shared, clips, words: withoutMention(words, me), mentioned: mentions(message, me) };
}

/** With the question at the last clip: it is asked once, when all of them are known. */
export const askedWith = (
  shared: readonly ClipShared[],
  question: string,
  asked?: ClipShared["asked"],
): readonly ClipShared[] =>
  shared.map((event, index) =>
    index === shared.length - 1 && question !== "" ? { ...event, question, ...(asked && { asked }) } : event,
  );

/** Addresses of Discord's own attachments carry rights and expire; such a clip is found by its message alone. */
const isAttachmentLink = (url: string): boolean =>
  /^(cdn\.discordapp\.com|media\.discordapp\.net)$/.test(new URL(url).hostname);
