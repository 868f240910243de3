/** The bot was removed from a server: everything of it goes. A server that is only out of order stays. */
import type { GatewayGuildDeleteDispatchData } from "discord.js";
import type { DiscordContext } from "../../context.ts";
import { tenantOfGuild } from "../../tenant.ts";

export async function serverRemoved(context: DiscordContext, server: GatewayGuildDeleteDispatchData): Promise<void> {
  if (server.unavailable) return;
  await context.desk.tenantRemoved("discord", tenantOfGuild(server.id));
}
