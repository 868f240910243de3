/** Many messages were deleted at once, by a moderator or a bot. */
import type { GatewayMessageDeleteBulkDispatchData } from "discord.js";
import type { DiscordContext } from "../../context.ts";
import { directTenant } from "../../direct-messages.ts";
import { tenantOfGuild } from "../../tenant.ts";

export async function messagesDeleted(
  context: DiscordContext,
  { ids, channel_id: channelId, guild_id: guildId }: GatewayMessageDeleteBulkDispatchData,
): Promise<void> {
  for (const id of ids) for (const fileId of context.addresses.seenIn(id)) context.addresses.forget(fileId);
  const tenantId = guildId === undefined ? await directTenant(context, channelId) : tenantOfGuild(guildId);
  if (!tenantId) return;
  const place = guildId === undefined ? { channelId } : await context.places.of(channelId);
  await context.desk.sourceRemoved({
    tenantId,
    platform: "discord",
    channelId: place.channelId,
    messageIds: ids,
  });
}
