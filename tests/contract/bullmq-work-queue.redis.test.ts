/** The queue in Redis passes the same suite: two doors for bots and a worker, each with connections of its own. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { createRedis } from "../../memory/index.ts";
import { BullMqWorkQueue } from "../../workers/bullmq-work-queue.ts";
import { JobWorker } from "../../workers/job-worker.ts";
import { type RedisServer, redisMissing, startRedisServer } from "../support/redis-server.ts";
import { redisSettingsOf } from "../support/redis-settings.ts";
import { describeWorkQueue } from "./work-queue.suite.ts";

const missing = redisMissing();

describe.skipIf(missing)(`the queue in Redis${missing ?? ""}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterAll(() => redis?.close());

  describeWorkQueue("BullMqWorkQueue", async (deps, slices) => {
    const settings = redisSettingsOf(redis.url);
    const options = {
      connect: (overrides = {}) => createRedis(settings, overrides),
      namespace: `test-${randomUUID()}`,
      timeoutMs: settings.timeoutMs,
    };
    const { bundle } = deps.model;
    const limits = { watchesPerTenant: 4 }; // one runs, three wait
    const queue = new BullMqWorkQueue({ ...deps, bundle }, { ...options, ...limits });
    const elsewhere = new BullMqWorkQueue({ ...deps, bundle }, { ...options, ...limits });
    const worker = new JobWorker(deps, { ...options, backoffMs: () => 1, answerConcurrency: 2, ...slices });
    onTestFinished(async () => {
      await worker.close();
      await Promise.all([queue.close(), elsewhere.close()]);
    });
    return { queue, elsewhere };
  });
});
