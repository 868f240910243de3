/** Every way in which Redis cannot serve is `memory.unavailable`, says which, and leaves whole what was stored. */
import { describe, expect, it, onTestFinished } from "vitest";
import { DomainError } from "../../core/index.ts";
import { startFakeRedis } from "../support/fake-redis.ts";
import { aClipInfo, aHeader, aKey, aTurn, aWindow, CLIP, TENANT } from "../support/memory-builders.ts";
import { until } from "../support/redis-cluster.ts";
import { type RedisServerOptions, redisMissing, startRedisServer } from "../support/redis-server.ts";
import { aRedisSettings, aRedisStores } from "../support/redis-stores.ts";

const missing = redisMissing();
const SECRET = "holiday-secret";

const aServer = async (options?: RedisServerOptions) => {
  const server = await startRedisServer(options);
  onTestFinished(() => server.close());
  return server;
};

/** The error of a store, which must be ours. */
async function problemOf(work: Promise<unknown>): Promise<DomainError> {
  const error = await work.then(
    () => new Error("it went well"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DomainError);
  const problem = error as DomainError;
  expect(problem).toMatchObject({ code: "memory.unavailable", retryable: true });
  return problem;
}

describe.skipIf(missing)(`the Redis stores, when Redis cannot serve${missing ?? ""}`, () => {
  it("OOM: refuse a window as a whole, keep what was stored, and go on when there is room", async () => {
    const server = await aServer();
    const { memories, threads } = await aRedisStores(aRedisSettings(server.url));
    await memories.begin(aHeader());
    await memories.appendWindow(aKey(), aWindow(0));
    server.cli("CONFIG", "SET", "maxmemory-policy", "noeviction");
    server.cli("CONFIG", "SET", "maxmemory", "1");

    const problem = await problemOf(memories.appendWindow(aKey(), aWindow(1)));
    expect(problem.details).toMatchObject({ redis: `127.0.0.1:${server.port}`, reason: "OOM" });
    expect(problem.details["problem"]).toContain("maxmemory");
    await problemOf(memories.begin(aHeader({ key: aKey({ bundleFingerprint: "0".repeat(64) }) })));
    await problemOf(memories.complete(aKey(), { info: aClipInfo(), warnings: [] }));
    await problemOf(threads.appendTurn(TENANT, "t", aTurn("q")));

    expect((await memories.read(aKey()))?.windows).toEqual([aWindow(0)]);
    expect((await memories.readIndex(aKey()))?.windows).toHaveLength(1);
    server.cli("CONFIG", "SET", "maxmemory", "0");
    await memories.appendWindow(aKey(), aWindow(1));
    expect((await memories.read(aKey()))?.windows).toEqual([aWindow(0), aWindow(1)]);
  });

  it("OOM: still forget", async () => {
    const server = await aServer();
    const { memories, threads } = await aRedisStores(aRedisSettings(server.url));
    await memories.begin(aHeader());
    await threads.appendTurn(TENANT, "t", aTurn("q"));
    server.cli("CONFIG", "SET", "maxmemory-policy", "noeviction");
    server.cli("CONFIG", "SET", "maxmemory", "1");
    expect(await memories.delete(TENANT, CLIP)).toBe(true);
    expect(await threads.forgetClip(TENANT, CLIP)).toBe(1);
  });

  it("READONLY: say that it is a replica, still read, and write again once it is the master", async () => {
    const master = await aServer();
    const server = await aServer();
    const { memories } = await aRedisStores(aRedisSettings(server.url));
    await memories.begin(aHeader());
    await memories.appendWindow(aKey(), aWindow(0));
    // The master first gets what is here, so that becoming its replica loses nothing.
    master.cli("REPLICAOF", "127.0.0.1", String(server.port));
    await until(() => master.cli("INFO", "replication").includes("master_link_status:up"));
    master.cli("REPLICAOF", "NO", "ONE");
    server.cli("REPLICAOF", "127.0.0.1", String(master.port));
    await until(() => server.cli("INFO", "replication").includes("master_link_status:up"));

    const problem = await problemOf(memories.appendWindow(aKey(), aWindow(1)));
    expect(problem.details).toMatchObject({ reason: "READONLY" });
    expect((await memories.read(aKey()))?.windows).toEqual([aWindow(0)]);
    server.cli("REPLICAOF", "NO", "ONE");
    await memories.appendWindow(aKey(), aWindow(1));
    expect((await memories.read(aKey()))?.windows).toHaveLength(2);
  });

  it("lost connection: give up in time, and find Redis again after a restart with everything confirmed (AOF)", async () => {
    const server = await aServer({ aof: true });
    const { memories, threads } = await aRedisStores(aRedisSettings(server.url, { timeoutMs: 1_500 }));
    await memories.begin(aHeader());
    await memories.appendWindow(aKey(), aWindow(0));
    await threads.appendTurn(TENANT, "t", aTurn("q"));
    await server.kill();

    const problem = await problemOf(memories.appendWindow(aKey(), aWindow(1)));
    expect(problem.details).toMatchObject({ reason: "unreachable", redis: `127.0.0.1:${server.port}` });
    await problemOf(memories.readIndex(aKey()));
    await problemOf(threads.read(TENANT, "t"));

    await server.start();
    // As a worker does: an error that says retryable is tried again.
    await expect.poll(() => memories.appendWindow(aKey(), aWindow(1)).then(() => "stored", String)).toBe("stored");
    expect((await memories.read(aKey()))?.windows).toEqual([aWindow(0), aWindow(1)]);
    expect((await threads.read(TENANT, "t"))?.turns).toEqual([aTurn("q")]);
  });

  it("lost connection in the middle: what is sent again is stored once", async () => {
    const server = await aServer({ aof: true });
    const { memories, threads } = await aRedisStores(aRedisSettings(server.url, { timeoutMs: 20_000 }));
    await memories.begin(aHeader());
    let restarts = 0;
    let running = true;
    const restarting = (async () => {
      while (running && restarts < 6) {
        await server.kill();
        await server.start();
        restarts++;
      }
    })();
    const questions = Array.from({ length: 120 }, (_, index) => `q${index}`);
    for (const [index, question] of questions.entries()) {
      await memories.appendWindow(aKey(), aWindow(index));
      await threads.appendTurn(TENANT, "t", aTurn(question));
    }
    running = false;
    await restarting;
    expect(restarts).toBeGreaterThan(0);
    expect((await memories.read(aKey()))?.windows).toEqual(questions.map((_, index) => aWindow(index)));
    const asked = (await threads.read(TENANT, "t"))?.turns.map(({ question }) => question.text);
    expect(asked).toEqual(questions);
  });

  it("without an append-only file: a restart forgets, a watch that runs is told so, and begins again", async () => {
    const server = await aServer();
    const { memories } = await aRedisStores(aRedisSettings(server.url));
    await memories.begin(aHeader());
    await memories.appendWindow(aKey(), aWindow(0));
    expect((await memories.readIndex(aKey()))?.windows).toHaveLength(1);
    await server.kill();
    await server.start();
    expect(await memories.readIndex(aKey())).toBeUndefined();
    await expect(memories.appendWindow(aKey(), aWindow(1))).rejects.toMatchObject({ code: "memory.not_watched" });
    await memories.begin(aHeader());
    await memories.appendWindow(aKey(), aWindow(0));
    expect((await memories.readIndex(aKey()))?.windows).toHaveLength(1);
  });

  it("standing still: give up in time", async () => {
    const server = await aServer();
    const { memories } = await aRedisStores(aRedisSettings(server.url, { timeoutMs: 2_000 }));
    await memories.begin(aHeader());
    server.pause();
    const problem = await problemOf(memories.read(aKey()));
    expect(problem.details).toMatchObject({ reason: "timeout" });
    server.resume();
    expect(await memories.read(aKey())).toBeDefined();
  });

  it("a wrong password: say so, and never repeat it", async () => {
    const server = await aServer({ args: ["--requirepass", "right"] });
    const url = `redis://:${SECRET}@127.0.0.1:${server.port}`;
    const { memories } = await aRedisStores(aRedisSettings(url, { timeoutMs: 4_000 }));
    const problem = await problemOf(memories.begin(aHeader({ title: SECRET })));
    expect(["WRONGPASS", "NOAUTH"]).toContain(problem.details["reason"]);
    expect(JSON.stringify([problem.message, problem.details, String(problem.cause)])).not.toContain(SECRET);
    expect(Object.keys(problem.cause as object)).toEqual([]);
  });

  it("keys of another program: say so, and repeat nothing that was to be stored", async () => {
    const server = await aServer();
    const { memories, client, keys } = await aRedisStores(aRedisSettings(server.url));
    await client.set(keys.memory(aKey()), "something else");
    const problem = await problemOf(memories.begin(aHeader({ title: SECRET })));
    expect(problem.details).toMatchObject({ reason: "WRONGTYPE" });
    expect(JSON.stringify([problem.message, problem.details, String(problem.cause)])).not.toContain(SECRET);
  });
});

describe("the Redis stores, when Redis says", () => {
  it.each([
    ["-LOADING Redis is loading the dataset in memory", "LOADING"],
    ["-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", "MISCONF"],
    ["-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "MASTERDOWN"],
    ["-CLUSTERDOWN The cluster is down", "CLUSTERDOWN"],
    ["-MOVED 3999 127.0.0.1:6381", "MOVED"],
    ["-NOPERM User default has no permissions to run the 'evalsha' command", "NOPERM"],
    ["-OOM command not allowed when used memory > 'maxmemory'.", "OOM"],
    ["-ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed", "OOM"],
    ["-BUSY Redis is busy running a script.", "BUSY"],
  ])("%s: memory.unavailable, with what to do", async (reply, reason) => {
    const fake = await startFakeRedis(reply);
    onTestFinished(() => fake.close());
    const { memories, threads } = await aRedisStores(aRedisSettings(fake.url, { timeoutMs: 4_000 }));
    for (const work of [
      memories.read(aKey()),
      memories.begin(aHeader()),
      threads.appendTurn(TENANT, "t", aTurn("q")),
    ]) {
      const problem = await problemOf(work);
      expect(problem.details["reason"]).toBe(reason);
      expect(String(problem.details["problem"]).length).toBeGreaterThan(40);
    }
  });

  it("that it is loading for longer than we wait: LOADING", async () => {
    const fake = await startFakeRedis("+OK", { loading: true });
    onTestFinished(() => fake.close());
    const { memories } = await aRedisStores(aRedisSettings(fake.url, { timeoutMs: 4_000 }));
    expect((await problemOf(memories.read(aKey()))).details).toMatchObject({ reason: "LOADING" });
  });

  it("nothing at all, because nothing listens there", async () => {
    const fake = await startFakeRedis("");
    await fake.close();
    const { memories } = await aRedisStores(aRedisSettings(fake.url, { timeoutMs: 400 }));
    expect((await problemOf(memories.read(aKey()))).details).toMatchObject({ reason: "unreachable" });
  });
});
