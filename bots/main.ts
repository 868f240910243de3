/** The composition root of the `damo` command: reads the environment, chooses the adapters, ends the process. */
import { readFileSync } from "node:fs";
import type { ClipMemory, WorkQueue } from "../core/index.ts";
import type { ServiceLog } from "../workers/index.ts";
import { runCli } from "./cli/run-cli.ts";
import type { Services } from "./cli/services.ts";

/** Everything heavy is imported inside: `damo --help` loads none of it, `damo forget` no model. */
async function createServices(): Promise<Services> {
  const { asTenantId, DomainError, loadConfig, suggestQuestions } = await import("../core/index.ts");
  const config = loadConfig(process.env);

  const findFfmpeg = async () => {
    const { resolveFfmpeg } = await import("../model/index.ts");
    return resolveFfmpeg({ configured: config.decode.ffmpegBin, searchPath: process.env["PATH"] });
  };
  const openStores = async () => {
    const { embeddedStores, redisStores } = await import("../memory/index.ts");
    return config.redis ? redisStores(config.redis, config.home) : embeddedStores(config.home);
  };
  const loadModel = async () => {
    const { createClipModel, loadBundle } = await import("../model/index.ts");
    const bundle = await loadBundle(config.model.bundleFolder);
    return createClipModel({ bundle, findFfmpeg }, { ...config.model, decode: config.decode });
  };

  const sharedStores = () => {
    stores ??= openStores();
    return stores;
  };
  const openQueue = async () => {
    const { createRedis } = await import("../memory/index.ts");
    const { BullMqWorkQueue } = await import("../workers/index.ts");
    const { readBundleIdentity } = await import("../model/index.ts");
    const { redis } = config;
    if (!redis) {
      throw new DomainError("config.invalid", "the queue needs Redis", {
        details: { problem: "there is a queue between processes only with Redis: set DAMO_REDIS_URL" },
      });
    }
    const { memories } = await sharedStores();
    const connect = (overrides = {}) => createRedis(redis, overrides);
    const { namespace, timeoutMs } = redis;
    const bundle = await readBundleIdentity(config.model.bundleFolder);
    return new BullMqWorkQueue({ bundle, memories }, { connect, namespace, timeoutMs, ...config.work });
  };

  /** The bots of this process, with what they need of it. */
  const openBotsOn = async (queue: WorkQueue, log: ServiceLog) => {
    const { openBots } = await import("./chat/open-bots.ts");
    const { strips, clipEncoder, linkSecret } = services;
    const [shared, encoder, secret] = [await sharedStores(), await clipEncoder(), await linkSecret()];
    return openBots(config, { stores: shared, queue, strips, encoder, linkSecret: secret, now: Date.now, log });
  };

  const startBots = async () => {
    const { createServiceLog, createWorkMetrics, serveOps } = await import("../workers/index.ts");
    const queue = await openQueue();
    const log = createServiceLog(config.logLevel, "bots");
    const bots = await openBotsOn(queue, log).catch(async (error: unknown) => {
      await queue.close();
      throw error;
    });
    const { registry } = createWorkMetrics({ counts: () => queue.counts() });
    const ready = async () => void (await queue.counts());
    const close = async () => {
      await bots.close();
      await queue.close();
    };
    const address = { host: config.ops.host, port: config.ops.botsPort, setting: "DAMO_BOTS_PORT" };
    const ops = await serveOps({ registry, ready }, address).catch(async (error: unknown) => {
      await close();
      throw error;
    });
    log.info({ platforms: bots.platforms, url: ops.url }, "the bots are there");
    return {
      urls: { bots: ops.url },
      close: async () => {
        await ops.close();
        await close();
        log.info("the bots have ended");
      },
    };
  };

  /** One after the other, each closed again in the opposite order, also when a later one does not start. */
  const startAll = async () => {
    const { createServiceLog, createWorkMetrics, InProcessWorkQueue, loggingObserver, observers, opsReply } =
      await import("../workers/index.ts");
    const { playerParts } = await import("./cli/player-parts.ts");
    const { servePlayer } = await import("./web/serve-player.ts");
    const log = createServiceLog(config.logLevel, "damo");
    const closing: (() => Promise<void>)[] = [];
    const close = async () => {
      for (const end of closing.splice(0).reverse()) await end();
      log.info("damo has ended");
    };
    const urls: Record<string, string> = {};
    try {
      let queue: WorkQueue;
      const metrics = createWorkMetrics({ counts: () => queue.counts() });
      if (config.redis) {
        const worker = await services.startWorker();
        closing.push(() => worker.close());
        Object.assign(urls, worker.urls);
        queue = await openQueue();
      } else {
        const observer = observers(metrics.observer, loggingObserver(log));
        const composer = await services.composer();
        const model = await services.model();
        const deps = {
          ...(await sharedStores()),
          model,
          ...(composer && { composer }),
          suggestQuestions: (memory: ClipMemory, signal: AbortSignal) =>
            suggestQuestions({ model }, { memory, signal }),
        };
        queue = new InProcessWorkQueue(deps, { ...config.work, observer });
      }
      closing.push(() => queue.close());
      const parts = await playerParts(services, Date.now, queue);
      closing.push(() => parts.close());
      const ready = async () => void (await queue.counts());
      const ops = (path: string) => opsReply({ registry: metrics.registry, ready }, path);
      const player = await servePlayer({ ...parts.deps, ops }, config.web);
      closing.push(() => player.close());
      urls["player"] = player.baseUrl;
      if (config.slack || config.discord) {
        const bots = await openBotsOn(queue, log);
        closing.push(() => bots.close());
        log.info({ platforms: bots.platforms }, "the bots are there");
      }
      return { urls, close };
    } catch (error) {
      await close();
      throw error;
    }
  };

  let stores: ReturnType<typeof openStores> | undefined;
  let model: ReturnType<typeof loadModel> | undefined;
  const services: Services = {
    config,
    tenantId: asTenantId(config.tenantId),
    findFfmpeg,
    stores: sharedStores,
    model: () => (model ??= loadModel()),
    strips: {
      makeStrip: async (frames, signal) => {
        const { makeContactStrip } = await import("../model/index.ts");
        return makeContactStrip({ ffmpeg: await findFfmpeg(), signal }, frames);
      },
    },
    composer: async () => {
      if (!config.composer) return undefined;
      const { createChatModelComposer, openAiModel } = await import("./langchain/index.ts");
      const { model: name, timeoutMs } = config.composer;
      const onRefused = (reason: string) => {
        process.stderr.write(`damo: ${name} did not word this answer (${reason}); the plain answer is given.\n`);
      };
      return createChatModelComposer(openAiModel(config.composer), { name, timeoutMs, onRefused });
    },
    linkSecret: async () => {
      const { linkSecret } = await import("./link-secret.ts");
      return linkSecret(config.home, config.links.secret?.reveal());
    },
    cutFinder: async () => (await import("../model/index.ts")).createCutFinder({ findFfmpeg }, config.decode),
    clipEncoder: async () => (await import("../model/index.ts")).createClipEncoder({ findFfmpeg }, config.decode),
    verifyBundle: async (folder) => (await (await import("../model/index.ts")).loadBundle(folder)).manifest,
    startWorker: async () => {
      const { startWorker } = await import("../workers/main.ts");
      const { url, close } = await startWorker(process.env);
      return { urls: { worker: url }, close };
    },
    checkProvider: async () => {
      const { loadBundle, probeProvider } = await import("../model/index.ts");
      return probeProvider(await loadBundle(config.model.bundleFolder), config.model.provider);
    },
    checkRedis: async () => {
      if (!config.redis) return undefined;
      const { redisFacts } = await import("../workers/index.ts");
      const { createRedis } = await import("../memory/index.ts");
      return redisFacts(createRedis(config.redis));
    },
    startBots,
    startAll,
    ops: async () => {
      const { createWorkMetrics, opsReply } = await import("../workers/index.ts");
      const { registry } = createWorkMetrics();
      const ready = async () => void (await (await sharedStores()).memories.list(asTenantId(config.tenantId)));
      return (path) => opsReply({ registry, ready }, path);
    },
    queueDesk: openQueue,
    benchMemory: async (signal) => (await import("../memory/index.ts")).benchMemory({ redis: config.redis, signal }),
    close: async () => {
      // What could not be made has been reported where it was asked for.
      await (await model?.catch(() => undefined))?.close();
      const opened = await stores?.catch(() => undefined);
      await Promise.all([opened?.memories.close(), opened?.threads.close()]);
    },
  };
  return services;
}

const packageFile = new URL("../package.json", import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { version: string };

const cancelled = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // The second time nobody wants to wait for anything.
    if (cancelled.signal.aborted) process.exit(130);
    cancelled.abort();
  });
}

// `damo moments ... | head -3`: the reader has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  version,
  signal: cancelled.signal,
  now: Date.now,
  createServices,
});
