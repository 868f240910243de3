/**
 * After the bundle was replaced, the memories that the old one made are misses. This hands their clips in again as
 * background work, where their bytes are still kept, so that people who come back find them watched.
 */
import {
  type BundleIdentity,
  type ClipMemoryStore,
  isDomainError,
  type MediaStore,
  type TenantId,
  type WorkQueue,
} from "../core/index.ts";

export interface RebuildDeps {
  readonly memories: Pick<ClipMemoryStore, "list">;
  readonly media: Pick<MediaStore, "find">;
  readonly queue: Pick<WorkQueue, "watch">;
  /** The one in use. */
  readonly bundle: BundleIdentity;
}

/**
 * Safe to repeat, and for several workers at once: a clip is one job.
 *
 * @returns how many clips were handed in
 */
export async function rebuildOldMemories(
  { memories, media, queue, bundle }: RebuildDeps,
  tenants: readonly TenantId[],
  signal: AbortSignal,
): Promise<number> {
  let handedIn = 0;
  for (const tenantId of tenants) {
    const all = await memories.list(tenantId);
    const current = new Set(
      all.filter(({ key }) => key.bundleFingerprint === bundle.fingerprint).map(({ key }) => key.clipId),
    );
    const old = new Map(all.filter(({ key }) => !current.has(key.clipId)).map((memory) => [memory.key.clipId, memory]));
    for (const [clipId, { title }] of old) {
      if (signal.aborted) return handedIn;
      if (!(await media.find(tenantId, clipId))) continue;
      try {
        await queue.watch({ tenantId, clipId, title, background: true });
        handedIn++;
      } catch (error) {
        // What is waiting already comes first; the rest is handed in when a worker starts again.
        if (isDomainError(error) && error.code === "queue.busy") break;
        throw error;
      }
    }
  }
  return handedIn;
}
