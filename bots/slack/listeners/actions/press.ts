/** What a pressed button says, whatever it is for. */
import type { BlockAction } from "@slack/bolt";
import type { ChatPlace } from "../../../../core/index.ts";
import type { SlackContext } from "../../slack-context.ts";

export interface Press {
  readonly by: string;
  readonly value: string;
  readonly actionTs: string;
  /** Where the button stands; absent in the App Home. */
  readonly thread?: ChatPlace;
  readonly messageTs?: string;
}

export function readPress(body: BlockAction): Press {
  const action = body.actions[0] as { readonly value?: string; readonly action_ts?: string } | undefined;
  const { message, channel, container } = body;
  const channelId = channel?.id ?? (container?.["channel_id"] as string | undefined);
  const messageTs = message?.ts ?? (container?.["message_ts"] as string | undefined);
  const threadId = (message?.["thread_ts"] as string | undefined) ?? (container?.["thread_ts"] as string | undefined);
  return {
    by: body.user.id,
    value: action?.value ?? "",
    actionTs: action?.action_ts ?? "",
    ...(channelId && messageTs && { thread: { channelId, threadId: threadId ?? messageTs }, messageTs }),
  };
}

export const pressed = ({ tenantId }: SlackContext, { by }: Press) => ({ tenantId, platform: "slack", by }) as const;
