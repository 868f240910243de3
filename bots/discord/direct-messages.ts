/** Whose direct messages a channel holds; events about deleted messages name the channel only. */
import { type APIDMChannel, type REST, Routes } from "discord.js";
import { isDomainError, type TenantId } from "../../core/index.ts";
import { asking } from "./discord-errors.ts";
import { tenantOfDirectMessages } from "./tenant.ts";

export async function directTenant(
  { rest }: { readonly rest: Pick<REST, "get"> },
  channelId: string,
): Promise<TenantId | undefined> {
  try {
    const channel = (await asking(() => rest.get(Routes.channel(channelId)))) as APIDMChannel;
    const [person] = channel.recipients ?? [];
    return person && tenantOfDirectMessages(person.id);
  } catch (error) {
    // A channel that is gone too has nothing that could still be seen.
    if (isDomainError(error) && !error.retryable) return undefined;
    throw error;
  }
}
