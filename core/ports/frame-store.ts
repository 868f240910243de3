/**
 * Evidence frames: small JPEGs kept while a clip is watched, so that an answer can show what it points at when the video
 * is gone. Called by core/watch-clip.ts (put), core/forget-clip.ts (delete) and the bots (nearest); implemented in memory/.
 * Suite: tests/contract/frame-store.suite.ts.
 */
import type { ClipId, TenantId } from "../clip.ts";

export interface EvidenceFrame {
  /** Media time of the frame, in seconds. */
  readonly atSeconds: number;
  /** A JPEG file. */
  readonly jpeg: Uint8Array;
}

export interface FrameStore {
  /** Safe to repeat: the same second again replaces the frame. @throws DomainError `memory.unavailable` */
  put(tenantId: TenantId, clipId: ClipId, frame: EvidenceFrame): Promise<void>;
  /** The kept frame nearest to `atSeconds`; `undefined` when none was kept (a sound, an old memory). */
  nearest(tenantId: TenantId, clipId: ClipId, atSeconds: number): Promise<EvidenceFrame | undefined>;
  /** Removes every frame of the clip; says whether there was any. */
  delete(tenantId: TenantId, clipId: ClipId): Promise<boolean>;
}
