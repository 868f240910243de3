/** What the player needs of the services: the model is loaded by the first question, ffmpeg sought by the first clip that needs it. */
import { askThread, listMoments } from "../../core/index.ts";
import { PlayableClips } from "../web/playable-clips.ts";
import type { PlayerDeps } from "../web/player-app.ts";
import type { Services } from "./services.ts";

export interface PlayerParts {
  readonly deps: PlayerDeps;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** @throws DomainError `memory.unavailable` */
export async function playerParts(services: Services, now: () => number): Promise<PlayerParts> {
  const { config } = services;
  const { memories, threads, media, frames } = await services.stores();
  const playable = new PlayableClips(media, await services.clipEncoder());
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
        yield* askThread({ model: await services.model(), memories, threads, now }, request);
      },
      listMoments: async (request) => (await listMoments({ model: await services.model(), memories }, request)).moments,
      playable,
    },
    close: () => playable.close(),
  };
}
