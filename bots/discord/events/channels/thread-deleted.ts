/** A thread was deleted: what was talked about in it goes. */
import type { GatewayThreadDeleteDispatchData } from "discord.js";
import type { DiscordContext } from "../../context.ts";
import { tenantOfGuild } from "../../tenant.ts";

export const threadDeleted = (context: DiscordContext, thread: GatewayThreadDeleteDispatchData): Promise<void> =>
  context.desk.sourceRemoved({
    tenantId: tenantOfGuild(thread.guild_id),
    platform: "discord",
    ...(thread.parent_id && { channelId: thread.parent_id }),
    threadId: thread.id,
  });
