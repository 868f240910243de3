/** Somebody wrote: clips, links to clips, questions in a thread, and what mentions the bot. */
import { type APIMessage, MessageType } from "discord.js";
import type { ChatPlace, MessageRef, TenantId } from "../../../../core/index.ts";
import { mentions } from "../../clip-sources.ts";
import type { DiscordContext } from "../../context.ts";
import { askedWith, readMessage } from "../../incoming-message.ts";
import { tenantOf } from "../../tenant.ts";

/** What people write; joins, pins and boosts are messages too. */
const WRITTEN: ReadonlySet<MessageType> = new Set([MessageType.Default, MessageType.Reply]);

export type CreatedMessage = APIMessage & { readonly guild_id?: string };

export async function messageCreated(context: DiscordContext, message: CreatedMessage): Promise<void> {
  // Bots that post clips for people are heard when somebody asks about such a clip.
  if (message.author.bot || message.webhook_id !== undefined || !WRITTEN.has(message.type)) return;

  const me = context.me();
  const direct = message.guild_id === undefined;
  const askedTo = direct || mentions(message, me);
  // Without the intent most messages arrive empty: nothing to look up for them.
  if (message.content === "" && message.attachments.length === 0 && !message.message_snapshots && !askedTo) return;

  const tenantId = tenantOf(message.guild_id, message.author.id);
  const place = direct ? { channelId: message.channel_id } : await context.places.of(message.channel_id);
  const ref: MessageRef = { ...place, messageId: message.id };
  const { shared, clips, words, mentioned } = readMessage(message, { tenantId, ref, me, askedTo });
  for (const clip of clips) context.addresses.learn(message.id, clip);
  for (const event of askedWith(shared, askedTo ? words : "")) await context.desk.clipShared(event);
  if (shared.length > 0) return;

  if (mentioned && (await askedAboutAnother(context, tenantId, message, ref, words))) return;
  const isConversation = direct || place.threadId !== undefined || mentioned;
  if (!isConversation || words === "") return;
  await context.desk.questionAsked({
    tenantId,
    platform: "discord",
    thread: place,
    questionId: message.id,
    message: ref,
    askedBy: message.author.id,
    question: words,
    mentioned: askedTo,
  });
}

/** A reply that mentions the bot, or a thread under a clip that it has not watched: the clip is in the other message. */
async function askedAboutAnother(
  context: DiscordContext,
  tenantId: TenantId,
  message: CreatedMessage,
  ref: MessageRef,
  question: string,
): Promise<boolean> {
  const { messageId, ...place } = ref;
  const other = message.referenced_message ?? (await starterOf(context, place));
  if (!other || other.author.id === context.me()) return false;
  const otherRef: MessageRef = { ...(await context.places.of(other.channel_id)), messageId: other.id };
  const { shared, clips } = readMessage(other, { tenantId, ref: otherRef, me: context.me(), askedTo: true });
  if (shared.length === 0) return false;
  for (const clip of clips) context.addresses.learn(other.id, clip);
  const asked = { questionId: messageId, askedBy: message.author.id, message: ref };
  for (const event of askedWith(shared, question, asked)) await context.desk.clipShared(event);
  return true;
}

/** A thread that started at a message has its id. The clip of a thread that the bot opened is known. */
async function starterOf(context: DiscordContext, { channelId, threadId }: ChatPlace): Promise<APIMessage | undefined> {
  if (threadId === undefined) return undefined;
  const thread = context.client.channels.cache.get(threadId);
  if (thread?.isThread() && thread.ownerId === context.me()) return undefined;
  return context.addresses.fetchMessage({ channelId, messageId: threadId }).catch(() => undefined);
}
