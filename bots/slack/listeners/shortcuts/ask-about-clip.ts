/** "Ask about this clip" in a message's menu: for clips from before the bot came, or where it waits to be asked. */
import type { App, MessageShortcut } from "@slack/bolt";
import { NO_CLIP_HERE, TAKING_A_LOOK } from "../../../chat/command-texts.ts";
import { SHORTCUT_ASK } from "../../action-ids.ts";
import { type RawMessage, readMessage } from "../../read-message.ts";
import type { SlackContext } from "../../slack-context.ts";
import { tellPrivately } from "../tell-privately.ts";

export function register(app: App, context: SlackContext): void {
  app.shortcut<MessageShortcut>(
    { callback_id: SHORTCUT_ASK, type: "message_action" },
    async ({ ack, shortcut, respond }) => {
      await ack();
      const { tenantId, desk, botUserId } = context;
      const message = readMessage(shortcut.message as RawMessage, shortcut.channel.id, botUserId);
      for (const clip of message?.clips ?? []) {
        await desk.clipShared({ tenantId, platform: "slack", sharedBy: shortcut.user.id, askedTo: true, ...clip });
      }
      await tellPrivately(context, respond, message?.clips.length ? TAKING_A_LOOK : NO_CLIP_HERE);
    },
  );
}
