/**
 * The chat ledger in Redis, for bots that run in several processes or on several machines: a hash of records a tenant, and
 * small sets that find them by message, file, clip, thread and by being unfinished (keys.ts). A record and its sets change
 * in one script, and only when nobody else has changed the record since it was read.
 */
import type { ChatLedger, ChatRecord, ChatRecordFilter, ChatSettings, PlatformName, TenantId } from "../core/index.ts";
import { hasEnded } from "../core/index.ts";
import { byAge, changed, facetsOf, matches, settingsName } from "./chat-records.ts";
import { decodeJson, encodeJson } from "./checked-json.ts";
import type { RedisKeys } from "./keys.ts";
import type { RedisStoreDeps } from "./redis-clip-memory-store.ts";
import type { RedisClient, RedisConnection } from "./redis-connection.ts";
import { type RedisScripts, redisScripts } from "./redis-scripts.ts";

/** Facets that have a set, the one that finds the fewest first. A channel alone finds too many to be worth one. */
const FOUND_BY = ["messageId", "fileId", "clipId", "threadId"] as const;
const UNFINISHED = "unfinished";

export class RedisChatLedger implements ChatLedger {
  readonly #connection: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #scripts: RedisScripts;

  constructor({ connection, keys }: Pick<RedisStoreDeps, "connection" | "keys">) {
    this.#connection = connection;
    this.#keys = keys;
    this.#scripts = redisScripts(connection.client);
  }

  claim(tenantId: TenantId, what: string, ttlMs: number): Promise<boolean> {
    const claim = this.#keys.chatClaim(tenantId, what);
    return this.#connection.use(async (client) => (await client.set(claim, "1", "PX", ttlMs, "NX")) === "OK");
  }

  create<R extends ChatRecord>(record: R): Promise<{ readonly record: R; readonly created: boolean }> {
    return this.#connection.use(async (client) => {
      await this.#enlist(client, record.tenantId);
      for (;;) {
        const { record: there, bytes } = await this.#load(client, record.tenantId, record.id);
        if (there) return { record: there as R, created: false };
        if (await this.#write(bytes, undefined, record)) return { record, created: true };
      }
    });
  }

  read(tenantId: TenantId, id: string): Promise<ChatRecord | undefined> {
    return this.#connection.use(async (client) => (await this.#load(client, tenantId, id)).record);
  }

  update(tenantId: TenantId, id: string, change: object): Promise<ChatRecord | undefined> {
    return this.#connection.use(async (client) => {
      for (;;) {
        const { record, bytes } = await this.#load(client, tenantId, id);
        if (!record) return undefined;
        const next = changed(record, change);
        if (await this.#write(bytes, record, next)) return next;
      }
    });
  }

  find(tenantId: TenantId, filter: ChatRecordFilter): Promise<readonly ChatRecord[]> {
    return this.#connection.use(async (client) => {
      const records = this.#keys.chatRecords(tenantId);
      const set = this.#narrowest(tenantId, filter);
      let stored: (Buffer | null)[];
      if (set === undefined) stored = await client.hvalsBuffer(records);
      else {
        const ids = await client.smembers(set);
        stored = ids.length ? await client.hmgetBuffer(records, ...ids) : [];
      }
      return stored
        .map((bytes) => decodeJson<ChatRecord>(bytes))
        .filter((record) => record !== undefined)
        .filter((record) => matches(record, filter))
        .sort(byAge);
    });
  }

  remove(tenantId: TenantId, id: string): Promise<boolean> {
    return this.#connection.use(async (client) => {
      for (;;) {
        const { record, bytes } = await this.#load(client, tenantId, id);
        if (!record) {
          // A damaged one goes as well; its sets then lead to nothing.
          await client.hdel(this.#keys.chatRecords(tenantId), id);
          return false;
        }
        if (await this.#write(bytes, record, undefined)) return true;
      }
    });
  }

  tenants(): Promise<readonly TenantId[]> {
    return this.#connection.use(async (client) => (await client.smembers(this.#keys.chatTenants())) as TenantId[]);
  }

  readSettings(tenantId: TenantId, platform: PlatformName, channelId?: string): Promise<ChatSettings> {
    return this.#connection.use(async (client) => {
      const bytes = await client.hgetBuffer(this.#keys.chatSettings(tenantId), settingsName(platform, channelId));
      return decodeJson<ChatSettings>(bytes) ?? {};
    });
  }

  writeSettings(
    tenantId: TenantId,
    platform: PlatformName,
    channelId: string | undefined,
    settings: ChatSettings,
  ): Promise<void> {
    return this.#connection.use(async (client) => {
      await this.#enlist(client, tenantId);
      const stored = Buffer.from(encodeJson(settings));
      await client.hset(this.#keys.chatSettings(tenantId), settingsName(platform, channelId), stored);
    });
  }

  removeTenant(tenantId: TenantId): Promise<void> {
    return this.#connection.use(async (client) => {
      const stored = await client.hvalsBuffer(this.#keys.chatRecords(tenantId));
      const records = stored.map((bytes) => decodeJson<ChatRecord>(bytes)).filter((record) => record !== undefined);
      const sets = new Set(records.flatMap((record) => this.#setsOf(record)));
      await client.unlink(this.#keys.chatRecords(tenantId), this.#keys.chatSettings(tenantId), ...sets);
      await client.srem(this.#keys.chatTenants(), tenantId);
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** First into the list: a record that nobody finds there would not be taken up after a restart. */
  async #enlist(client: RedisClient, tenantId: TenantId): Promise<void> {
    await client.sadd(this.#keys.chatTenants(), tenantId);
  }

  async #load(client: RedisClient, tenantId: TenantId, id: string) {
    const bytes = await client.hgetBuffer(this.#keys.chatRecords(tenantId), id);
    return { bytes, record: decodeJson<ChatRecord>(bytes) };
  }

  /** False when somebody else has changed the record since `before` was read. */
  async #write(bytes: Buffer | null, before: ChatRecord | undefined, next: ChatRecord | undefined): Promise<boolean> {
    const { tenantId, id } = (next ?? before) as ChatRecord;
    const left = before ? this.#setsOf(before) : [];
    const joined = next ? this.#setsOf(next) : [];
    const leaves = left.filter((set) => !joined.includes(set));
    const keys = [this.#keys.chatRecords(tenantId), ...joined, ...leaves];
    const stored = next ? encodeJson(next) : "";
    const reply = await this.#scripts.chatWrite(keys.length, ...keys, id, bytes ?? "", stored, joined.length);
    return reply === "done";
  }

  #setsOf(record: ChatRecord): string[] {
    const facets = facetsOf(record);
    const sets = FOUND_BY.flatMap((facet) => {
      const value = facets[facet];
      return value === undefined ? [] : [this.#keys.chatSet(record.tenantId, facet, value)];
    });
    return hasEnded(record) ? sets : [...sets, this.#keys.chatSet(record.tenantId, UNFINISHED, "")];
  }

  #narrowest(tenantId: TenantId, filter: ChatRecordFilter): string | undefined {
    const facet = FOUND_BY.find((name) => filter[name] !== undefined);
    if (facet) return this.#keys.chatSet(tenantId, facet, filter[facet] as string);
    return filter.unfinished ? this.#keys.chatSet(tenantId, UNFINISHED, "") : undefined;
  }
}
