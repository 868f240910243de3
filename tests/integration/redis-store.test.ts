/** What only Redis shows: expiry, namespaces, bytes on the wire, and several processes at one memory. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asTenantId } from "../../core/index.ts";
import { aClipInfo, aHeader, aKey, aTurn, aWindow, CLIP, OTHER_CLIP, TENANT } from "../support/memory-builders.ts";
import { until } from "../support/redis-cluster.ts";
import { type RedisServer, redisMissing, startRedisServer } from "../support/redis-server.ts";
import { aRedisSettings, aRedisStores } from "../support/redis-stores.ts";

const missing = redisMissing();
const SCRIPT = new URL("../support/watch-into-store.ts", import.meta.url).pathname;

describe.skipIf(missing)(`the Redis stores${missing ?? ""}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedisServer({ aof: true });
  });
  afterAll(() => server?.close());

  const everyKey = (namespace: string) =>
    server
      .cli("--scan", "--pattern", `${namespace}:*`)
      .split("\n")
      .filter((key) => key !== "");

  it("let everything expire, and renew what is used, reading included", async () => {
    const { memories, threads, settings, client } = await aRedisStores(
      aRedisSettings(server.url, { memoryTtlMs: 3_600_000 }),
    );
    await memories.begin(aHeader());
    await memories.appendWindow(aKey(), aWindow(0));
    await threads.appendTurn(TENANT, "t", aTurn("q"));
    const keys = everyKey(settings.namespace);
    expect(keys).toHaveLength(6);
    const shorten = () => Promise.all(keys.map((key) => client.pexpire(key, 60_000)));
    const shortest = async () => Math.min(...(await Promise.all(keys.map((key) => client.pttl(key)))));
    expect(await shortest()).toBeGreaterThan(3_000_000);

    // Each from a process that has renewed nothing yet: one and the same renews only once in a while.
    const uses = [
      (stores: typeof memories) => stores.read(aKey()),
      (stores: typeof memories) => stores.readIndex(aKey()),
    ];
    for (const use of uses) {
      await shorten();
      const fresh = await aRedisStores(settings);
      await use(fresh.memories);
      await fresh.threads.read(TENANT, "t");
      expect(await shortest()).toBeGreaterThan(3_000_000);
    }
    await shorten();
    await memories.appendWindow(aKey(), aWindow(1));
    await memories.complete(aKey(), { info: aClipInfo(), warnings: [] });
    expect(await client.pttl(keys.find((key) => key.endsWith(":index")) as string)).toBeGreaterThan(3_000_000);
  });

  it("let nothing expire when no time is set", async () => {
    const { memoryTtlMs: _, ...forever } = aRedisSettings(server.url);
    const { memories, client, settings } = await aRedisStores(forever);
    await memories.begin(aHeader());
    await memories.appendWindow(aKey(), aWindow(0));
    for (const key of everyKey(settings.namespace)) expect(await client.pttl(key)).toBe(-1);
  });

  it("drop an expired memory from the list", async () => {
    const { memories, client, keys } = await aRedisStores(aRedisSettings(server.url));
    const other = aKey({ clipId: OTHER_CLIP });
    await memories.begin(aHeader());
    await memories.begin(aHeader({ key: other, createdAtMs: 2_000 }));
    await client.pexpire(keys.memory(aKey()), 1);
    await until(async () => (await client.exists(keys.memory(aKey()))) === 0);
    expect((await memories.list(TENANT)).map(({ key }) => key.clipId)).toEqual([OTHER_CLIP]);
    expect(await client.zcard(keys.clips(TENANT))).toBe(1);
    expect(await memories.delete(TENANT, OTHER_CLIP)).toBe(true);
    expect(await client.exists(keys.clips(TENANT))).toBe(0);
  });

  it("keep bots with other namespaces apart in one Redis", async () => {
    const [one, two] = [await aRedisStores(aRedisSettings(server.url)), await aRedisStores(aRedisSettings(server.url))];
    await one.memories.begin(aHeader());
    await one.threads.appendTurn(TENANT, "t", aTurn("q"));
    expect(await two.memories.has(aKey())).toBe(false);
    expect(await two.memories.list(TENANT)).toEqual([]);
    expect(await two.threads.read(TENANT, "t")).toBeUndefined();
    expect(await two.memories.delete(TENANT, CLIP)).toBe(false);
    expect(await one.memories.has(aKey())).toBe(true);
  });

  it("leave no byte of a forgotten clip behind", async () => {
    const { memories, threads, settings } = await aRedisStores(aRedisSettings(server.url));
    await memories.begin(aHeader());
    await memories.appendWindow(aKey(), aWindow(0));
    await memories.begin(aHeader({ key: aKey({ bundleFingerprint: "0".repeat(64) }) }));
    await threads.appendTurn(TENANT, "t", aTurn("q"));
    expect(everyKey(settings.namespace).length).toBeGreaterThan(6);
    await memories.delete(TENANT, CLIP);
    await threads.forgetClip(TENANT, CLIP);
    expect(everyKey(settings.namespace)).toEqual([]);
  });

  it("name nobody in a key", async () => {
    const { memories, threads, settings } = await aRedisStores(aRedisSettings(server.url));
    const tenantId = asTenantId("acme{x}:*");
    await memories.begin(aHeader({ key: aKey({ tenantId }) }));
    await threads.appendTurn(tenantId, "C123/ts", aTurn("q"));
    expect(everyKey(settings.namespace).length).toBeGreaterThan(3);
    for (const key of everyKey(settings.namespace)) {
      expect(key).toMatch(/^[\w-]+:\{[0-9a-f]{32}(:[0-9a-f]{32})?\}(:[a-z]+)*(:[0-9a-f]{32})?(:index)?$/);
    }
  });

  it("read of a long clip only what is new in its index, and the windows asked for", async () => {
    const { memories } = await aRedisStores(aRedisSettings(server.url));
    const axes = { Q: 16, D: 256, E: 128 };
    await memories.begin(aHeader({ axes }));
    for (let index = 0; index < 300; index++) await memories.appendWindow(aKey(), aWindow(index, axes));
    const sentBytes = () => Number(/total_net_output_bytes:(\d+)/.exec(server.cli("INFO", "stats"))?.[1]);
    const costOf = async (work: () => Promise<unknown>) => {
      const before = sentBytes();
      await work();
      return sentBytes() - before;
    };
    const overhead = await costOf(async () => undefined);
    const index = 300 * (32 + 4 * axes.E);
    const ask = async () => {
      expect((await memories.readIndex(aKey()))?.windows.length).toBeGreaterThanOrEqual(300);
      await memories.readWindows(aKey(), [7, 250]);
    };
    const first = (await costOf(ask)) - overhead;
    const second = (await costOf(ask)) - overhead;
    await memories.appendWindow(aKey(), aWindow(300, axes));
    const third = (await costOf(ask)) - overhead;
    expect(first).toBeGreaterThan(index);
    expect(second).toBeLessThan(2 * 8_740 + 2_000);
    expect(third).toBeLessThan(2 * 8_740 + 3_000);
  });

  it("make an index again that was damaged or is gone, in the place of the old one", async () => {
    const { memories, settings, client, keys } = await aRedisStores(aRedisSettings(server.url));
    await memories.begin(aHeader());
    for (let index = 0; index < 3; index++) await memories.appendWindow(aKey(), aWindow(index));
    const at = keys.indexOf(keys.memory(aKey()));
    const sound = await client.getBuffer(at);
    const spoil = [
      () => client.setrange(at, 60, "x"),
      () => client.del(at),
      () => client.set(at, Buffer.concat([sound as Buffer, Buffer.from("more")])),
      () => client.set(at, (sound as Buffer).subarray(0, 50)),
    ];
    for (const [count, change] of spoil.entries()) {
      await change();
      const fresh = await aRedisStores(settings);
      const index = await fresh.memories.readIndex(aKey());
      // Windows that are not in the index yet are not seen before the clip is complete: an index that ends early.
      if (count === 1) continue;
      expect(index?.windows).toHaveLength(3);
    }
    await memories.complete(aKey(), { info: aClipInfo(), warnings: [] });
    await client.del(at);
    const fresh = await aRedisStores(settings);
    expect((await fresh.memories.readIndex(aKey()))?.windows).toHaveLength(3);
    expect(await client.getBuffer(at)).toEqual(sound);
  });

  it("let several processes watch one clip into one memory, and lose no confirmed window when one is killed", async () => {
    const { memories, settings } = await aRedisStores(aRedisSettings(server.url));
    const start = (windows: number) =>
      spawn(process.execPath, ["--import", "tsx", SCRIPT, "", String(windows)], {
        env: { ...process.env, WATCH_REDIS_URL: server.url, WATCH_REDIS_NAMESPACE: settings.namespace },
      });
    const killed = start(1_000_000);
    let confirmed = -1;
    killed.stdout.on("data", (chunk) => {
      confirmed = Number(String(chunk).trim().split("\n").at(-1));
      if (confirmed >= 20) killed.kill("SIGKILL");
    });
    await once(killed, "close");
    expect((await memories.read(aKey()))?.windows.length).toBeGreaterThan(confirmed);

    const windows = confirmed + 200;
    const watchers = [start(windows), start(windows), start(windows)];
    const codes = await Promise.all(watchers.map(async (watcher) => (await once(watcher, "exit"))[0]));
    expect(codes).toEqual([0, 0, 0]);
    const memory = await memories.read(aKey());
    expect(memory?.complete).toBe(true);
    expect(memory?.windows).toEqual(Array.from({ length: windows }, (_, index) => aWindow(index)));
  });
});
