/** What is particular to the queue in Redis: outages, what was given up, and that nothing of a forgotten clip stays. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type AnswerQuestionJob, asTenantId, type ClipId, type WatchClipJob } from "../../core/index.ts";
import { createRedis } from "../../memory/index.ts";
import { BullMqWorkQueue } from "../../workers/bullmq-work-queue.ts";
import { JobWorker } from "../../workers/job-worker.ts";
import { pacedDeps } from "../support/paced-model.ts";
import { type RedisServer, redisMissing, startRedisServer } from "../support/redis-server.ts";
import { redisSettingsOf } from "../support/redis-settings.ts";
import { driveQuestion, driveWatch } from "../support/work-driver.ts";

const missing = redisMissing();
const TENANT = asTenantId("local");

describe.skipIf(missing)(`the queue in Redis${missing ?? ""}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    // DUMP shows the bytes as they are.
    redis = await startRedisServer({ aof: true, args: ["--rdbcompression", "no"] });
  });
  afterAll(() => redis?.close());

  function aQueue(timeoutMs = 5000) {
    const world = pacedDeps();
    const settings = redisSettingsOf(redis.url, { DAMO_REDIS_TIMEOUT_MS: String(timeoutMs) });
    const namespace = `test-${randomUUID()}`;
    const options = { connect: (overrides = {}) => createRedis(settings, overrides), namespace, timeoutMs };
    const queue = new BullMqWorkQueue({ ...world.deps, bundle: world.deps.model.bundle }, options);
    const startWorker = () => {
      const worker = new JobWorker(world.deps, { ...options, backoffMs: () => 1 });
      onTestFinished(() => worker.close());
      return worker;
    };
    onTestFinished(() => queue.close());
    return { ...world, queue, namespace, startWorker };
  }
  const watchJob = (clipId: ClipId): WatchClipJob => ({ tenantId: TENANT, clipId, title: "holiday in Ruhpolding.mp4" });
  const answerJob = (clipId: ClipId, question: string): AnswerQuestionJob => ({
    ...{
      tenantId: TENANT,
      threadId: "thread",
      questionId: question,
      clipIds: [clipId],
      question,
      askedAtMs: Date.now(),
    },
  });

  it("lists what was given up, without its question, and hands it in again", async () => {
    const { queue, addClip, removeClip, pace, startWorker } = aQueue();
    startWorker();
    pace.letGo();
    const clip = await addClip("dog");
    removeClip(clip);
    expect(await driveWatch(queue, watchJob(clip))).toMatchObject({ type: "failed", code: "clip.not_found" });
    expect(await driveQuestion(queue, answerJob(clip, "where is Hasso?"))).toMatchObject({
      code: "memory.not_watched",
    });
    await expect.poll(async () => (await queue.failed()).length).toBe(2);
    const failed = await queue.failed();
    expect(failed.map(({ kind, code }) => [kind, code]).sort()).toEqual([
      ["answer", "memory.not_watched"],
      ["watch", "clip.not_found"],
    ]);
    expect(JSON.stringify(failed)).not.toContain("Hasso");

    await addClip("dog", clip);
    const watch = failed.find(({ kind }) => kind === "watch")?.jobId as string;
    expect(await queue.retry(watch)).toBe(true);
    expect(await driveWatch(queue, watchJob(clip))).toMatchObject({ type: "watched" });
    expect(await queue.retry(watch)).toBe(false);
  });

  it("keeps neither title nor question nor answer of a clip that is forgotten", async () => {
    const { queue, addClip, pace, namespace, startWorker } = aQueue();
    startWorker();
    pace.letGo();
    const clip = await addClip("dog");
    await driveWatch(queue, watchJob(clip));
    await driveQuestion(queue, answerJob(clip, "where is the dog named Hasso?"));
    const client = createRedis(redisSettingsOf(redis.url));
    onTestFinished(() => client.disconnect());
    const everything = async (): Promise<string> => {
      const keys = (await client.keys(`*${namespace}*`)).sort();
      const dumps = await Promise.all(
        keys.map(async (key) => `${key} ${(await client.dumpBuffer(key))?.toString("latin1")}`),
      );
      return dumps.join("\n");
    };
    expect(await everything()).toContain("It is there");
    await queue.forgetClip(TENANT, clip);
    const left = await everything();
    for (const word of ["Hasso", "Ruhpolding", "It is there", clip]) expect(left).not.toContain(word);
  });

  it("rejects with queue.unavailable while Redis is away, and loses nothing that was handed in", async () => {
    const { queue, addClip, pace, startWorker } = aQueue(3000);
    const clip = await addClip("dog");
    const jobId = await queue.watch(watchJob(clip));
    await redis.kill();
    const calls = [
      queue.watch(watchJob(clip)),
      queue.ask(answerJob(clip, "dog?")),
      queue.cancel(jobId),
      queue.counts(),
      queue.forgetClip(TENANT, clip),
      queue.followWatch(jobId)[Symbol.asyncIterator]().next(),
    ];
    for (const { status, reason } of (await Promise.allSettled<unknown>(calls)) as PromiseRejectedResult[]) {
      expect(status).toBe("rejected");
      expect(reason).toMatchObject({ code: "queue.unavailable", retryable: true });
    }
    await redis.start();
    pace.letGo();
    startWorker();
    expect(await driveWatch(queue, watchJob(clip))).toMatchObject({ type: "watched" });
    expect(pace.windows).toEqual(["dog"]);
  });

  it("gives a clip up that takes its process down again and again, and tells those who wait", async () => {
    const { queue, addClip, pace, namespace, startWorker } = aQueue();
    const clip = await addClip("dog");
    const jobId = await queue.watch(watchJob(clip));
    // As eight processes leave it that were killed before their first window.
    const client = createRedis(redisSettingsOf(redis.url));
    onTestFinished(() => client.disconnect());
    await client.set(`{${namespace}:queue}:starts:${jobId}`, "8");
    pace.letGo();
    startWorker();
    expect(await driveWatch(queue, watchJob(clip))).toMatchObject({ type: "failed", code: "model.runtime" });
  });
});
