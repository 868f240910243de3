/**
 * Time to the first word of an answer while the same worker watches a clip of two hours, beside the same when it is idle.
 * A real `damo worker`, a real redis-server, and questions about another clip. The two are measured in turn: the watch is
 * stopped for the idle questions and goes on, from its last window, for the others.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { asTenantId, type ClipId, clipIdOfFile, isLastEvent, seededRandom } from "../../core/index.ts";
import { createRedis, redisStores } from "../../memory/index.ts";
import { readBundleIdentity } from "../../model/index.ts";
import { BullMqWorkQueue } from "../../workers/index.ts";
import { testFfmpeg } from "./media-clips.ts";
import { startRedisServer } from "./redis-server.ts";
import { redisSettingsOf } from "./redis-settings.ts";
import { driveWatch } from "./work-driver.ts";
import { WorkerProcess } from "./worker-process.ts";

const MEADOW = new URL("../../docs/demo/meadow.mp4", import.meta.url).pathname;
const MEADOW_SECONDS = 24;
const WINDOW_SECONDS = 8;
const TENANT = asTenantId("bench");
/** Between an answer and the next question. */
const SHORTEST_PAUSE_MS = 30;
const MORE_PAUSE_MS = 100;
const QUESTIONS = ["when does the dog bark?", "is there a cat?", "what happens first?", "where is the meadow?"];

/** First words of one turn: idle, then while watching. */
export interface FirstTokenBlock {
  /** ms, one a question */
  readonly idle: readonly number[];
  /** ms, one a question */
  readonly watching: readonly number[];
  /** From handing the long clip in to its first window: opening it again and going where it stood. */
  readonly openingSeconds: number;
  /** Media watched beside those answers, and how long they took. */
  readonly watchedSeconds: number;
  readonly wallSeconds: number;
}

export interface FirstTokenBench {
  block(questions: number): Promise<FirstTokenBlock>;
  /** Idle only. ms, one a question. */
  idle(questions: number): Promise<readonly number[]>;
  /** How far the long clip has been watched, seconds. */
  readonly watchedSeconds: number;
  /** The worker's event loop since it started, ms. */
  eventLoopDelay(): Promise<{ readonly mean: number; readonly p99: number }>;
  close(): Promise<void>;
}

export async function firstTokenBench(options: {
  readonly bundleFolder: string;
  readonly longSeconds: number;
}): Promise<FirstTokenBench> {
  const { bundleFolder, longSeconds } = options;
  const folder = await mkdtemp(join(tmpdir(), "damo-first-token-"));
  const redis = await startRedisServer();
  const settings = redisSettingsOf(redis.url);
  const stores = redisStores(settings, folder);
  const { namespace, timeoutMs } = settings;
  const connect = (overrides = {}) => createRedis(settings, overrides);
  const bundle = await readBundleIdentity(bundleFolder);
  const queue = new BullMqWorkQueue({ bundle, memories: stores.memories }, { connect, namespace, timeoutMs });
  const worker = new WorkerProcess({ DAMO_REDIS_URL: redis.url, DAMO_HOME: folder, DAMO_BUNDLE: bundleFolder });
  const close = async () => {
    await worker.end("SIGKILL");
    await queue.close();
    await Promise.all([stores.memories.close(), stores.threads.close()]);
    await redis.close();
    await rm(folder, { recursive: true, force: true });
  };

  const random = seededRandom(1);
  let asked = 0;
  /** Wall time from handing in to the first event. */
  async function ask(clipId: ClipId): Promise<number> {
    // Nobody asks the moment an answer is there: questions come at any instant of the steps of a watch.
    await setTimeout(SHORTEST_PAUSE_MS + MORE_PAUSE_MS * random());
    const question = QUESTIONS[asked % QUESTIONS.length] as string;
    const threadId = `thread-${asked++}`;
    const askedAtMs = Date.now();
    const startedAt = performance.now();
    const jobId = await queue.ask({
      ...{ tenantId: TENANT, threadId, questionId: "q", clipIds: [clipId], question, askedAtMs },
    });
    let first: number | undefined;
    for await (const { event } of queue.followAnswer(jobId)) {
      first ??= performance.now() - startedAt;
      if (event.type === "failed") throw new Error(`an answer failed: ${event.code}`);
    }
    return first as number;
  }

  try {
    const short = await aClip("short.mp4", MEADOW_SECONDS);
    const long = await aClip("long.mp4", longSeconds);
    const url = await worker.started();
    await driveWatch(queue, { tenantId: TENANT, clipId: short, title: "short.mp4" });
    const idle = async (questions: number) => {
      const times: number[] = [];
      while (times.length < questions) times.push(await ask(short));
      return times;
    };
    await idle(QUESTIONS.length); // loads what answering needs

    return {
      idle,
      close,
      get watchedSeconds() {
        return Math.max(0, ...worker.windows) + WINDOW_SECONDS;
      },

      async block(questions) {
        const quiet = await idle(questions);
        const before = worker.windows.length;
        const handedInAt = performance.now();
        const jobId = await queue.watch({ tenantId: TENANT, clipId: long, title: "long.mp4" });
        let ended: string | undefined;
        const followed = (async () => {
          for await (const { event } of queue.followWatch(jobId)) ended = isLastEvent(event) ? event.type : undefined;
        })();
        await worker.until(() => worker.windows.length > before);
        const openingSeconds = (performance.now() - handedInAt) / 1000;
        await worker.until(() => worker.windows.length >= before + 2);
        const underWay = worker.windows.length;
        const startedAt = performance.now();
        const watching: number[] = [];
        while (watching.length < questions) {
          watching.push(await ask(short));
          // What was asked beside no watch proves nothing.
          if (ended !== undefined || (await queue.counts()).watch.running !== 1) {
            throw new Error(`the clip of ${longSeconds} s is not being watched any more: ${ended}`);
          }
        }
        const wallSeconds = (performance.now() - startedAt) / 1000;
        const watchedSeconds = (worker.windows.length - underWay) * WINDOW_SECONDS;
        await queue.cancel(jobId);
        await followed;
        return { idle: quiet, watching, openingSeconds, watchedSeconds, wallSeconds };
      },

      async eventLoopDelay() {
        const metrics = await (await fetch(`${url}/metrics`)).text();
        const ms = (name: string) =>
          1000 * Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds ([\\d.e-]+)`, "m").exec(metrics)?.[1]);
        return { mean: ms("mean"), p99: ms("p99") };
      },
    };
  } catch (error) {
    await close();
    throw error;
  }

  /** The demo clip, small, again and again: encoded once, then copied. With sound. */
  async function aClip(name: string, seconds: number): Promise<ClipId> {
    const [small, path] = [join(folder, "small.mp4"), join(folder, name)];
    const ffmpeg = (...args: string[]) =>
      promisify(execFile)(testFfmpeg.path, ["-loglevel", "error", "-nostdin", "-y", ...args]);
    const encoding = [
      "-c:v",
      "libx264",
      "-preset",
      "ultrafast",
      "-crf",
      "30",
      "-c:a",
      "aac",
      "-b:a",
      "32k",
      "-ac",
      "1",
    ];
    await ffmpeg("-i", MEADOW, "-vf", "scale=320:180", ...encoding, small);
    const times = Math.ceil(seconds / MEADOW_SECONDS) - 1;
    await ffmpeg("-stream_loop", String(times), "-i", small, "-c", "copy", "-t", String(seconds), path);
    const clipId = await clipIdOfFile(path);
    await stores.media.remember(TENANT, clipId, { path });
    return clipId;
  }
}
