/** Slack has no slash commands inside threads; there, "@damo moments" does what `/clip moments` does. */
import { helpText } from "../../../chat/command-texts.ts";
import { COMMAND } from "../../action-ids.ts";
import type { ReadMessage } from "../../read-message.ts";
import { type SlackContext, threadOf } from "../../slack-context.ts";

/** Says whether it was one. */
export async function mentionedCommand(context: SlackContext, message: ReadMessage, by: string): Promise<boolean> {
  const { tenantId, desk, platform } = context;
  const word = message.text.toLowerCase().replace(/[.!]$/, "");
  const thread = threadOf(message.ref);
  const event = { tenantId, platform: "slack", by, thread } as const;
  if (word === "help") {
    const text = helpText({ mention: "@ and my name", command: COMMAND });
    await platform.post(tenantId, thread, { kind: "notice", tone: "info", text }, `${message.ref.messageId}/help`);
  } else if (word === "moments" && message.ref.threadId !== undefined) await desk.showMoments(event);
  else if (word === "forget" && message.ref.threadId !== undefined) await desk.forget(event);
  else return false;
  return true;
}
