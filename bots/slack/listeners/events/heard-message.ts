/** A message that people wrote, whichever event brought it: its clips and its question go to the desk. */
import type { ChatPlace, ShareRecord } from "../../../../core/index.ts";
import { providerLinkText } from "../../../chat/command-texts.ts";
import { providerLink } from "../../../provider-link.ts";
import { type RawMessage, type ReadMessage, readMessage } from "../../read-message.ts";
import { CLAIM_MS, type SlackContext, threadOf } from "../../slack-context.ts";
import { takeUpClipAbove } from "./clip-above.ts";
import { mentionedCommand } from "./mentioned-command.ts";

export interface HeardIn {
  readonly channelId: string;
  /** A conversation with the bot alone, where everything is meant for it. */
  readonly direct: boolean;
}

export async function heardMessage(
  context: SlackContext,
  raw: RawMessage,
  { channelId, direct }: HeardIn,
): Promise<void> {
  const { botUserId } = context;
  const message = raw.user === botUserId ? undefined : readMessage(raw, channelId, botUserId);
  if (!message) return;
  const askedTo = message.mentioned || direct;
  for (const clip of message.clips) {
    await context.desk.clipShared({
      tenantId: context.tenantId,
      platform: "slack",
      sharedBy: raw.user ?? raw.bot_id ?? "",
      askedTo,
      ...clip,
      ...(message.text !== "" && askedTo && { question: message.text }),
    });
    if (clip.source.type === "file") await seenFile(context, clip.source.fileId, channelId);
  }
  // Other bots share clips, but a bot that asks a bot never ends.
  if (message.clips.length > 0 || message.text === "" || raw.user === undefined || raw.bot_id !== undefined) return;
  if (askedTo && (await mentionedCommand(context, message, raw.user))) return;
  if (askedTo && (await saysWhyNotFetched(context, message))) return;
  const thread = await threadFor(context, message, askedTo, direct);
  if (!thread) return;
  if (message.ref.threadId !== undefined) {
    const threadId = message.ref.threadId;
    await takeUpClipAbove(context, { thread: { channelId, threadId }, mentioned: message.mentioned });
  }
  await context.desk.questionAsked({
    tenantId: context.tenantId,
    platform: "slack",
    thread,
    questionId: message.ref.messageId,
    message: message.ref,
    askedBy: raw.user,
    question: message.text,
    mentioned: askedTo,
  });
}

/** True once a file's share is with the desk: the second event about it needs no look-up. */
export const fileClaim = (fileId: string, channelId: string): string => `slack-file/${channelId}/${fileId}`;

const seenFile = (context: SlackContext, fileId: string, channelId: string) =>
  context.ledger.claim(context.tenantId, fileClaim(fileId, channelId), CLAIM_MS);

/** `undefined`: talk outside threads that is not meant for the bot. */
async function threadFor(
  context: SlackContext,
  { ref }: ReadMessage,
  askedTo: boolean,
  direct: boolean,
): Promise<ChatPlace | undefined> {
  if (ref.threadId !== undefined) return { channelId: ref.channelId, threadId: ref.threadId };
  if (!askedTo) return undefined;
  // Alone with the bot, people ask below the clip, not in its thread: the newest clip is meant.
  const here = { platform: "slack", type: "share", channelId: ref.channelId } as const;
  const shares = direct ? ((await context.ledger.find(context.tenantId, here)) as readonly ShareRecord[]) : [];
  return shares.at(-1)?.thread ?? threadOf(ref);
}

/** Pages that play a video are not files; said once, where somebody asked for it. */
async function saysWhyNotFetched(context: SlackContext, { urls, ref }: ReadMessage): Promise<boolean> {
  const provider = urls.map(providerOf).find((name) => name !== undefined);
  if (provider === undefined) return false;
  const notice = { kind: "notice", tone: "info", text: providerLinkText(provider) } as const;
  await context.platform.post(context.tenantId, threadOf(ref), notice, `${ref.messageId}/provider`);
  return true;
}

/** The host of a page whose player we could link into, e.g. "youtube.com". */
const providerOf = (url: string): string | undefined =>
  providerLink(url, { startSeconds: 0, endSeconds: 1 }) && new URL(url).hostname.replace(/^www\./, "");
