/**
 * Time to the first word of an answer while the same worker watches a long clip, beside the same when it is idle; and how
 * late the worker's event loop was meanwhile. Real processes, a real redis-server, the bundle of DAMO_BUNDLE. Run by
 * script/bench-workers.
 *
 *     npx tsx tests/support/bench-first-token.ts [QUESTIONS] [LONG_CLIP_SECONDS]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AnswerQuestionJob, asTenantId, clipIdOfFile, loadConfig } from "../../core/index.ts";
import { createRedis, redisStores } from "../../memory/index.ts";
import { readBundleIdentity } from "../../model/index.ts";
import { BullMqWorkQueue } from "../../workers/index.ts";
import { makeClip } from "./media-clips.ts";
import { startRedisServer } from "./redis-server.ts";
import { redisSettingsOf } from "./redis-settings.ts";
import { driveWatch } from "./work-driver.ts";
import { WorkerProcess } from "./worker-process.ts";

const questions = Number(process.argv[2] ?? 40);
const longSeconds = Number(process.argv[3] ?? 7200);
const TENANT = asTenantId("bench");

const folder = await mkdtemp(join(tmpdir(), "damo-bench-"));
const redis = await startRedisServer();
const settings = redisSettingsOf(redis.url);
const { bundleFolder } = loadConfig(process.env).model;
const stores = redisStores(settings, folder);
const { namespace, timeoutMs } = settings;
const bundle = await readBundleIdentity(bundleFolder);
const connect = (overrides = {}) => createRedis(settings, overrides);
const queue = new BullMqWorkQueue({ bundle, memories: stores.memories }, { connect, namespace, timeoutMs });
const worker = new WorkerProcess({ DAMO_REDIS_URL: redis.url, DAMO_HOME: folder, DAMO_BUNDLE: bundleFolder });

try {
  const short = await addClip("short.mp4", 32);
  const long = await addClip("long.mp4", longSeconds);
  const url = await worker.started();
  await driveWatch(queue, { tenantId: TENANT, clipId: short, title: "short.mp4" });
  await ask(short, "warm up?", -1);

  const idle = await askAll("idle");
  const watching = await queue.watch({ tenantId: TENANT, clipId: long, title: "long.mp4" });
  const before = worker.windows.length;
  await worker.until(() => worker.windows.length >= before + 3);
  const startedAt = performance.now();
  const windowsBefore = worker.windows.length;
  const busy = await askAll("busy");
  const watchedMeanwhile = worker.windows.length - windowsBefore;
  const busySeconds = (performance.now() - startedAt) / 1000;
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const lag = (name: string) =>
    Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds ([\\d.e-]+)`, "m").exec(metrics)?.[1]);
  const stillWatching = (await queue.counts()).watch.running === 1;
  await queue.cancel(watching);

  const ratio = percentile(busy, 95) / percentile(idle, 95);
  const line = (name: string, times: number[]) =>
    console.log(
      `${name}: first token p50 ${percentile(times, 50).toFixed(0)} ms, p95 ${percentile(times, 95).toFixed(0)} ms`,
    );
  line("idle", idle);
  line("while watching", busy);
  console.log(
    `p95 ratio ${ratio.toFixed(2)} (${questions} questions each, ${bundle.name}, still watching at the end: ${stillWatching})`,
  );
  console.log(`watched ${watchedMeanwhile * 8} s of media in ${busySeconds.toFixed(1)} s beside the answers`);
  console.log(
    `event loop delay of the worker while watching: mean ${(1000 * lag("mean")).toFixed(1)} ms, p99 ${(1000 * lag("p99")).toFixed(1)} ms`,
  );

  async function askAll(name: string): Promise<number[]> {
    const times: number[] = [];
    for (let i = 0; i < questions; i++) times.push(await ask(short, `when does the ${name} thing appear?`, i));
    return times;
  }
} finally {
  await worker.end("SIGKILL");
  await queue.close();
  await Promise.all([stores.memories.close(), stores.threads.close()]);
  await redis.close();
  await rm(folder, { recursive: true, force: true });
}

/** Wall time from handing in to the first text or, where there is none, the answer; ms. */
async function ask(clipId: AnswerQuestionJob["clipIds"][number], question: string, index: number): Promise<number> {
  const askedAtMs = Date.now();
  const startedAt = performance.now();
  const jobId = await queue.ask({
    ...{ tenantId: TENANT, threadId: `${question}-${index}`, questionId: "q", clipIds: [clipId], question, askedAtMs },
  });
  let first: number | undefined;
  for await (const _ of queue.followAnswer(jobId)) first ??= performance.now() - startedAt;
  return first as number;
}

async function addClip(name: string, seconds: number) {
  const source = `testsrc2=s=320x180:r=10:d=${seconds}`;
  const path = await makeClip(folder, name, "-f", "lavfi", "-i", source, "-preset", "ultrafast", "-g", "50");
  const clipId = await clipIdOfFile(path);
  await stores.media.remember(TENANT, clipId, { path });
  return clipId;
}

function percentile(times: readonly number[], percent: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] as number;
}
