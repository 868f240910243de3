/** `damo watch CLIP`: watch it now, so that every question is answered at once later. */
import { clockTime } from "../time-text.ts";
import type { CommandContext } from "./context.ts";
import { takeUpClip } from "./take-up-clip.ts";

export async function watch(context: CommandContext, clipName: string): Promise<void> {
  const { terminal } = context;
  const { clip, memory, cache, totalMs } = await takeUpClip(context, await context.services(), clipName);
  const known = cache === "hit" ? "was watched before" : "is remembered now";
  terminal.result(
    `${clip.title} (${clockTime(memory.info.durationSeconds)}) ${known}, as ${clip.clipId.slice(0, 12)}.\n`,
  );
  terminal.note(`Ask about it: damo ask ${clip.clipId.slice(0, 12)} "what happens?"`);
  terminal.line({
    type: "watched",
    clipId: clip.clipId,
    title: clip.title,
    durationSeconds: memory.info.durationSeconds,
    windows: memory.windows.length,
    cache,
    warnings: memory.warnings,
    timing: { totalMs },
    bundle: memory.bundle,
  });
}
