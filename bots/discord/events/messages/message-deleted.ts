/** A message was deleted: its clip, or its question, goes. The event carries ids only. */
import type { GatewayMessageDeleteDispatchData } from "discord.js";
import type { DiscordContext } from "../../context.ts";
import { messagesDeleted } from "./messages-deleted.ts";

export const messageDeleted = (
  context: DiscordContext,
  { id, ...where }: GatewayMessageDeleteDispatchData,
): Promise<void> => messagesDeleted(context, { ids: [id], ...where });
