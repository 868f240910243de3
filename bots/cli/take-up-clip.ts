/** The common start of `ask`, `watch` and `moments`: find the clip, watch what has not been watched, show how it goes. */
import { type CacheOutcome, type ClipMemory, watchClip } from "../../core/index.ts";
import { replyForWarning } from "../replies.ts";
import { clockTime, elapsedTime } from "../time-text.ts";
import type { CommandContext } from "./context.ts";
import { type FoundClip, findClip } from "./find-clip.ts";
import type { Services } from "./services.ts";
import { createProgressBar, watchProgress } from "./watch-progress.ts";

export interface TakenUpClip {
  readonly clip: FoundClip;
  readonly memory: ClipMemory;
  readonly cache: CacheOutcome;
  /** Wall time of finding and watching, with the loading of the model. */
  readonly totalMs: number;
}

/** @throws DomainError as findClip, watchClip and the making of the model */
export async function takeUpClip(context: CommandContext, services: Services, name: string): Promise<TakenUpClip> {
  const { terminal, signal, now } = context;
  const { tenantId, config } = services;
  const startedAtMs = now();
  const stores = await services.stores();
  const clip = await findClip({ stores, tenantId, maxClipBytes: config.decode.maxClipBytes, signal }, name);
  const { clipId, title, path } = clip;
  const model = await services.model();

  const bar = terminal.progressStream && createProgressBar(terminal.progressStream);
  let openedAtMs = now();
  let resumedAtSeconds = 0;
  const show = (watchedSeconds: number, durationSeconds: number) => {
    const pace = { startedAtMs: openedAtMs, nowMs: now(), resumedAtSeconds, watchedSeconds, durationSeconds };
    const progress = watchProgress(pace);
    bar?.show(progress);
    terminal.line({ type: "progress", clipId, ...progress });
  };
  try {
    // A clip whose file is gone has to be remembered whole; if not, opening "its former name" says what is missing.
    const request = { tenantId, clipId, title, path: path ?? name, signal };
    for await (const event of watchClip({ ...stores, model, now }, request)) {
      // As soon as it is known to be a clip: what is played must be the bytes that were hashed a moment ago.
      const proven = event.type === "opened" || (event.type === "watched" && event.cache === "hit");
      if (proven && path !== undefined) await stores.media.remember(tenantId, clipId, { path });

      if (event.type === "opened") {
        openedAtMs = now();
        resumedAtSeconds = event.resumedAtSeconds;
        show(resumedAtSeconds, event.info.durationSeconds);
      } else if (event.type === "window") {
        show(event.watchedSeconds, event.durationSeconds);
      } else {
        bar?.clear();
        const { memory, cache } = event;
        if (cache !== "hit") {
          const watchedSeconds = memory.info.durationSeconds - resumedAtSeconds;
          const watchMs = now() - openedAtMs;
          const speed = watchMs > 0 ? `, ${((1000 * watchedSeconds) / watchMs).toFixed(1)}x real time` : "";
          terminal.note(
            `Watched ${title} (${clockTime(memory.info.durationSeconds)}) in ${elapsedTime(watchMs)}${speed}.`,
          );
        }
        for (const warning of memory.warnings) terminal.note(replyForWarning(warning));
        return { clip, memory, cache, totalMs: now() - startedAtMs };
      }
    }
  } finally {
    bar?.clear();
  }
  throw new Error("watchClip ended without an outcome");
}
