/** `damo watch CLIP`: watch it now, so that every question is answered at once later. */
import { suggestQuestions } from "../../core/index.ts";
import { clockTime } from "../time-text.ts";
import type { CommandContext } from "./context.ts";
import { takeUpClip } from "./take-up-clip.ts";

export async function watch(context: CommandContext, clipName: string): Promise<void> {
  const { terminal, signal, now } = context;
  const services = await context.services();
  const { clip, memory, cache, totalMs } = await takeUpClip(context, services, clipName);
  const suggestions = await suggestQuestions({ model: await services.model(), now }, { memory, signal });
  const known = cache === "hit" ? "was watched before" : "is remembered now";
  terminal.result(
    `${clip.title} (${clockTime(memory.info.durationSeconds)}) ${known}, as ${clip.clipId.slice(0, 12)}.\n`,
  );
  const [first = "what happens?", ...others] = suggestions;
  terminal.note(`Ask about it: damo ask ${clip.clipId.slice(0, 12)} "${first}"`);
  for (const question of others) terminal.note(`          or: "${question}"`);
  terminal.line({
    type: "watched",
    clipId: clip.clipId,
    title: clip.title,
    durationSeconds: memory.info.durationSeconds,
    windows: memory.windows.length,
    cache,
    warnings: memory.warnings,
    suggestions,
    timing: { totalMs },
    bundle: memory.bundle,
  });
}
