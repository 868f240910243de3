/** `damo forget CLIP|--all`: the memory, the turns about it and what is known of its file, gone. The file itself stays. */
import { DomainError, forgetClip } from "../../core/index.ts";
import { sizeText } from "../time-text.ts";
import type { CommandContext } from "./context.ts";
import { type FoundClip, findClip } from "./find-clip.ts";

export async function forget(
  context: CommandContext,
  clipName: string | undefined,
  options: { readonly all?: boolean },
): Promise<void> {
  if ((clipName === undefined) === (options.all !== true)) {
    throw new DomainError("usage", "CLIP or --all", { details: { problem: "name one clip, or give --all" } });
  }
  const { terminal, signal } = context;
  const services = await context.services();
  const { tenantId, config } = services;
  const stores = await services.stores();
  const remembered = await stores.memories.list(tenantId);

  const clips: readonly FoundClip[] =
    clipName === undefined
      ? [...new Map(remembered.map(({ key, title }) => [key.clipId, { clipId: key.clipId, title }])).values()]
      : [await findClip({ stores, tenantId, maxClipBytes: config.decode.maxClipBytes, signal }, clipName)];
  if (clips.length === 0) terminal.note("Nothing was remembered.");

  for (const { clipId, title } of clips) {
    const sizeBytes = remembered
      .filter(({ key }) => key.clipId === clipId)
      .reduce((sum, memory) => sum + memory.sizeBytes, 0);
    const receipt = await forgetClip(stores, { tenantId, clipId });
    const { memoryRemoved, turnsRemoved, mediaRemoved, framesRemoved, linesRemoved } = receipt;
    const turns = turnsRemoved === 1 ? "1 answer" : `${turnsRemoved} answers`;
    terminal.result(
      memoryRemoved || turnsRemoved > 0 || mediaRemoved || framesRemoved || linesRemoved
        ? `Forgot ${title}: ${sizeText(sizeBytes)} of memory, ${turns}${framesRemoved ? ", its frames" : ""}${linesRemoved ? ", its subtitles" : ""}. The file itself was not touched.\n`
        : `Nothing was remembered of ${title}.\n`,
    );
    terminal.line({
      type: "forgotten",
      clipId,
      title,
      memoryRemoved,
      turnsRemoved,
      mediaRemoved,
      framesRemoved,
      linesRemoved,
    });
  }
}
