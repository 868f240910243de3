import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe } from "vitest";
import { type RedisServer, redisMissing, startRedisServer } from "../support/redis-server.ts";
import { aRedisSettings, aRedisStores, flipBit } from "../support/redis-stores.ts";
import { describeChatLedger } from "./chat-ledger.suite.ts";
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

  describeChatLedger("RedisChatLedger", async () => {
    const settings = aRedisSettings(server.url);
    return {
      ledger: (await aRedisStores(settings)).ledger,
      reopen: async () => (await aRedisStores(settings)).ledger,
      advance: async (ms) => sleep(ms),
    };
  });

  describeThreadStore("RedisThreadStore", async () => (await aRedisStores(aRedisSettings(server.url))).threads);
});
