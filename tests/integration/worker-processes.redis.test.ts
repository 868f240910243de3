/**
 * Real `damo worker` processes, a real redis-server, the tiny bundle, a real clip: what is promised when they are killed.
 * `DAMO_SOAK=1` kills as often as issue 4 asks for (script/soak-workers); without it a few times.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  type AnswerQuestionJob,
  asTenantId,
  type ClipId,
  clipIdOfFile,
  memoryKeyOf,
  seededRandom,
  type WatchClipJob,
  type WatchJobEvent,
} from "../../core/index.ts";
import { createRedis, redisStores } from "../../memory/index.ts";
import { readBundleIdentity } from "../../model/index.ts";
import { BullMqWorkQueue } from "../../workers/index.ts";
import { makeClip } from "../support/media-clips.ts";
import { type RedisServer, type RedisServerOptions, redisMissing, startRedisServer } from "../support/redis-server.ts";
import { redisSettingsOf } from "../support/redis-settings.ts";
import { lacksTinyBundle, tinyBundleFolder } from "../support/tiny-bundle.ts";
import { driveQuestion, driveWatch } from "../support/work-driver.ts";
import { WorkerProcess } from "../support/worker-process.ts";

const soak = process.env["DAMO_SOAK"] === "1";
const KILLS = soak ? 20 : 3;
const REDIS_KILLS = soak ? 10 : 2;
const SEED = Number(process.env["DAMO_SOAK_SEED"] ?? 7);
const LIMIT_MS = Number(process.env["DAMO_LIMIT"] ?? 0) || (soak ? 900_000 : 240_000);

const missing = redisMissing() ?? (lacksTinyBundle() ? " (skipped: no tiny bundle)" : undefined);
const TENANT = asTenantId("local");

describe.skipIf(missing)(`several worker processes${missing ?? ""}`, () => {
  let folder: string;
  let path: string;
  let clipId: ClipId;
  let bundle: Awaited<ReturnType<typeof readBundleIdentity>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "damo-workers-"));
    // Ten minutes: long enough to be killed in, some milliseconds of work a window.
    path = await makeClip(
      folder,
      "long.mp4",
      "-f",
      "lavfi",
      "-i",
      `testsrc2=s=64x48:r=5:d=${LONG_SECONDS}`,
      "-g",
      "20",
    );
    clipId = await clipIdOfFile(path);
    bundle = await readBundleIdentity(tinyBundleFolder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function aWorld(options: RedisServerOptions = {}) {
    const redis: RedisServer = await startRedisServer(options);
    const home = await mkdtemp(join(folder, "home-"));
    const settings = redisSettingsOf(redis.url);
    const stores = redisStores(settings, home);
    const connect = (overrides = {}) => createRedis(settings, overrides);
    const { namespace, timeoutMs } = settings;
    const queue = new BullMqWorkQueue({ bundle, memories: stores.memories }, { connect, namespace, timeoutMs });
    const workers: WorkerProcess[] = [];
    const startWorker = () => {
      const worker = new WorkerProcess({ DAMO_REDIS_URL: redis.url, DAMO_HOME: home, DAMO_BUNDLE: tinyBundleFolder });
      workers.push(worker);
      return worker;
    };
    onTestFinished(async ({ task }) => {
      if (task.result?.state === "fail") for (const worker of workers) console.log(worker.log.slice(-8000));
      await Promise.all(workers.map((worker) => worker.end("SIGKILL")));
      await queue.close();
      await Promise.all([stores.memories.close(), stores.threads.close()]);
      await redis.close();
    });
    await stores.media.remember(TENANT, clipId, { path });
    return { redis, stores, queue, workers, startWorker };
  }

  const watchJob = (): WatchClipJob => ({ tenantId: TENANT, clipId, title: "long.mp4" });
  const question = (thread: number, text = "when does it start?"): AnswerQuestionJob => ({
    ...{ tenantId: TENANT, threadId: `thread-${thread}`, questionId: "q", clipIds: [clipId] },
    ...{ question: text, askedAtMs: 1_000_000 + thread },
  });
  const memoryOf = (world: Awaited<ReturnType<typeof aWorld>>) =>
    world.stores.memories.read(memoryKeyOf(TENANT, clipId, bundle));

  it("run the pipeline once for 50 shares over 4 workers, and answer 50 threads", { timeout: LIMIT_MS }, async () => {
    const world = await aWorld();
    const four = [1, 2, 3, 4].map(() => world.startWorker());
    await Promise.all(four.map((worker) => worker.started()));
    const ends = await Promise.all(
      Array.from({ length: 50 }, async (_, thread) => {
        const watched = driveWatch(world.queue, watchJob());
        const answered = driveQuestion(world.queue, question(thread));
        return [(await watched).type, (await answered).type];
      }),
    );
    expect(ends).toEqual(Array(50).fill(["watched", "answered"]));
    const computed = four.flatMap((worker) => worker.windows);
    expect(computed.length).toBe(WINDOWS);
    expect(new Set(computed).size).toBe(WINDOWS);
    const metrics = await Promise.all(
      four.map(async (worker) => (await fetch(`${await worker.started()}/metrics`)).text()),
    );
    expect(sum(metrics, /^damo_window_seconds_count (\d+)/m)).toBe(WINDOWS);
    expect(sum(metrics, /^damo_jobs_ended_total\{kind="answer",how="answered"\} (\d+)/m)).toBe(50);
    for (let thread = 0; thread < 50; thread++) {
      expect((await world.stores.threads.read(TENANT, `thread-${thread}`))?.turns.length).toBe(1);
    }
  });

  it(`lose the window in hand at most when ${KILLS} are killed at random`, { timeout: LIMIT_MS }, async () => {
    const world = await aWorld();
    const random = seededRandom(SEED);
    let current = world.startWorker();
    const seen: WatchJobEvent[] = [];
    const asked: Promise<{ type: string }>[] = [];
    const watched = driveWatch(world.queue, watchJob(), seen);
    let over = false;
    void watched.then(() => {
      over = true;
    });
    let kills = 0;
    while (kills < KILLS && !over) {
      const before = current.windows.length;
      // So many windows more, then somewhere inside the next ones.
      const enough = before + 1 + Math.floor(random() * 3);
      await Promise.race([current.until((worker) => worker.windows.length >= enough), watched]);
      if (over) break;
      asked.push(driveQuestion(world.queue, question(kills)));
      await sleep(random() * 100);
      if (over) break;
      const next = world.startWorker(); // starts while the other still works
      await current.end("SIGKILL");
      current = next;
      kills++;
    }
    expect((await watched).type).toBe("watched");
    expect((await Promise.all(asked)).map(({ type }) => type)).toEqual(asked.map(() => "answered"));
    const memory = await memoryOf(world);
    expect(memory?.complete).toBe(true);
    expect(memory?.windows.length).toBe(WINDOWS);
    const computed = world.workers.flatMap((worker) => worker.windows);
    console.log(`${kills} workers killed, ${computed.length} windows computed for ${WINDOWS}`);
    expect(kills).toBe(KILLS);
    expect(computed.length).toBeLessThanOrEqual(WINDOWS + kills);
    for (let thread = 0; thread < kills; thread++) {
      expect((await world.stores.threads.read(TENANT, `thread-${thread}`))?.turns.length).toBe(1);
    }
  });

  it(`go on after Redis was killed ${REDIS_KILLS} times, with AOF`, { timeout: LIMIT_MS }, async () => {
    const world = await aWorld({ aof: true, args: ["--appendfsync", "always"] });
    const random = seededRandom(SEED);
    const worker = world.startWorker();
    const asked: Promise<{ type: string }>[] = [];
    const watched = driveWatch(world.queue, watchJob());
    let kills = 0;
    for (; kills < REDIS_KILLS; kills++) {
      const enough = worker.windows.length + 1;
      await worker.until(() => worker.windows.length >= enough);
      asked.push(driveQuestion(world.queue, question(kills)));
      await sleep(random() * 100);
      await world.redis.kill();
      await sleep(random() * 1000);
      await world.redis.start();
    }
    expect((await watched).type).toBe("watched");
    expect((await Promise.all(asked)).map(({ type }) => type)).toEqual(asked.map(() => "answered"));
    const memory = await memoryOf(world);
    expect([memory?.complete, memory?.windows.length]).toEqual([true, WINDOWS]);
    console.log(`Redis killed ${kills} times, ${worker.windows.length} windows computed for ${WINDOWS}`);
    expect(worker.windows.length).toBeLessThanOrEqual(WINDOWS + 2 * kills);
    expect(worker.alive).toBe(true);
  });

  it("watch again what a Redis without AOF forgot, and answer rightly", { timeout: LIMIT_MS }, async () => {
    const world = await aWorld();
    const worker = world.startWorker();
    const watched = driveWatch(world.queue, watchJob());
    await worker.until(() => worker.windows.length >= 3);
    await world.redis.kill();
    await world.redis.start();
    expect((await watched).type).toBe("watched");
    expect((await driveQuestion(world.queue, question(1))).type).toBe("answered");
    const memory = await memoryOf(world);
    expect([memory?.complete, memory?.windows.length]).toEqual([true, WINDOWS]);
    expect(memory?.windows.map(({ index }) => index)).toEqual(Array.from({ length: WINDOWS }, (_, i) => i));
  });

  it("hand a clip on at once when they are told to end", { timeout: LIMIT_MS }, async () => {
    const world = await aWorld();
    const [first, second] = [world.startWorker(), world.startWorker()];
    await Promise.all([first.started(), second.started()]);
    const watched = driveWatch(world.queue, watchJob());
    const busy = await Promise.race(
      [first, second].map(async (worker) => {
        await worker.until(() => worker.windows.length >= 2);
        return worker;
      }),
    );
    const other = busy === first ? second : first;
    await busy.end("SIGTERM");
    expect(busy.exitCode).toBe(0);
    expect((await watched).type).toBe("watched");
    // The window in hand was stored: nothing was computed twice.
    expect([...busy.windows, ...other.windows]).toEqual(Array.from({ length: WINDOWS }, (_, i) => i * 8));
  });
});

const LONG_SECONDS = soak ? 1200 : 480;
const WINDOWS = LONG_SECONDS / 8;

const sum = (texts: readonly string[], pattern: RegExp): number =>
  texts.reduce((total, text) => total + Number(pattern.exec(text)?.[1] ?? 0), 0);
