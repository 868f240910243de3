/**
 * What a clip is, and the slices of media time it is watched in.
 *
 * Media time is seconds from the first shown frame (container presentation timestamps, the first shown frame is 0).
 * Every span is half-open: `[startSeconds, endSeconds)`.
 */

/** sha256 of the clip's bytes, lower-case hex: a re-share of the same bytes is the same clip. */
export type ClipId = string & { readonly clipId: unique symbol };

/** Who owns a memory. Tenants never share one. */
export type TenantId = string & { readonly tenantId: unique symbol };

export const asClipId = (text: string): ClipId => text as ClipId;
export const asTenantId = (text: string): TenantId => text as TenantId;

/** What the container says about a clip once it has been opened. */
export interface ClipInfo {
  /** Length of media time, in seconds. The larger of the picture's and the sound's end. */
  readonly durationSeconds: number;
  /** Absent when the clip is sound only. Width and height are as shown, after rotation. */
  readonly video?: { readonly codec: string; readonly width: number; readonly height: number };
  /** Absent when the clip has no audio stream. */
  readonly audio?: { readonly codec: string; readonly channels: number };
  readonly container: string;
}

/** A half-open slice `[startSeconds, endSeconds)` of a clip. */
export interface Span {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** A span that an answer points at. `confidence` is in 0..1. */
export interface MomentSpan extends Span {
  readonly confidence: number;
  /** Media time at which the span is strongest, inside it: where its evidence frame is taken. Absent: its middle. */
  readonly evidenceSeconds?: number;
}

/** Names the model bundle that made a memory or an answer. */
export interface BundleIdentity {
  readonly name: string;
  readonly version: string;
  /** sha256 over all files of the bundle, lower-case hex. */
  readonly fingerprint: string;
}
