/** Who sent an interaction, and where. */
import type { APIInteraction } from "discord.js";
import type { ChatPlace, TenantId } from "../../../core/index.ts";
import type { DiscordContext } from "../context.ts";
import { tenantOf } from "../tenant.ts";

export interface Sender {
  readonly tenantId: TenantId;
  readonly platform: "discord";
  readonly by: string;
}

export function senderOf(interaction: APIInteraction): Sender {
  const user = interaction.member?.user ?? interaction.user;
  if (!user) throw new Error(`interaction ${interaction.id} has no sender`);
  return { tenantId: tenantOf(interaction.guild_id, user.id), platform: "discord", by: user.id };
}

/** The thread or channel that it was sent from. */
export async function placeOf(context: DiscordContext, interaction: APIInteraction): Promise<ChatPlace> {
  const channel = interaction.channel;
  const channelId = channel?.id ?? ("channel_id" in interaction ? interaction.channel_id : undefined);
  if (channelId === undefined) throw new Error(`interaction ${interaction.id} comes from nowhere`);
  if (interaction.guild_id === undefined) return { channelId };
  return context.places.of(channelId);
}

/** Whether a conversation is held there: a thread, or direct messages. */
export const isConversation = (interaction: APIInteraction, place: ChatPlace): boolean =>
  place.threadId !== undefined || interaction.guild_id === undefined;
