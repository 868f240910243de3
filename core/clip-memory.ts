/**
 * What the bot remembers of a clip: the FUSION queries of the Temporal-aware Fuseformer, window by window.
 * Answers are made from this alone, never from the video.
 */
import type { BundleIdentity, ClipId, ClipInfo, Span, TenantId } from "./clip.ts";

/** Another version is a miss: the clip is watched again, never answered wrongly. */
export const MEMORY_SCHEMA_VERSION = 2;

/** Identifies one memory. Tenant, clip, bundle and schema all take part, so none can answer for another. */
export interface ClipMemoryKey {
  readonly tenantId: TenantId;
  readonly clipId: ClipId;
  readonly bundleFingerprint: string;
  readonly schemaVersion: number;
}

/** The shape of a window's vectors: Q queries of D channels, an embedding of E values. */
export interface QueryAxes {
  readonly Q: number;
  readonly D: number;
  readonly E: number;
}

/** What recall reads of every window: `[startSeconds, endSeconds)` of media time, and what it is about. */
export interface WindowEntry extends Span {
  /** 0, 1, 2, ... from the start of the clip. */
  readonly index: number;
  /** Window embedding aligned with question embeddings by stage 1, `[E]`, unit length. */
  readonly embedding: Float32Array;
}

/** One watched window, whole. */
export interface WatchedWindow extends WindowEntry {
  /** FUSION queries of the last Fuseformer layer, `[Q, D]` row-major. Rounded to float16 (see memory/codec.ts). */
  readonly queries: Float32Array;
}

export interface ClipMemory {
  readonly key: ClipMemoryKey;
  readonly bundle: BundleIdentity;
  readonly axes: QueryAxes;
  /** What the user calls the clip (a file name), for messages only. */
  readonly title: string;
  readonly info: ClipInfo;
  readonly windows: readonly WatchedWindow[];
  /** False while the clip is being watched. */
  readonly complete: boolean;
  /** Non-fatal facts of watching, e.g. `clip.truncated`; codes of core/errors.ts. */
  readonly warnings: readonly string[];
  /** Wall time, ms since the epoch. */
  readonly createdAtMs: number;
}

/** A memory without its queries: small even for a long clip, and enough to choose what to read. */
export interface ClipMemoryIndex extends Omit<ClipMemory, "windows"> {
  readonly windows: readonly WindowEntry[];
}

/** The memory that `bundle` makes, or would make, of this clip for this tenant. */
export const memoryKeyOf = (tenantId: TenantId, clipId: ClipId, bundle: BundleIdentity): ClipMemoryKey => ({
  tenantId,
  clipId,
  bundleFingerprint: bundle.fingerprint,
  schemaVersion: MEMORY_SCHEMA_VERSION,
});

/** Media time up to which the clip is known, in seconds; 0 when nothing has been watched. */
export const watchedSecondsOf = (memory: Pick<ClipMemoryIndex, "windows">): number =>
  memory.windows.at(-1)?.endSeconds ?? 0;
