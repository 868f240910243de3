/** An edit that takes a clip out of its message takes it out of the memory too. */
import type { GatewayMessageUpdateDispatchData } from "discord.js";
import type { DiscordContext } from "../../context.ts";
import { tenantOf } from "../../tenant.ts";

export async function messageUpdated(
  context: DiscordContext,
  message: GatewayMessageUpdateDispatchData,
): Promise<void> {
  if (!message.attachments || !message.author || !context.addresses.isReadable(message)) return;
  const kept = new Set(message.attachments.map(({ id }) => id));
  // What an earlier process has seen is found out when somebody asks about it, or by the retention sweep.
  for (const fileId of context.addresses.seenIn(message.id).filter((id) => !kept.has(id))) {
    const place = await context.places.of(message.channel_id);
    context.addresses.forget(fileId);
    await context.desk.sourceRemoved({
      tenantId: tenantOf(message.guild_id, message.author.id),
      platform: "discord",
      channelId: place.channelId,
      messageIds: [message.id],
      fileId,
    });
  }
}
