/**
 * No memory answers for another: not for another tenant, clip or bundle, not when it lies in another's place, and not
 * with a bit that is not as it was written (on top of the
 * 10,000 flips of tests/unit/memory/codec.test.ts for each kind of blob). On the embedded store, on Redis, and on the fake that other tests rely on.
 */
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  askThread,
  asTenantId,
  type BundleIdentity,
  type ClipMemory,
  type ClipMemoryKey,
  type ClipMemoryStore,
  type ClipModel,
  MEMORY_SCHEMA_VERSION,
  seededRandom,
  watchClip,
} from "../../core/index.ts";
import { EmbeddedClipMemoryStore } from "../../memory/index.ts";
import { HEADER_FIELD, INDEX_FILE, memoryFolder, OUTCOME_FIELD } from "../../memory/keys.ts";
import { RedisClipMemoryStore } from "../../memory/redis-clip-memory-store.ts";
import { RedisConnection } from "../../memory/redis-connection.ts";
import { createFakeClipModel } from "../support/fake-clip-model.ts";
import { InMemoryClipMemoryStore } from "../support/in-memory-clip-memory-store.ts";
import { InMemoryThreadStore } from "../support/in-memory-thread-store.ts";
import { aClipInfo, aHeader, aKey, aWindow, CLIP, OTHER_CLIP, TENANT } from "../support/memory-builders.ts";
import { type RedisServer, redisMissing, startRedisServer } from "../support/redis-server.ts";
import { aRedisSettings, aRedisStores } from "../support/redis-stores.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

const missing = redisMissing();
let server: RedisServer | undefined;
beforeAll(async () => {
  if (!missing) server = await startRedisServer();
});
afterAll(() => server?.close());

/** A store, and a second one that has read nothing yet on the same bytes, as in another process. */
interface Place {
  readonly store: ClipMemoryStore;
  another(): ClipMemoryStore;
  /** Every stored blob of a memory by its name, to be read and overwritten. `undefined`: cannot be reached. */
  readonly blobs?: {
    names(key: ClipMemoryKey): Promise<readonly string[]>;
    read(key: ClipMemoryKey, name: string): Promise<Buffer>;
    write(key: ClipMemoryKey, name: string, bytes: Buffer): Promise<void>;
  };
  /** Puts all bytes of one memory in the place of another. */
  misplace?(from: ClipMemoryKey, to: ClipMemoryKey): Promise<void>;
}

const PLACES: readonly { readonly name: string; readonly skip?: string | undefined; make(): Promise<Place> }[] = [
  {
    name: "the fake store",
    async make() {
      const store = new InMemoryClipMemoryStore();
      return { store, another: () => store };
    },
  },
  {
    name: "the embedded store",
    async make() {
      const root = await scratchFolder();
      return {
        store: new EmbeddedClipMemoryStore(root),
        another: () => new EmbeddedClipMemoryStore(root),
        blobs: {
          names: (key) => readdir(memoryFolder(root, key)),
          read: (key, name) => readFile(join(memoryFolder(root, key), name)),
          write: (key, name, bytes) => writeFile(join(memoryFolder(root, key), name), bytes),
        },
        async misplace(from, to) {
          await mkdir(memoryFolder(root, to), { recursive: true });
          await cp(memoryFolder(root, from), memoryFolder(root, to), { recursive: true });
        },
      };
    },
  },
  {
    name: "the Redis store",
    skip: missing,
    async make() {
      const { memories, settings, client, keys } = await aRedisStores(aRedisSettings(server?.url as string));
      const connection = new RedisConnection(settings);
      const another = () => new RedisClipMemoryStore({ connection, keys });
      const indexOf = (key: ClipMemoryKey) => keys.indexOf(keys.memory(key));
      return {
        store: memories,
        another,
        blobs: {
          names: async (key) => [...(await client.hkeys(keys.memory(key))), INDEX_FILE],
          read: async (key, name) =>
            (name === INDEX_FILE
              ? await client.getBuffer(indexOf(key))
              : await client.hgetBuffer(keys.memory(key), name)) as Buffer,
          async write(key, name, bytes) {
            if (name === INDEX_FILE) await client.set(indexOf(key), bytes);
            else await client.hset(keys.memory(key), name, bytes);
          },
        },
        async misplace(from, to) {
          await client.copy(keys.memory(from), keys.memory(to), "REPLACE");
          await client.copy(indexOf(from), indexOf(to), "REPLACE");
        },
      };
    },
  },
];

describe.each(PLACES)("$name", ({ skip, make }) => {
  const bundleNamed = (name: string): BundleIdentity => ({
    name,
    version: "1",
    fingerprint: name.charCodeAt(0).toString(16).padStart(64, "0"),
  });

  it.skipIf(skip)("answers for no other tenant, clip or bundle", async () => {
    const { store, another } = await make();
    const folder = await scratchFolder();
    const threads = new InMemoryThreadStore();
    // Every combination but one has a word of its own that it alone has seen.
    const places = ["one", "two"].flatMap((tenant) =>
      [CLIP, OTHER_CLIP].flatMap((clipId) =>
        ["old", "new"].map((bundle) => ({ tenantId: asTenantId(tenant), clipId, bundle })),
      ),
    );
    const words = ["ant", "bee", "cat", "dog", "elk", "fox", "gnu"];
    const modelOf = (bundle: string): ClipModel => ({ ...createFakeClipModel(), bundle: bundleNamed(bundle) });
    for (const [index, word] of words.entries()) {
      const { tenantId, clipId, bundle } = places[index] as (typeof places)[number];
      const path = join(folder, word);
      await writeFile(path, word);
      const watching = watchClip({ model: modelOf(bundle), memories: store }, { tenantId, clipId, title: word, path });
      for await (const _ of watching);
    }
    let asked = 0;
    for (const memories of [store, another()]) {
      for (const [index, { tenantId, clipId, bundle }] of places.entries()) {
        for (const word of words) {
          const deps = { model: modelOf(bundle), memories, threads };
          const verdicts: unknown[] = [];
          try {
            for await (const event of askThread(deps, { tenantId, threadId: word, clipId, question: `a ${word}?` })) {
              if (event.type === "answered") verdicts.push(event.answer.verdict);
            }
          } catch (error) {
            verdicts.push((error as { code: string }).code);
          }
          const right = index === words.length ? "memory.not_watched" : words[index] === word ? "found" : "absent";
          expect(verdicts).toEqual([right]);
          asked++;
        }
      }
    }
    expect(asked).toBe(2 * 8 * 7);
  });

  it.skipIf(skip)("is not deceived by a memory that lies in another's place", async ({ skip: leave }) => {
    const { store, another, misplace } = await make();
    if (!misplace) return leave("the fake has no bytes to misplace");
    await store.begin(aHeader());
    await store.appendWindow(aKey(), aWindow(0));
    await store.complete(aKey(), { info: aClipInfo(), warnings: [] });
    const others: ClipMemoryKey[] = [
      aKey({ tenantId: asTenantId("other") }),
      aKey({ clipId: OTHER_CLIP }),
      aKey({ bundleFingerprint: "0".repeat(64) }),
      aKey({ schemaVersion: MEMORY_SCHEMA_VERSION + 1 }),
    ];
    for (const other of others) {
      await misplace(aKey(), other);
      for (const memories of [store, another()]) {
        expect(await memories.read(other)).toBeUndefined();
        expect(await memories.readIndex(other)).toBeUndefined();
        expect(await memories.readWindows(other, [0])).toBeUndefined();
      }
    }
    expect((await another().list(TENANT)).every(({ key }) => key.tenantId === TENANT)).toBe(true);
    expect(await another().read(aKey())).toBeDefined();
  });

  it.skipIf(skip)(
    "never hands out a flipped bit of 2,000, in header, outcome, windows and index",
    { timeout: 300_000 },
    async ({ skip: leave }) => {
      const { store, another, blobs } = await make();
      if (!blobs) return leave("the fake has no bytes to flip");
      await store.begin(aHeader());
      for (let index = 0; index < 4; index++) await store.appendWindow(aKey(), aWindow(index));
      await store.complete(aKey(), { info: aClipInfo(32), warnings: ["clip.truncated"] });
      const truth = (await store.read(aKey())) as ClipMemory;
      const entries = truth.windows.map(({ queries: _, ...entry }) => entry);
      const sound = new Map<string, Buffer>();
      for (const name of await blobs.names(aKey())) sound.set(name, await blobs.read(aKey(), name));
      const names = [...sound.keys()];
      expect(names.length).toBeGreaterThanOrEqual(7);
      const isFact = (name: string) =>
        name.startsWith("header") || name.startsWith("outcome") || [HEADER_FIELD, OUTCOME_FIELD].includes(name);

      const random = seededRandom(20261121);
      const flipped = new Map<string, number>();
      for (let count = 0; count < 2_000; count++) {
        const name = names[Math.floor(random() * names.length)] as string;
        const before = sound.get(name) as Buffer;
        const bit = Math.floor(random() * before.length * 8);
        const bytes = Buffer.from(before);
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        await blobs.write(aKey(), name, bytes);
        flipped.set(name, (flipped.get(name) ?? 0) + 1);

        const memories = another();
        const [whole, index, windows] = await Promise.all([
          // What is read of a flipped index may be mended while it is read.
          name === INDEX_FILE ? truth : memories.read(aKey()),
          memories.readIndex(aKey()),
          memories.readWindows(aKey(), [0, 1, 2, 3]),
        ]);
        if (name !== INDEX_FILE) expect(whole).toBeUndefined();
        if (isFact(name)) expect(index).toBeUndefined();
        else if (name === INDEX_FILE)
          expect(
            index?.windows.map(({ index: at, startSeconds, endSeconds, embedding }) => ({
              index: at,
              startSeconds,
              endSeconds,
              embedding,
            })),
          ).toEqual(entries);
        else expect(windows).toBeUndefined();
        if (windows) expect(windows).toEqual(truth.windows);
        await blobs.write(aKey(), name, before);
      }
      // Each of the blobs had its share.
      expect(Math.min(...flipped.values())).toBeGreaterThan(200);
      expect(await another().read(aKey())).toEqual(truth);
    },
  );
});
