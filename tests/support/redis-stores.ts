/** Redis stores as tests need them: each with a namespace of its own, so that many share one server. */
import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import { type ClipMemoryKey, type RedisSettings, Secret } from "../../core/index.ts";
import { redisStores } from "../../memory/index.ts";
import { RedisKeys } from "../../memory/keys.ts";
import { createRedis, type RedisClient } from "../../memory/redis-connection.ts";
import { scratchFolder } from "./scratch-folder.ts";

export const aRedisSettings = (url: string, overrides: Partial<RedisSettings> = {}): RedisSettings => ({
  place: { kind: "single", url: new Secret(url) },
  tls: false,
  namespace: `test-${randomUUID().slice(0, 8)}`,
  timeoutMs: 10_000,
  memoryTtlMs: 3_600_000,
  ...overrides,
});

export interface RedisStoresUnderTest extends ReturnType<typeof redisStores> {
  readonly settings: RedisSettings;
  readonly keys: RedisKeys;
  /** To look at, or spoil, what the stores have written. */
  readonly client: RedisClient;
}

/** Closed after the test that asked for them. */
export async function aRedisStores(settings: RedisSettings): Promise<RedisStoresUnderTest> {
  const stores = redisStores(settings, await scratchFolder());
  const client = createRedis(settings);
  onTestFinished(async () => {
    client.disconnect();
    await stores.memories.close();
  });
  return { ...stores, settings, client, keys: new RedisKeys(settings.namespace) };
}

/** Flips one bit of a field of a memory's hash: a window by its index, "h" or "o". */
export async function flipBit(
  { client, keys }: Pick<RedisStoresUnderTest, "client" | "keys">,
  key: ClipMemoryKey,
  field: string,
  bit = 40 * 8,
): Promise<void> {
  const blob = (await client.hgetBuffer(keys.memory(key), field)) as Buffer;
  blob[bit >> 3] = (blob[bit >> 3] as number) ^ (1 << (bit & 7));
  await client.hset(keys.memory(key), field, blob);
}
