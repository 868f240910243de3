import { afterAll, beforeAll, describe } from "vitest";
import { type RedisServer, redisMissing, startRedisServer } from "../support/redis-server.ts";
import { aRedisSettings, aRedisStores, flipBit } from "../support/redis-stores.ts";
import { describeClipMemoryStore } from "./clip-memory-store.suite.ts";
import { describeThreadStore } from "./thread-store.suite.ts";

const missing = redisMissing();

describe.skipIf(missing)(`a Redis server${missing ?? ""}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(() => server?.close());

  describeClipMemoryStore("RedisClipMemoryStore", async () => {
    const stores = await aRedisStores(aRedisSettings(server.url));
    return { store: stores.memories, damageWindow: (key, index) => flipBit(stores, key, String(index)) };
  });

  describeThreadStore("RedisThreadStore", async () => (await aRedisStores(aRedisSettings(server.url))).threads);
});
