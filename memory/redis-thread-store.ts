/** Conversations in Redis: a list of turns each, and for every clip the set of threads that speak of it (keys.ts). */
import { randomUUID } from "node:crypto";
import type { ClipId, TenantId, Thread, ThreadStore, Turn } from "../core/index.ts";
import { decodeJson, encodeJson } from "./checked-json.ts";
import type { RedisKeys } from "./keys.ts";
import type { RedisStoreDeps, RedisStoreOptions } from "./redis-clip-memory-store.ts";
import type { RedisClient, RedisConnection } from "./redis-connection.ts";
import { type RedisScripts, redisScripts } from "./redis-scripts.ts";

/** `id` makes every turn another text: one that is sent again after a broken connection is known to be there. */
type StoredTurn = Turn & { readonly id: string };

export class RedisThreadStore implements ThreadStore {
  readonly #connection: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #scripts: RedisScripts;
  readonly #ttlMs: number;

  constructor({ connection, keys }: RedisStoreDeps, { ttlMs = 0 }: RedisStoreOptions = {}) {
    this.#connection = connection;
    this.#keys = keys;
    this.#scripts = redisScripts(connection.client);
    this.#ttlMs = ttlMs;
  }

  read(tenantId: TenantId, threadId: string): Promise<Thread | undefined> {
    return this.#connection.use(async (client) => {
      const thread = this.#keys.thread(tenantId, threadId);
      // A damaged turn is passed over: a conversation with a gap is better than none.
      const stored = (await client.lrangeBuffer(thread, 0, -1)).map((bytes) => decodeJson<StoredTurn>(bytes));
      const turns = stored.filter((turn) => turn !== undefined).map(({ id: _, ...turn }): Turn => turn);
      if (!turns.length) return undefined;
      const clipIds = [...new Set(turns.map((turn) => turn.clipId))];
      await this.#renew(client, [thread, ...clipIds.map((clipId) => this.#keys.threadsAbout(tenantId, clipId))]);
      return { tenantId, threadId, clipIds, turns };
    });
  }

  appendTurn(tenantId: TenantId, threadId: string, turn: Turn): Promise<void> {
    return this.#connection.use(async () => {
      const stored: StoredTurn = { ...turn, id: randomUUID() };
      const keys = [this.#keys.thread(tenantId, threadId), this.#keys.threadsAbout(tenantId, turn.clipId)];
      await this.#scripts.appendTurn(...keys, this.#ttlMs, encodeJson(stored), this.#keys.threadsMember(threadId));
    });
  }

  delete(tenantId: TenantId, threadId: string): Promise<boolean> {
    const thread = this.#keys.thread(tenantId, threadId);
    return this.#connection.use(async (client) => (await client.unlink(thread)) > 0);
  }

  forgetClip(tenantId: TenantId, clipId: ClipId): Promise<number> {
    return this.#connection.use(async (client) => {
      const about = this.#keys.threadsAbout(tenantId, clipId);
      let removed = 0;
      // What is said meanwhile comes into the set again, so the end is reached when it is empty.
      for (let members = await client.smembers(about); members.length > 0; members = await client.smembers(about)) {
        for (const member of members) removed += await this.#forgetIn(client, tenantId, member, clipId, about);
      }
      return removed;
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Removes the turns about the clip from one thread, and damaged ones, which might be about it. Returns how many were. */
  async #forgetIn(client: RedisClient, tenantId: TenantId, member: string, clipId: ClipId, about: string) {
    const thread = this.#keys.threadOf(tenantId, member);
    for (;;) {
      const all = await client.lrangeBuffer(thread, 0, -1);
      const turns = all.map((bytes) => ({ bytes, turn: decodeJson<StoredTurn>(bytes) }));
      const gone = turns.filter(({ turn }) => turn === undefined || turn.clipId === clipId);
      const bytes = gone.map((entry) => entry.bytes);
      const reply = await this.#scripts.forgetTurns(thread, about, member, all.length, all.at(-1) ?? "", ...bytes);
      if (reply >= 0) return gone.filter(({ turn }) => turn !== undefined).length;
    }
  }

  async #renew(client: RedisClient, keys: readonly string[]): Promise<void> {
    if (this.#ttlMs === 0) return;
    const batch = client.pipeline();
    for (const key of keys) batch.pexpire(key, this.#ttlMs);
    await batch.exec();
  }
}
