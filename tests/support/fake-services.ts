/** The services of bots/main.ts with the fake model, real stores, and neither bundle nor ffmpeg. */
import type { Services } from "../../bots/cli/services.ts";
import { linkSecret } from "../../bots/link-secret.ts";
import { asTenantId, DomainError, loadConfig } from "../../core/index.ts";
import { benchMemory, embeddedStores } from "../../memory/index.ts";
import { createFakeClipModel } from "./fake-clip-model.ts";

/** @param env  as for `damo`, with FAKE_WINDOW_MS and FAKE_CONFIDENCE for the fake model */
export async function createFakeServices(env: Readonly<Record<string, string | undefined>>): Promise<Services> {
  const config = loadConfig(env);
  const stores = embeddedStores(config.home);
  const model = createFakeClipModel({
    windowMs: Number(env["FAKE_WINDOW_MS"] ?? 0),
    confidence: Number(env["FAKE_CONFIDENCE"] ?? 0.9),
  });
  return {
    config,
    tenantId: asTenantId(config.tenantId),
    stores: async () => stores,
    model: async () => model,
    // One after the other, which is not a JPEG but shows what came in.
    strips: { makeStrip: async (frames) => Buffer.concat(frames) },
    composer: async () => undefined,
    linkSecret: () => linkSecret(config.home, config.links.secret?.reveal()),
    verifyBundle: async (folder) => {
      throw new DomainError("model.bundle_missing", "the fake model has no bundle", { details: { file: folder } });
    },
    cutFinder: async () => ({ findCuts: async () => [] }),
    clipEncoder: async () => ({
      cut: async () => undefined,
      makePlayable: async () => {
        throw new DomainError("setup.ffmpeg_missing", "the fake services have none");
      },
    }),
    findFfmpeg: async () => {
      throw new DomainError("setup.ffmpeg_missing", "the fake model needs none");
    },
    checkProvider: async () => "cpu",
    checkRedis: async () => undefined,
    startWorker: async () => {
      throw new DomainError("config.invalid", "the fake services have no Redis");
    },
    startBots: async () => {
      throw new DomainError("config.invalid", "the fake services have no Redis");
    },
    startAll: async () => {
      throw new DomainError("config.invalid", "the fake services have no bots");
    },
    ops: async () => async () => undefined,
    queueDesk: async () => {
      throw new DomainError("config.invalid", "the fake services have no Redis");
    },
    benchMemory: async (signal) => benchMemory({ redis: config.redis, signal, rounds: 3, clipMinutes: [1] }),
    close: async () => {
      await Promise.all([model.close(), stores.memories.close(), stores.threads.close()]);
    },
  };
}
