/** A clip's table of contents, from its memory alone. */
import type { ClipId, TenantId } from "./clip.ts";
import { type ClipMemoryIndex, memoryKeyOf, watchedSecondsOf } from "./clip-memory.ts";
import { DomainError } from "./errors.ts";
import type { ClipMemoryStore } from "./ports/clip-memory-store.ts";
import type { ClipModel, Moment } from "./ports/clip-model.ts";
import { storedWindows } from "./window-source.ts";

export interface ListMomentsDeps {
  readonly model: ClipModel;
  readonly memories: ClipMemoryStore;
}

export interface ListMomentsRequest {
  readonly tenantId: TenantId;
  readonly clipId: ClipId;
  readonly signal?: AbortSignal;
}

/** @throws DomainError `memory.not_watched`; what the model and the store throw, unchanged */
export async function listMoments(
  { model, memories }: ListMomentsDeps,
  { tenantId, clipId, signal }: ListMomentsRequest,
): Promise<{ moments: readonly Moment[]; memory: ClipMemoryIndex }> {
  const memory = await memories.readIndex(memoryKeyOf(tenantId, clipId, model.bundle));
  if (!memory?.windows.length) throw new DomainError("memory.not_watched", "nothing of this clip is remembered");
  const durationSeconds = memory.complete ? memory.info.durationSeconds : watchedSecondsOf(memory);
  const moments = await model.moments({
    windows: storedWindows(memories, memory),
    durationSeconds,
    ...(signal && { signal }),
  });
  return { moments, memory };
}
