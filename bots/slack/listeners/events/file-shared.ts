/**
 * `file_shared`: ids alone, beside the message that carries the file. It matters where that message is not sent to us, so
 * it waits a moment and looks the file up only when the message has not come.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { App } from "@slack/bolt";
import type { FileSharedEvent } from "@slack/types";
import { fileClip } from "../../read-message.ts";
import { CLAIM_MS, type SlackContext } from "../../slack-context.ts";
import { shareIn } from "../../slack-files.ts";
import { fileClaim } from "./heard-message.ts";
import { once } from "./once.ts";

/** A fresh file may not list its channel yet (paradigmxyz/centaur #1700). */
const LOOKS = 4;

export function register(app: App, context: SlackContext): void {
  app.event("file_shared", async ({ event, body, context: { retryNum } }) =>
    once(context, { eventId: body.event_id, retryNum }, async () => {
      // Not waited for: Slack would deliver it again, and the message that it is about is the one that must not be lost.
      handle(context, event).catch((error) => context.log.warn({ err: error }, "a shared file was not looked up"));
    }),
  );
}

async function handle(context: SlackContext, event: FileSharedEvent): Promise<void> {
  const { file_id: fileId, channel_id: channelId, user_id: sharedBy } = event;
  const { tenantId, ledger, botUserId, fileWaitMs } = context;
  if (sharedBy === botUserId) return;
  for (let look = 1; look <= LOOKS; look++) {
    await sleep(fileWaitMs * 2 ** (look - 1));
    if (look === 1 && !(await ledger.claim(tenantId, fileClaim(fileId, channelId), CLAIM_MS))) return;
    const file = await context.files.find(fileId);
    if (!file) return;
    const share = shareIn(file, channelId);
    if (!share) continue;
    const { ts: messageId, threadTs: threadId } = share;
    const message = { channelId, messageId, ...(threadId && { threadId }) };
    const direct = /^D/.test(channelId);
    for (const clip of fileClip(file, message)) {
      await context.desk.clipShared({ tenantId, platform: "slack", sharedBy, askedTo: direct, ...clip });
    }
    return;
  }
  context.log.warn({ file: fileId }, "a shared file never listed the channel that it was shared in");
}
