/**
 * The clip above a thread that the desk does not know yet: its event is late or was lost while the bot was away, or it is
 * from before the bot came and somebody now mentions the bot below it. Looked up once a thread; talk in old threads that
 * does not mention the bot costs nothing.
 */
import type { ChatPlace } from "../../../../core/index.ts";
import { type RawMessage, readMessage } from "../../read-message.ts";
import type { SlackContext } from "../../slack-context.ts";

/** Slack delivers an event for the last time some six minutes after the first; then it is lost. */
const LATE_MS = 10 * 60_000;

export interface AskedBelow {
  readonly thread: ChatPlace & { readonly threadId: string };
  readonly mentioned: boolean;
}

export async function takeUpClipAbove(context: SlackContext, { thread, mentioned }: AskedBelow): Promise<void> {
  const { tenantId, ledger, calls, botUserId, desk } = context;
  const { channelId, threadId } = thread;
  if (!mentioned && Date.now() - Number(threadId) * 1000 > LATE_MS) return;
  const here = { platform: "slack", type: "share", channelId } as const;
  if ((await ledger.find(tenantId, { ...here, messageId: threadId })).length > 0) return;
  if ((await ledger.find(tenantId, { ...here, threadId })).length > 0) return;
  const { messages = [] } = await calls.run("conversations.replies", (client) =>
    client.conversations.replies({ channel: channelId, ts: threadId, limit: 1, inclusive: true }),
  );
  const root = messages[0] as RawMessage | undefined;
  if (root?.ts !== threadId || root.user === botUserId) return;
  for (const clip of readMessage(root, channelId, botUserId)?.clips ?? []) {
    const sharedBy = root.user ?? root.bot_id ?? "";
    await desk.clipShared({ tenantId, platform: "slack", sharedBy, askedTo: mentioned, ...clip });
  }
}
