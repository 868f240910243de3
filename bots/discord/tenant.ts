/** Whose memory a conversation on Discord belongs to: the server's, or in direct messages the person's. */
import { asTenantId, type TenantId } from "../../core/index.ts";

export const tenantOfGuild = (guildId: string): TenantId => asTenantId(`discord-${guildId}`);
export const tenantOfDirectMessages = (userId: string): TenantId => asTenantId(`discord-dm-${userId}`);

/** Where an event came from; outside a server there is only the person. */
export const tenantOf = (guildId: string | undefined, userId: string): TenantId =>
  guildId === undefined ? tenantOfDirectMessages(userId) : tenantOfGuild(guildId);

/** The server of a tenant, or the person of its direct messages. */
export function whoIs(tenantId: TenantId): { readonly guildId: string } | { readonly userId: string } {
  const match = /^discord-(dm-)?(\d+)$/.exec(tenantId);
  if (!match) throw new Error(`${tenantId} is not a tenant on Discord`);
  const [, direct, id = ""] = match;
  return direct === undefined ? { guildId: id } : { userId: id };
}
