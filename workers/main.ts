/**
 * The composition root of a worker: reads the environment, chooses the adapters. `damo worker` and `damo start` begin it; it
 * ends when they say so.
 */
import { asTenantId, type ClipMemory, type Config, DomainError, loadConfig, suggestQuestions } from "../core/index.ts";
import { createRedis, redisStores } from "../memory/index.ts";
import { createClipModel, loadBundle, probeProvider, resolveFfmpeg } from "../model/index.ts";
import { BullMqWorkQueue } from "./bullmq-work-queue.ts";
import { JobWorker } from "./job-worker.ts";
import { serveOps } from "./ops-server.ts";
import { rebuildOldMemories } from "./rebuild-old-memories.ts";
import { createServiceLog, loggingObserver, observers } from "./service-log.ts";
import { createWorkMetrics } from "./work-metrics.ts";

export interface RunningWorker {
  /** Where it says how it is. */
  readonly url: string;
  /** Takes nothing more, finishes what is in hand, hands the rest to others. */
  close(): Promise<void>;
}

/** @throws DomainError `config.invalid` without a Redis, or when the port is taken; `model.*`; `setup.ffmpeg_missing` */
export async function startWorker(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<RunningWorker> {
  const config = loadConfig(env);
  const { redis } = config;
  if (!redis) {
    throw new DomainError("config.invalid", "a worker needs Redis", {
      details: { problem: "a worker meets the bots in Redis: set DAMO_REDIS_URL, or use `damo start`" },
    });
  }
  const log = createServiceLog(config.logLevel, "worker");
  const bundle = await loadBundle(config.model.bundleFolder);
  const findFfmpeg = () => resolveFfmpeg({ configured: config.decode.ffmpegBin, searchPath: env["PATH"] });
  await findFfmpeg();
  const provider = await probeProvider(bundle, config.model.provider);
  const model = createClipModel({ bundle, findFfmpeg }, { ...config.model, decode: config.decode });
  const stores = redisStores(redis, config.home);

  const link = {
    connect: (overrides = {}) => createRedis(redis, overrides),
    namespace: redis.namespace,
    timeoutMs: redis.timeoutMs,
  };
  const queue = new BullMqWorkQueue(
    { bundle: bundle.identity, memories: stores.memories },
    { ...link, ...config.work },
  );
  const tenants = async () => [...new Set([asTenantId(config.tenantId), ...(await stores.ledger.tenants())])];
  const metrics = createWorkMetrics({
    counts: () => queue.counts(),
    memories: async () => {
      const lists = await Promise.all((await tenants()).map((tenantId) => stores.memories.list(tenantId)));
      const all = lists.flat();
      return { clips: all.length, bytes: all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
    },
  });
  const composer = await openComposer(config, (reason) => log.warn({ reason }, "the plain answer is given"));
  const deps = {
    model,
    ...stores,
    ...(composer && { composer }),
    suggestQuestions: (memory: ClipMemory, signal: AbortSignal) => suggestQuestions({ model }, { memory, signal }),
  };
  const worker = new JobWorker(deps, {
    ...link,
    answerConcurrency: config.work.answerConcurrency,
    observer: observers(metrics.observer, loggingObserver(log)),
  });
  const opsAddress = { host: config.ops.host, port: config.ops.workerPort, setting: "DAMO_WORKER_PORT" };
  const ops = await serveOps({ registry: metrics.registry, ready: () => worker.ping() }, opsAddress).catch(
    async (error: unknown) => {
      await Promise.all([worker.close(), queue.close(), model.close()]);
      throw error;
    },
  );
  const { name, version } = bundle.identity;
  log.info({ url: ops.url, bundle: `${name} ${version}`, provider }, "the worker takes jobs");

  const stopped = new AbortController();
  const rebuilding = tenants()
    .then((all) => rebuildOldMemories({ ...stores, queue, bundle: bundle.identity }, all, stopped.signal))
    .then((count) => count > 0 && log.info({ clips: count }, "memories of older bundles are made again"))
    .catch((err: unknown) => log.warn({ err }, "memories of older bundles were not looked at"));

  return {
    url: ops.url,
    async close() {
      log.info({ running: worker.running }, "the worker drains");
      stopped.abort();
      await worker.close();
      await rebuilding;
      await ops.close();
      await queue.close();
      await model.close();
      await Promise.all([stores.memories.close(), stores.threads.close()]);
      log.info("the worker has ended");
    },
  };
}

/** Another model's words around our facts, where one is configured (docs/langchain.md). */
async function openComposer({ composer }: Config, onRefused: (reason: string) => void) {
  if (!composer) return undefined;
  const { createChatModelComposer, openAiModel } = await import("../bots/langchain/index.ts");
  return createChatModelComposer(openAiModel(composer), {
    name: composer.model,
    timeoutMs: composer.timeoutMs,
    onRefused,
  });
}
