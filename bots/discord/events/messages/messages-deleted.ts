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
  // A thread that is gone with its messages cannot be asked for its channel any more; the messages' ids say enough.
  const place = guildId === undefined ? { channelId } : await context.places.of(channelId).catch(() => undefined);
  await context.desk.sourceRemoved({
    tenantId,
    platform: "discord",
    ...(place && { channelId: place.channelId }),
    messageIds: ids,
  });
}
