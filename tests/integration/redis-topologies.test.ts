/** The stores on a real Redis Cluster, and on a real server behind Sentinels while it fails over. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asClipId, asTenantId, type RedisSettings } from "../../core/index.ts";
import { describeClipMemoryStore } from "../contract/clip-memory-store.suite.ts";
import { describeThreadStore } from "../contract/thread-store.suite.ts";
import { aHeader, aKey, aTurn, aWindow, TENANT } from "../support/memory-builders.ts";
import {
  type RedisCluster,
  type RedisWithSentinels,
  startRedisCluster,
  startRedisWithSentinels,
  until,
} from "../support/redis-cluster.ts";
import { redisMissing } from "../support/redis-server.ts";
import { aRedisSettings, aRedisStores, flipBit } from "../support/redis-stores.ts";

const noCluster = redisMissing() ?? redisMissing("redis-cli");
const noSentinel = noCluster ?? redisMissing("redis-sentinel");
const node = ({ host, port }: { host: string; port: number }) => ({ host, port });

describe.skipIf(noCluster)(`on a Redis Cluster of three${noCluster ?? ""}`, () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster?.close());

  const settings = (overrides: Partial<RedisSettings> = {}) =>
    // One node is enough to find the others.
    aRedisSettings("", { place: { kind: "cluster", nodes: cluster.nodes.slice(0, 1).map(node) }, ...overrides });

  describeClipMemoryStore("RedisClipMemoryStore (Cluster)", async () => {
    const stores = await aRedisStores(settings());
    return { store: stores.memories, damageWindow: (key, index) => flipBit(stores, key, String(index)) };
  });

  describeThreadStore("RedisThreadStore (Cluster)", async () => (await aRedisStores(settings())).threads);

  it("spreads clips over the nodes, and keeps each in one piece", async () => {
    const { memories, settings: used } = await aRedisStores(settings());
    for (let clip = 0; clip < 30; clip++) {
      const key = aKey({ clipId: asClipId(clip.toString(16).padStart(64, "0")), tenantId: asTenantId(`t${clip % 3}`) });
      await memories.begin(aHeader({ key }));
      await memories.appendWindow(key, aWindow(0));
      expect((await memories.readIndex(key))?.windows).toHaveLength(1);
    }
    const keysOn = cluster.nodes.map((server) => server.cli("--scan", "--pattern", `${used.namespace}:*`).split("\n"));
    for (const keys of keysOn) expect(keys.length).toBeGreaterThan(3);
    expect(await memories.list(asTenantId("t0"))).toHaveLength(10);
  });

  it("says memory.unavailable when the nodes do not serve every slot, and goes on when they do", async () => {
    const { memories } = await aRedisStores(settings({ timeoutMs: 6_000 }));
    await memories.begin(aHeader());
    await cluster.nodes[2]?.kill();
    await until(() => cluster.nodes[0]?.cli("CLUSTER", "INFO").includes("cluster_state:fail") ?? true);
    await expect(memories.appendWindow(aKey(), aWindow(0))).rejects.toMatchObject({
      code: "memory.unavailable",
      retryable: true,
      details: { reason: expect.stringMatching(/^(CLUSTERDOWN|unreachable|timeout)$/) },
    });
    await cluster.nodes[2]?.start();
    await until(() => cluster.nodes.every((server) => server.cli("CLUSTER", "INFO").includes("cluster_state:ok")));
    // What lay on the node that was killed is gone with it: then the clip is watched again.
    await memories.begin(aHeader());
    await memories.appendWindow(aKey(), aWindow(0));
    expect((await memories.read(aKey()))?.windows).toEqual([aWindow(0)]);
  });
});

describe.skipIf(noSentinel)(`behind Redis Sentinels${noSentinel ?? ""}`, () => {
  let redis: RedisWithSentinels;
  beforeAll(async () => {
    redis = await startRedisWithSentinels();
  });
  afterAll(() => redis?.close());

  it("goes over to the replica when the master dies, with what the replica had", async () => {
    const place = { kind: "sentinel", sentinels: redis.sentinels.map(node), name: redis.name } as const;
    const { memories, threads } = await aRedisStores(aRedisSettings("", { place, timeoutMs: 2_000 }));
    await memories.begin(aHeader());
    await memories.appendWindow(aKey(), aWindow(0));
    await threads.appendTurn(TENANT, "t", aTurn("before"));
    expect(redis.master.cli("WAIT", "1", "5000")).toBe("1");
    await until(() => redis.replica.cli("DBSIZE") === redis.master.cli("DBSIZE"));
    await redis.master.kill();

    // As a worker does: an error that says retryable is tried again.
    const problems = new Set<unknown>();
    await until(() =>
      memories.appendWindow(aKey(), aWindow(1)).then(
        () => true,
        (error) => {
          expect(error).toMatchObject({ code: "memory.unavailable", retryable: true });
          problems.add(error.details.reason);
          return false;
        },
      ),
    );
    expect(redis.replica.cli("ROLE")).toMatch(/^master/);
    expect((await memories.read(aKey()))?.windows).toEqual([aWindow(0), aWindow(1)]);
    expect((await threads.read(TENANT, "t"))?.turns).toEqual([aTurn("before")]);
    for (const reason of problems) expect(["unreachable", "READONLY", "timeout", "LOADING"]).toContain(reason);
  });
});
