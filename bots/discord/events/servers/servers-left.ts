/** Servers that the bot was removed from while it was not running: nobody tells, so it is found out at the start. */
import { type Client, type REST, Routes, ShardClientUtil } from "discord.js";
import { isDomainError, type TenantId } from "../../../../core/index.ts";
import type { Desk } from "../../../chat/desk.ts";
import { asking } from "../../discord-errors.ts";
import { whoIs } from "../../tenant.ts";

export interface ServersLeftDeps {
  readonly client: Client;
  readonly rest: Pick<REST, "get">;
  readonly desk: Pick<Desk, "tenantRemoved">;
}

/** @param tenantIds  everybody of whom anything is kept, on any platform */
export async function wipeServersLeft(deps: ServersLeftDeps, tenantIds: readonly TenantId[]): Promise<void> {
  for (const tenantId of tenantIds.filter((id) => id.startsWith("discord-"))) {
    const where = whoIs(tenantId);
    if (!("guildId" in where) || deps.client.guilds.cache.has(where.guildId)) continue;
    // Servers of other shards are seen by other processes; and one that is out of order is still ours: ask.
    if (!isOurs(deps.client, where.guildId) || (await isThere(deps.rest, where.guildId))) continue;
    await deps.desk.tenantRemoved("discord", tenantId);
  }
}

function isOurs({ options }: Client, guildId: string): boolean {
  const shard = ShardClientUtil.shardIdForGuildId(guildId, options.shardCount ?? 1);
  return !Array.isArray(options.shards) || options.shards.includes(shard);
}

async function isThere(rest: Pick<REST, "get">, guildId: string): Promise<boolean> {
  try {
    await asking(() => rest.get(Routes.guild(guildId)));
    return true;
  } catch (error) {
    // 403 Missing Access, 404 Unknown Guild. Anything else says nothing about the server.
    if (isDomainError(error) && !error.retryable) return false;
    throw error;
  }
}
