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
  remember(
    tenantId: TenantId,
    clipId: ClipId,
    media: {
      path: string;
      copy?: boolean;
      /** The page that the clip came from, e.g. on YouTube; kept until the clip is forgotten, also when a copy is not. */
      originUrl?: string;
    },
  ): Promise<void>;
  /** `undefined` when nothing is known, or when the file has been moved or changed since. */
  find(tenantId: TenantId, clipId: ClipId): Promise<PlayableMedia | undefined>;
  /** Where the clip came from, when that is known; also when its file is gone. */
  originUrl(tenantId: TenantId, clipId: ClipId): Promise<string | undefined>;
  /** The version that browsers play, when `makePlayable` has made one. */
  findPlayable(tenantId: TenantId, clipId: ClipId): Promise<string | undefined>;
  /**
   * Keeps what `make` writes to the path that it is given (it ends in .mp4) as the clip's playable version, whole or not
   * at all. It lies beside the clip and is deleted with it.
   *
   * @returns where it lies
   * @throws DomainError `memory.not_watched` when nothing is known of the clip, or it was deleted meanwhile; what `make`
   *   throws, unchanged
   */
  makePlayable(tenantId: TenantId, clipId: ClipId, make: (path: string) => Promise<void>): Promise<string>;
  /** Removes what is known, the copy and the playable version, never the user's own file; says whether there was anything. */
  delete(tenantId: TenantId, clipId: ClipId): Promise<boolean>;
}
