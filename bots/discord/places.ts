/**
 * Which channel a thread belongs to. Events name a message's channel only, which may be a thread; the desk wants both.
 * A thread never moves, so what was learned once is kept (bounded: the ids of one place are 40 bytes).
 */
import { type APIChannel, type Client, type GatewayThreadCreateDispatchData, type REST, Routes } from "discord.js";
import type { ChatPlace } from "../../core/index.ts";
import { asking } from "./discord-errors.ts";

const MAX_KNOWN = 50_000;

/** Announcement threads, public and private threads: ChannelType 10, 11, 12. */
const isThreadType = (type: number): boolean => type >= 10 && type <= 12;

export class Places {
  readonly #rest: Pick<REST, "get">;
  readonly #client: Pick<Client, "channels">;
  readonly #known = new Map<string, ChatPlace>();

  constructor(deps: { readonly rest: Pick<REST, "get">; readonly client: Pick<Client, "channels"> }) {
    this.#rest = deps.rest;
    this.#client = deps.client;
  }

  /** @throws DomainError `source.gone`, `source.no_access`, `source.unreachable` */
  async of(channelId: string): Promise<ChatPlace> {
    const known = this.#known.get(channelId) ?? this.#cached(channelId);
    if (known) return known;
    return this.learn(await asking(() => this.#rest.get(Routes.channel(channelId)) as Promise<APIChannel>));
  }

  /** From a channel that an event or an interaction carries. */
  learn(channel: Pick<GatewayThreadCreateDispatchData, "id"> & { type: number; parent_id?: string | null }): ChatPlace {
    const place =
      isThreadType(channel.type) && channel.parent_id
        ? { channelId: channel.parent_id, threadId: channel.id }
        : { channelId: channel.id };
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.keys().next().value as string);
    this.#known.set(channel.id, place);
    return place;
  }

  #cached(channelId: string): ChatPlace | undefined {
    const channel = this.#client.channels.cache.get(channelId);
    if (!channel || channel.partial) return undefined;
    return this.learn({
      id: channel.id,
      type: channel.type,
      parent_id: channel.isThread() ? channel.parentId : null,
    });
  }
}

/** Where messages of a place are: in the thread if there is one. */
export const channelOf = (place: ChatPlace): string => place.threadId ?? place.channelId;
