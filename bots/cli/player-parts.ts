/**
 * What the player needs, made of the services: the model is loaded by the first question or clip, ffmpeg sought by the
 * first clip that needs it.
 */
import { isIP } from "node:net";
import { join } from "node:path";
import { askThread, type Config, forgetClip, listMoments, type WorkQueue, watchClip } from "../../core/index.ts";
import { askThroughQueue } from "../ask-through-queue.ts";
import { ClipIntake } from "../web/clip-intake.ts";
import { CutMarks } from "../web/cut-marks.ts";
import { PlayableClips } from "../web/playable-clips.ts";
import type { PlayerDeps } from "../web/player-app.ts";
import type { Services } from "./services.ts";

export interface PlayerParts {
  readonly deps: PlayerDeps;
  /** Ends what is under way: clips that are watched or made playable. Both can be taken up again. */
  close(): Promise<void>;
}

/**
 * @param queue  questions go through it, behind those of the bots' threads; absent: they are answered right here
 * @throws DomainError `memory.unavailable`
 */
export async function playerParts(services: Services, now: () => number, queue?: WorkQueue): Promise<PlayerParts> {
  const { config, tenantId } = services;
  const stores = await services.stores();
  const { memories, threads, media, frames, lines } = stores;
  const playable = new PlayableClips(media, await services.clipEncoder());
  const intake = new ClipIntake(
    {
      media,
      async *watch(request) {
        yield* watchClip({ model: await services.model(), memories, frames, lines, now }, request);
      },
    },
    { tenantId, incomingFolder: join(config.home, "incoming"), maxClipBytes: config.decode.maxClipBytes },
  );
  const linkTtlMs = config.links.ttlHours * 3_600_000;
  return {
    deps: {
      memories,
      threads,
      media,
      frames,
      linkSecret: await services.linkSecret(),
      oldLinkSecrets: config.links.oldSecrets.map((secret) => secret.reveal()),
      now,
      async *ask(request) {
        if (queue) {
          yield* askThroughQueue({ queue, now }, request);
          return;
        }
        const [model, composer] = await Promise.all([services.model(), services.composer()]);
        yield* askThread({ model, memories, threads, lines, now, ...(composer && { composer }) }, request);
      },
      listMoments: async (request) => (await listMoments({ model: await services.model(), memories }, request)).moments,
      playable,
      cuts: new CutMarks(await services.cutFinder()),
      access: { adminToken: config.web.adminToken?.reveal(), localOnly: isLocalOnly(config.web) },
      home: { tenantId, intake, maxClipBytes: config.decode.maxClipBytes, linkTtlMs },
      admin: {
        tenants: async () => [tenantId],
        forget: (ofTenant, clipId) => forgetClip({ ...stores, now }, { tenantId: ofTenant, clipId }),
        linkTtlMs,
      },
    },
    close: async () => {
      await Promise.all([intake.close(), playable.close()]);
    },
  };
}

/** Whether nobody but this machine reaches the player. */
export function isLocalOnly({ host, publicUrl }: Pick<Config["web"], "host" | "publicUrl">): boolean {
  const isLoopback = host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
  return isLoopback && publicUrl === undefined;
}
