/** A clip that the fake model has watched, with everything askThread needs. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type LineTrack, watchClip } from "../../core/index.ts";
import { createFakeClipModel } from "./fake-clip-model.ts";
import { InMemoryClipMemoryStore } from "./in-memory-clip-memory-store.ts";
import { InMemoryLineStore } from "./in-memory-line-store.ts";
import { InMemoryThreadStore } from "./in-memory-thread-store.ts";
import { CLIP, TENANT } from "./memory-builders.ts";
import { scratchFolder } from "./scratch-folder.ts";

/** @param words  one a window of 8 s */
export async function aWatchedClip(words: string, track?: LineTrack) {
  const path = join(await scratchFolder(), "clip.words");
  await writeFile(path, words);
  const deps = {
    model: createFakeClipModel(),
    memories: new InMemoryClipMemoryStore(),
    threads: new InMemoryThreadStore(),
    lines: new InMemoryLineStore(),
  };
  if (track) await deps.lines.put(TENANT, CLIP, track);
  for await (const _ of watchClip(deps, { tenantId: TENANT, clipId: CLIP, title: "clip.words", path }));
  return { ...deps, tenantId: TENANT, clipId: CLIP };
}
