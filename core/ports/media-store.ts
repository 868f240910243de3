/**
 * Where a clip can be played from. Called by the bots (to remember, to play) and by core/forget-clip.ts; implemented by
 * memory/media-folder.ts. Suite: tests/contract/media-store.suite.ts.
 */
import type { ClipId, TenantId } from "../clip.ts";

export interface PlayableMedia {
  /** A local file that holds the very bytes that were watched. */
  readonly path: string;
  /** True when the store made the copy and removes it on `delete`; false when it is the user's own file. */
  readonly copied: boolean;
}

export interface MediaStore {
  /**
   * Remembers where the clip lies; with `copy`, keeps a copy of its own that outlives the original.
   * Remembering a clip again replaces what was known, but a copy once made is kept.
   */
  remember(tenantId: TenantId, clipId: ClipId, media: { path: string; copy?: boolean }): Promise<void>;
  /** `undefined` when nothing is known, or when the file has been moved or changed since. */
  find(tenantId: TenantId, clipId: ClipId): Promise<PlayableMedia | undefined>;
  /** Removes what is known and the copy, never the user's own file; says whether there was anything. */
  delete(tenantId: TenantId, clipId: ClipId): Promise<boolean>;
}
