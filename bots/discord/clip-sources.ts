/** Which clips a message on Discord holds. Pure functions over what the gateway and the REST interface hand out. */
import { type APIAttachment, type APIMessage, AttachmentFlags } from "discord.js";

/** What is read of a message; interactions and snapshots of forwarded messages hand out fewer fields. */
export type ReadableMessage = Pick<APIMessage, "attachments" | "content"> &
  Partial<Pick<APIMessage, "message_snapshots">>;

export interface ClipAttachment {
  readonly attachmentId: string;
  readonly title: string;
  /** Signed, and good for a day: for use now, never to be kept (docs.discord.com: "Signed Attachment CDN URLs"). */
  readonly url: string;
  readonly sizeBytes: number;
  readonly durationSeconds?: number;
  readonly isSound: boolean;
  /** Of a Discord Clip (Go Live): the people in it, apart from who shared it. */
  readonly participantIds: readonly string[];
}

/** For files whose type Discord does not name. */
const VIDEO_NAME = /\.(mp4|m4v|mov|webm|mkv|avi|mpe?g|ts|3gp|wmv|flv|ogv)$/i;
const SOUND_NAME = /\.(mp3|m4a|aac|wav|flac|og[ag]|opus)$/i;

/** In the order in which people see them; a forwarded message shows the files of the one it forwards. */
export function clipsIn(message: ReadableMessage): ClipAttachment[] {
  const forwarded = (message.message_snapshots ?? []).flatMap((snapshot) => snapshot.message.attachments ?? []);
  return [...(message.attachments ?? []), ...forwarded].flatMap((attachment) => asClip(attachment) ?? []);
}

export function asClip(attachment: APIAttachment): ClipAttachment | undefined {
  const { content_type: type, filename } = attachment;
  const isVideo = type?.startsWith("video/") ?? VIDEO_NAME.test(filename);
  const isSound = type?.startsWith("audio/") ?? SOUND_NAME.test(filename);
  if (!isVideo && !isSound) return undefined;
  const isDiscordClip = ((attachment.flags ?? 0) & AttachmentFlags.IsClip) !== 0;
  return {
    attachmentId: attachment.id,
    title: attachment.title ? `${attachment.title}${/\.\w+$/.exec(filename)?.[0] ?? ""}` : filename,
    url: attachment.url,
    sizeBytes: attachment.size,
    ...(attachment.duration_secs === undefined ? {} : { durationSeconds: attachment.duration_secs }),
    isSound,
    participantIds: isDiscordClip
      ? (attachment.clip_participants ?? []).filter((user) => !user.bot).map((user) => user.id)
      : [],
  };
}

/** The text without the bot's name. */
export const withoutMention = (content: string, me: string): string =>
  content
    .replaceAll(new RegExp(`<@!?${me}>`, "g"), " ")
    .replace(/\s+/g, " ")
    .trim();

/** By name, or by a reply with its bell on, which mentions without words. */
export const mentions = (message: Pick<APIMessage, "content" | "mentions">, me: string): boolean =>
  message.mentions.some((user) => user.id === me) || new RegExp(`<@!?${me}>`).test(message.content);
