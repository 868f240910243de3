/** A channel was deleted, with every message and thread in it. */
import type { GatewayChannelDeleteDispatchData } from "discord.js";
import type { DiscordContext } from "../../context.ts";
import { tenantOfGuild } from "../../tenant.ts";

export async function channelDeleted(
  context: DiscordContext,
  channel: GatewayChannelDeleteDispatchData,
): Promise<void> {
  if (!("guild_id" in channel) || channel.guild_id === undefined) return;
  await context.desk.sourceRemoved({
    tenantId: tenantOfGuild(channel.guild_id),
    platform: "discord",
    channelId: channel.id,
  });
}
