/** Forget a clip: its memory, what was said about it, its frames and lines and our copy of it, with a receipt of what was removed. */
import type { ClipId, TenantId } from "./clip.ts";
import type { ClipMemoryStore } from "./ports/clip-memory-store.ts";
import type { FrameStore } from "./ports/frame-store.ts";
import type { LineStore } from "./ports/line-store.ts";
import type { MediaStore } from "./ports/media-store.ts";
import type { ThreadStore } from "./ports/thread-store.ts";
import { stopWatching } from "./watch-clip.ts";

export interface ForgetClipDeps {
  readonly memories: ClipMemoryStore;
  readonly threads: ThreadStore;
  readonly media: Pick<MediaStore, "delete">;
  readonly frames?: FrameStore;
  readonly lines?: LineStore;
  /** Wall time, ms since the epoch. */
  readonly now?: () => number;
}

export interface ForgetReceipt {
  readonly clipId: ClipId;
  /** Whether there was a memory, by whatever bundle. */
  readonly memoryRemoved: boolean;
  readonly turnsRemoved: number;
  /** Whether it was known where the clip can be played from. The user's own file is never touched. */
  readonly mediaRemoved: boolean;
  /** Whether evidence frames had been kept. */
  readonly framesRemoved: boolean;
  /** Whether subtitles or a transcript had been kept. */
  readonly linesRemoved: boolean;
  /** Wall time, ms since the epoch. */
  readonly forgottenAtMs: number;
}

/** Safe to repeat, also after an error half way. @throws DomainError `memory.unavailable` */
export async function forgetClip(
  { memories, threads, media, frames, lines, now = Date.now }: ForgetClipDeps,
  { tenantId, clipId }: { readonly tenantId: TenantId; readonly clipId: ClipId },
): Promise<ForgetReceipt> {
  await stopWatching(memories, tenantId, clipId);
  // The memory first: without it, a question that is being answered right now leaves no turn behind.
  const memoryRemoved = await memories.delete(tenantId, clipId);
  const turnsRemoved = await threads.forgetClip(tenantId, clipId);
  const mediaRemoved = await media.delete(tenantId, clipId);
  const framesRemoved = (await frames?.delete(tenantId, clipId)) ?? false;
  const linesRemoved = (await lines?.delete(tenantId, clipId)) ?? false;
  return { clipId, memoryRemoved, turnsRemoved, mediaRemoved, framesRemoved, linesRemoved, forgottenAtMs: now() };
}
