/**
 * What is said in a clip, as timed lines: subtitle tracks of the file, the platform's own transcript, or a transcriber's.
 * Called by core/watch-clip.ts and core/lines/keep-lines.ts (put), core/lines/answer-from-lines.ts (read) and
 * core/forget-clip.ts (delete); implemented in memory/. Suite: tests/contract/line-store.suite.ts.
 *
 * Lines are written by strangers. They are shown as quotations and searched; no part of damo takes them for instructions.
 */
import type { ClipId, Span, TenantId } from "../clip.ts";

/** Half-open `[startSeconds, endSeconds)` of media time. */
export interface TimedLine extends Span {
  /** One line of plain text: no markup, no control characters. */
  readonly text: string;
  /** As the track names them. */
  readonly speaker?: string;
}

export interface LineTrack {
  /** Where it is from; a track with the same id takes its place. `file:2`: stream 2 of the file; `slack`; `transcriber`. */
  readonly id: string;
  /** As the file says it, e.g. `eng`. */
  readonly language?: string;
  /** In order of start. */
  readonly lines: readonly TimedLine[];
}

export interface LineStore {
  /** Safe to repeat. A track without lines is removed. @throws DomainError `memory.unavailable` */
  put(tenantId: TenantId, clipId: ClipId, track: LineTrack): Promise<void>;
  /** By id. A track that is damaged is left out. */
  read(tenantId: TenantId, clipId: ClipId): Promise<readonly LineTrack[]>;
  /** Removes every track of the clip; says whether there was any. */
  delete(tenantId: TenantId, clipId: ClipId): Promise<boolean>;
}
