/** Whether a clip's message is still there, and whether this person may read it: at question time, by Discord's permissions. */
import { type APIThreadMember, ChannelType, type Client, PermissionFlagsBits, type REST, Routes } from "discord.js";
import { type ClipSource, isDomainError, type TenantId } from "../../core/index.ts";
import type { ClipAddresses } from "./clip-addresses.ts";
import { asking, hasCode } from "./discord-errors.ts";
import { channelOf } from "./places.ts";
import { whoIs } from "./tenant.ts";
import { isYoung } from "./young-message.ts";

export interface CanSeeDeps {
  readonly client: Client;
  readonly rest: Pick<REST, "get">;
  readonly addresses: ClipAddresses;
  /** Wall time, ms. */
  readonly now: () => number;
}

const READING = [PermissionFlagsBits.ViewChannel, PermissionFlagsBits.ReadMessageHistory] as const;

/** @throws DomainError `source.unreachable` when Discord cannot be asked */
export async function canSee(
  deps: CanSeeDeps,
  tenantId: TenantId,
  source: ClipSource,
  userId?: string,
): Promise<"yes" | "no" | "gone"> {
  try {
    if (source.type === "file") {
      const { found } = await deps.addresses.fetch(source);
      // "Gone" wipes the clip: not before its message had the time to show it.
      if (found === "removed" && !isYoung(source.message.messageId, deps.now())) return "gone";
    } else {
      const message = await deps.addresses.fetchMessage(source.message);
      if (deps.addresses.isReadable(message) && !message.content.includes(source.url)) return "gone";
    }
    if (userId === undefined) return "yes";
    const where = whoIs(tenantId);
    if ("userId" in where) return where.userId === userId ? "yes" : "no";
    return (await mayRead(deps, where.guildId, channelOf(source.message), userId)) ? "yes" : "no";
  } catch (error) {
    if (isDomainError(error) && error.code === "source.gone") return "gone";
    if (isDomainError(error) && error.code === "source.no_access") return "no";
    throw error;
  }
}

async function mayRead(deps: CanSeeDeps, guildId: string, channelId: string, userId: string): Promise<boolean> {
  return asking(async () => {
    const guild = await deps.client.guilds.fetch(guildId);
    const channel = await guild.channels.fetch(channelId);
    // Without the members intent nobody tells us of roles that were taken away: ask each time.
    const member = await guild.members.fetch({ user: userId, force: true }).catch((error: unknown) => {
      // Unknown Member, Unknown User: somebody who left.
      if (hasCode(error, 10007, 10013)) return undefined;
      throw error;
    });
    if (!channel || !member) return false;
    const rights = channel.permissionsFor(member);
    if (!rights.has(READING)) return false;
    if (channel.type !== ChannelType.PrivateThread || rights.has(PermissionFlagsBits.ManageThreads)) return true;
    return isThreadMember(deps.rest, channelId, userId);
  });
}

async function isThreadMember(rest: Pick<REST, "get">, threadId: string, userId: string): Promise<boolean> {
  try {
    return ((await rest.get(Routes.threadMembers(threadId, userId))) as APIThreadMember).user_id === userId;
  } catch (error) {
    if (hasCode(error, 10007)) return false;
    throw error;
  }
}
