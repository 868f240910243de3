/**
 * Clip memories in Redis, for any number of processes: one hash a memory, and beside it the index that recall scans
 * (keys.ts draws both). A question costs two round trips whatever the clip's length: what is new in the index, then the
 * windows that recall chose.
 */
import { randomUUID } from "node:crypto";
import {
  type ClipId,
  type ClipMemory,
  type ClipMemoryHeader,
  type ClipMemoryIndex,
  type ClipMemoryKey,
  type ClipMemoryStore,
  type ClipMemorySummary,
  DomainError,
  type QueryAxes,
  type TenantId,
  type WatchedWindow,
} from "../core/index.ts";
import { decodeJson, encodeJson } from "./checked-json.ts";
import { decodeWindow, encodeWindow, isWindowBlob, windowBlobBytes } from "./codec.ts";
import { decodeIndex, encodeIndex, encodeIndexRecord, indexRecordBytes } from "./index-record.ts";
import { bundleName, HEADER_FIELD, OUTCOME_FIELD, type RedisKeys } from "./keys.ts";
import { isMemoryOf, memoryOf, type Outcome } from "./memory-facts.ts";
import { RecentMap } from "./recent-map.ts";
import type { RedisClient, RedisConnection } from "./redis-connection.ts";
import { type RedisScripts, redisScripts } from "./redis-scripts.ts";

export interface RedisStoreDeps {
  readonly connection: RedisConnection;
  readonly keys: RedisKeys;
  /** Wall time, ms since the epoch. */
  readonly now?: () => number;
}

export interface RedisStoreOptions {
  /** Absent: nothing expires. */
  readonly ttlMs?: number;
  /** For indexes that were read before, all together. */
  readonly indexCacheBytes?: number;
}

export const REDIS_STORE_DEFAULTS = {
  indexCacheBytes: 64 * 2 ** 20, // 120,000 windows of damo-mini: 270 hours of clips
} as const satisfies RedisStoreOptions;

/** Use renews the time to live, but not more often than after this share of it: less to do for most questions and windows. */
const RENEW_AFTER = 0.01;

/** The header as it is stored: `generation` tells two beginnings of one memory apart. */
type StoredHeader = ClipMemoryHeader & { readonly generation: string };

type MemoryKeys = readonly [memory: string, index: string, clip: string];

/** What was read of a memory before, so that only what is new has to be. */
interface KnownIndex {
  readonly headerBytes: Buffer;
  readonly header: ClipMemoryHeader;
  readonly outcomeBytes: Buffer | null;
  readonly index: ClipMemoryIndex;
}

type Loaded = { readonly headerBytes: Buffer; readonly memory: ClipMemory } | "absent" | DamagedMemory;
/** `headerBytes` as found, so that nothing but this is replaced. */
interface DamagedMemory {
  readonly damagedHeader: Buffer | undefined;
}

export class RedisClipMemoryStore implements ClipMemoryStore {
  readonly #connection: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #scripts: RedisScripts;
  readonly #ttlMs: number;
  readonly #now: () => number;
  readonly #known: RecentMap<string, KnownIndex>;
  readonly #axes = new RecentMap<string, QueryAxes>(1_000);
  /** A watch asks with one key object for every window, a question for its few reads. */
  readonly #redisKeys = new WeakMap<ClipMemoryKey, MemoryKeys>();
  readonly #renewedAtMs = new RecentMap<string, number>(10_000);

  constructor({ connection, keys, now = Date.now }: RedisStoreDeps, options: RedisStoreOptions = {}) {
    this.#connection = connection;
    this.#keys = keys;
    this.#scripts = redisScripts(connection.client);
    this.#ttlMs = options.ttlMs ?? 0;
    this.#now = now;
    this.#known = new RecentMap(
      options.indexCacheBytes ?? REDIS_STORE_DEFAULTS.indexCacheBytes,
      (known) => indexBytesOf(known) + 1_000,
    );
  }

  begin(header: ClipMemoryHeader): Promise<void> {
    return this.#connection.use(async (client) => {
      const { key } = header;
      // First into the list: a memory that nobody finds there could not be forgotten by its name.
      await this.#enlist(client, key, header.createdAtMs);
      const found = await this.#load(client, key);
      if (found !== "absent" && "memory" in found) return;
      const stored: StoredHeader = { ...header, generation: randomUUID() };
      const before = found === "absent" ? "" : (found.damagedHeader ?? "");
      await this.#scripts.begin(...this.#keysOf(key), this.#ttlMs, bundleName(key), encodeJson(stored), before);
    });
  }

  appendWindow(key: ClipMemoryKey, window: WatchedWindow): Promise<void> {
    return this.#connection.use(async (client) => {
      const axes = await this.#axesOf(client, key);
      const blob = encodeWindow(window, axes);
      const at = window.index * indexRecordBytes(axes.E);
      const keys = this.#keysOf(key);
      // The first window makes the index, which then needs its time too.
      const ttlMs = window.index === 0 || this.#isRenewalDue(keys[0]) ? this.#ttlMs : 0;
      const before = window.index === 0 ? "" : window.index - 1;
      const record = encodeIndexRecord(window);
      const reply = await this.#scripts.append(...keys, ttlMs, window.index, blob, record, at, before);
      if (ttlMs > 0) this.#renewedAtMs.set(keys[0], this.#now());
      if (reply === "not_watched") throw this.#forgotten(key);
      if (reply === "out_of_order") {
        throw new DomainError("memory.out_of_order", `window ${window.index} cannot be the next one`);
      }
    });
  }

  complete(key: ClipMemoryKey, { info, warnings }: Pick<ClipMemory, "info" | "warnings">): Promise<void> {
    return this.#connection.use(async (client) => {
      const [memory] = this.#keysOf(key);
      for (;;) {
        // Without the header. Another process may append meanwhile: then once more.
        const windowCount = (await client.hlen(memory)) - 1;
        const outcome: Outcome = { info, warnings, windowCount };
        const reply = await this.#scripts.complete(...this.#keysOf(key), this.#ttlMs, encodeJson(outcome), windowCount);
        if (reply === "not_watched") throw this.#forgotten(key);
        if (reply === "done") break;
      }
    });
  }

  read(key: ClipMemoryKey): Promise<ClipMemory | undefined> {
    return this.#connection.use(async (client) => {
      const found = await this.#load(client, key);
      return found === "absent" || !("memory" in found) ? undefined : found.memory;
    });
  }

  readIndex(key: ClipMemoryKey): Promise<ClipMemoryIndex | undefined> {
    return this.#connection.use(async (client) => {
      const [memory, index] = this.#keysOf(key);
      const known = this.#known.get(memory);
      const from = known ? indexBytesOf(known) : 0;
      // In this order: an index that is read after the outcome holds every window that the outcome counts.
      const [facts, fresh] = await Promise.all([
        client.hmgetBuffer(memory, HEADER_FIELD, OUTCOME_FIELD),
        client.getrangeBuffer(index, from, -1),
        this.#renewIfDue(client, key),
      ]);
      const [headerBytes, outcomeBytes] = facts as [Buffer | null, Buffer | null];
      if (!headerBytes) return undefined;

      const isSame = known?.headerBytes.equals(headerBytes) ?? false;
      if (known && isSame && fresh.length === 0 && sameBytes(known.outcomeBytes, outcomeBytes)) return known.index;
      const bytes = known && !isSame ? ((await client.getBuffer(index)) ?? Buffer.alloc(0)) : fresh;
      const before = known && isSame ? known.index.windows : [];
      const header = known && isSame ? known.header : headerOf(headerBytes, key);
      const outcome = decodeJson<Outcome>(outcomeBytes);
      if (!header || (outcomeBytes && !outcome)) return undefined;

      const added = decodeIndex(bytes, header.axes.E, before.length);
      const windows = added.length ? [...before, ...added] : before;
      const isWhole = added.length * indexRecordBytes(header.axes.E) === bytes.length;
      if (!isWhole || (outcome && outcome.windowCount !== windows.length)) return this.#mendIndex(client, key);
      const read = memoryOf(header, outcome, windows);
      this.#remember(memory, { headerBytes, header, outcomeBytes, index: read }, header.axes);
      return read;
    });
  }

  readWindows(key: ClipMemoryKey, indexes: readonly number[]): Promise<readonly WatchedWindow[] | undefined> {
    return this.#connection.use(async (client) => {
      if (!indexes.length) return [];
      const [memory] = this.#keysOf(key);
      let axes = this.#axes.get(memory);
      const fields = [...(axes ? [] : [HEADER_FIELD]), ...indexes.map(String)];
      const blobs = await client.hmgetBuffer(memory, ...fields);
      if (!axes) {
        axes = headerOf(blobs.shift(), key)?.axes;
        if (!axes) return undefined;
        this.#axes.set(memory, axes);
      }
      const windows: WatchedWindow[] = [];
      for (const [at, index] of indexes.entries()) {
        const blob = blobs[at];
        const window = blob ? decodeWindow(blob, axes) : undefined;
        if (window?.index !== index) return undefined;
        windows.push(window);
      }
      return windows;
    });
  }

  has(key: ClipMemoryKey): Promise<boolean> {
    const [memory] = this.#keysOf(key);
    return this.#connection.use(async (client) => (await client.hexists(memory, HEADER_FIELD)) === 1);
  }

  delete(tenantId: TenantId, clipId: ClipId): Promise<boolean> {
    return this.#connection.use(async (client) => {
      const clip = this.#keys.clip(tenantId, clipId);
      for (;;) {
        const bundles = await client.smembers(clip);
        const memories = bundles.map((bundle) => this.#keys.memoryOf(clip, bundle));
        const keys = [clip, ...memories.flatMap((memory) => [memory, this.#keys.indexOf(memory)])];
        const removed = await this.#scripts.delete(keys.length, ...keys);
        // A watch by another bundle began meanwhile: that goes too.
        if (removed < 0) continue;
        for (const memory of memories) this.#forget(memory);
        const members = bundles.map((bundle) => this.#keys.clipsMemberOf(clipId, bundle));
        if (members.length) await client.zrem(this.#keys.clips(tenantId), ...members);
        return removed > 0;
      }
    });
  }

  list(tenantId: TenantId): Promise<readonly ClipMemorySummary[]> {
    return this.#connection.use(async (client) => {
      const clips = this.#keys.clips(tenantId);
      const summaries: ClipMemorySummary[] = [];
      const members = await client.zrange(clips, "0", "-1");
      for (let at = 0; at < members.length; at += LIST_BATCH) {
        const batch = members.slice(at, at + LIST_BATCH);
        const found = await Promise.all(batch.map((member) => this.#summary(client, tenantId, member)));
        const gone = batch.filter((_, index) => found[index] === "absent");
        if (gone.length) await client.zrem(clips, ...gone);
        summaries.push(...found.filter((summary) => typeof summary === "object"));
      }
      return summaries.sort((a, b) => a.createdAtMs - b.createdAtMs);
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** All of it, checked. Values alone: each says itself what it is, and names would make the reply twice as long. */
  async #load(client: RedisClient, key: ClipMemoryKey): Promise<Loaded> {
    const [memory] = this.#keysOf(key);
    const [values] = await Promise.all([client.hvalsBuffer(memory), this.#renewIfDue(client, key)]);
    if (values.length === 0) return "absent";
    const facts = values.filter((value) => !isWindowBlob(value));
    const headerBytes = facts.find((value) => headerOf(value, key));
    const header = headerOf(headerBytes, key);
    const outcome = decodeJson<Outcome>(facts.find((value) => value !== headerBytes));
    if (!headerBytes || !header || facts.length !== (outcome ? 2 : 1)) return this.#damaged(client, memory);

    const windows: WatchedWindow[] = [];
    for (const blob of values) {
      const window = isWindowBlob(blob) ? decodeWindow(blob, header.axes) : undefined;
      if (window) windows.push(window);
    }
    windows.sort((a, b) => a.index - b.index);
    const isWhole =
      windows.length === values.length - facts.length && windows.every((window, index) => window.index === index);
    if (!isWhole || (outcome && outcome.windowCount !== windows.length)) return this.#damaged(client, memory);
    this.#axes.set(memory, header.axes);
    return { headerBytes, memory: memoryOf(header, outcome, windows) };
  }

  async #damaged(client: RedisClient, memory: string): Promise<DamagedMemory> {
    return { damagedHeader: (await client.hgetBuffer(memory, HEADER_FIELD)) ?? undefined };
  }

  /** The index again from the windows, which are what counts. */
  async #mendIndex(client: RedisClient, key: ClipMemoryKey): Promise<ClipMemoryIndex | undefined> {
    const [memory] = this.#keysOf(key);
    this.#forget(memory);
    const found = await this.#load(client, key);
    if (found === "absent" || !("memory" in found)) return undefined;
    await this.#scripts.mendIndex(
      ...this.#keysOf(key),
      this.#ttlMs,
      found.headerBytes,
      encodeIndex(found.memory.windows),
    );
    return found.memory;
  }

  async #summary(
    client: RedisClient,
    tenantId: TenantId,
    member: string,
  ): Promise<ClipMemorySummary | "absent" | "damaged"> {
    const memory = this.#keys.memoryOfMember(tenantId, member);
    const replies = await client
      .pipeline()
      .hmgetBuffer(memory, HEADER_FIELD, OUTCOME_FIELD)
      .hlen(memory)
      .exec()
      .then(repliesOf);
    const [[headerBytes, outcomeBytes], fieldCount] = replies as [[Buffer | null, Buffer | null], number];
    if (fieldCount === 0) return "absent";
    const header = headerOf(headerBytes);
    const outcome = decodeJson<Outcome>(outcomeBytes);
    if (!header || (outcomeBytes && !outcome) || header.key.tenantId !== tenantId) return "damaged";
    const { warnings: _, windows: __, ...facts } = memoryOf(header, outcome, []);
    const windowCount = fieldCount - (outcome ? 2 : 1);
    return { ...facts, windowCount, sizeBytes: windowCount * windowBlobBytes(header.axes) };
  }

  /** Once in a while, together with what is read, so in the same round trip. */
  async #renewIfDue(client: RedisClient, key: ClipMemoryKey): Promise<void> {
    const keys = this.#keysOf(key);
    if (!this.#isRenewalDue(keys[0])) return;
    await Promise.all([...keys, this.#keys.clips(key.tenantId)].map((name) => client.pexpire(name, this.#ttlMs)));
    this.#renewedAtMs.set(keys[0], this.#now());
  }

  #isRenewalDue(memory: string): boolean {
    return this.#ttlMs > 0 && this.#now() - (this.#renewedAtMs.get(memory) ?? 0) >= this.#ttlMs * RENEW_AFTER;
  }

  /** The list of a tenant drops what expired when it is read, so an entry too many does no harm. */
  async #enlist(client: RedisClient, key: ClipMemoryKey, createdAtMs: number): Promise<void> {
    const clips = this.#keys.clips(key.tenantId);
    const batch = client.pipeline().zadd(clips, "NX", createdAtMs, this.#keys.clipsMember(key));
    if (this.#ttlMs > 0) batch.pexpire(clips, this.#ttlMs);
    repliesOf(await batch.exec());
  }

  /** Known from before, as a rule: a bundle gives every window the same shape. */
  async #axesOf(client: RedisClient, key: ClipMemoryKey): Promise<QueryAxes> {
    const [memory] = this.#keysOf(key);
    const known = this.#axes.get(memory);
    if (known) return known;
    const header = headerOf(await client.hgetBuffer(memory, HEADER_FIELD), key);
    if (!header) throw this.#forgotten(key);
    this.#axes.set(memory, header.axes);
    return header.axes;
  }

  #remember(memory: string, known: KnownIndex, axes: QueryAxes): void {
    this.#axes.set(memory, axes);
    this.#known.set(memory, known);
  }

  #forget(memory: string): void {
    this.#known.delete(memory);
    this.#axes.delete(memory);
  }

  #forgotten(key: ClipMemoryKey): DomainError {
    this.#forget(this.#keysOf(key)[0]);
    return new DomainError("memory.not_watched", "the memory was not begun, or was deleted meanwhile");
  }

  /** KEYS of the scripts: memory, index, clip. */
  #keysOf(key: ClipMemoryKey): MemoryKeys {
    const known = this.#redisKeys.get(key);
    if (known) return known;
    const memory = this.#keys.memory(key);
    const made = [memory, this.#keys.indexOf(memory), this.#keys.clip(key.tenantId, key.clipId)] as const;
    this.#redisKeys.set(key, made);
    return made;
  }
}

const indexBytesOf = ({ header, index }: KnownIndex): number => index.windows.length * indexRecordBytes(header.axes.E);

const sameBytes = (one: Buffer | null, other: Buffer | null): boolean =>
  one === other || (one !== null && other !== null && one.equals(other));

/** So many memories are looked at together; each is a small read. */
const LIST_BATCH = 64;

/** `undefined` when it is damaged, or lies under the key of another clip, tenant or bundle. */
function headerOf(bytes: Buffer | null | undefined, key?: ClipMemoryKey): ClipMemoryHeader | undefined {
  const stored = decodeJson<StoredHeader>(bytes);
  if (!stored?.key) return undefined;
  const { generation: _, ...header } = stored;
  return !key || isMemoryOf(header, key) ? header : undefined;
}

/** The replies of a pipeline. @throws the first error among them */
function repliesOf(results: readonly (readonly [Error | null, unknown])[] | null): readonly unknown[] {
  return (results ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}
