/** `message`: what is written, edited and deleted in channels that the bot is in, and in messages to it alone. */
import type { App } from "@slack/bolt";
import type { RawMessage } from "../../read-message.ts";
import { readMessage } from "../../read-message.ts";
import type { SlackContext } from "../../slack-context.ts";
import { heardMessage } from "./heard-message.ts";
import { once } from "./once.ts";

/** Subtypes that are something said; all others are news about the channel. */
const SAID: ReadonlySet<string | undefined> = new Set([
  undefined,
  "file_share",
  "thread_broadcast",
  "bot_message",
  "me_message",
]);

interface MessageEvent extends RawMessage {
  readonly subtype?: string;
  readonly channel: string;
  readonly channel_type?: string;
  readonly deleted_ts?: string;
  readonly message?: RawMessage & { readonly subtype?: string };
  readonly previous_message?: RawMessage;
}

export function register(app: App, context: SlackContext): void {
  app.event("message", async ({ event, body, context: { retryNum } }) =>
    once(context, { eventId: body.event_id, retryNum }, () => handle(context, event as unknown as MessageEvent)),
  );
}

async function handle(context: SlackContext, event: MessageEvent): Promise<void> {
  const { subtype, channel: channelId } = event;
  if (SAID.has(subtype)) {
    await heardMessage(context, event, { channelId, direct: event.channel_type === "im" || /^D/.test(channelId) });
  } else if (subtype === "message_deleted" && event.deleted_ts) {
    await removed(context, channelId, event.deleted_ts);
  } else if (subtype === "message_changed" && event.message?.ts) {
    await changed(context, channelId, event.message.ts, event);
  }
}

/** A message with a thread is not deleted when it is deleted: it becomes a tombstone. Files and links can be edited out. */
async function changed(context: SlackContext, channelId: string, ts: string, event: MessageEvent): Promise<void> {
  const { message = {}, previous_message: previous = {} } = event;
  if (message.subtype === "tombstone") return removed(context, channelId, ts);
  const clipsOf = (raw: RawMessage) => readMessage({ ...raw, ts }, channelId, context.botUserId)?.clips ?? [];
  const names = (raw: RawMessage) =>
    new Set(clipsOf(raw).map(({ source }) => (source.type === "file" ? source.fileId : source.url)));
  const left = names(message);
  for (const { source } of clipsOf(previous)) {
    if (left.has(source.type === "file" ? source.fileId : source.url)) continue;
    const common = { tenantId: context.tenantId, platform: "slack", channelId, messageIds: [ts] } as const;
    if (source.type === "file") await context.desk.sourceRemoved({ ...common, fileId: source.fileId });
    else if (left.size === 0) await context.desk.sourceRemoved(common);
  }
}

async function removed(context: SlackContext, channelId: string, ts: string): Promise<void> {
  await context.desk.sourceRemoved({ tenantId: context.tenantId, platform: "slack", channelId, messageIds: [ts] });
}
