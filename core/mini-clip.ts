/**
 * A cut of a clip around a moment, small enough to be posted in a thread: the jump for people whom no player can reach.
 * Called by the bots when no public address is configured.
 */
import type { ClipId, Span, TenantId } from "./clip.ts";
import { DomainError } from "./errors.ts";
import type { ClipEncoder } from "./ports/clip-encoder.ts";
import type { MediaStore } from "./ports/media-store.ts";

/** What Discord takes of anybody without a paid plan; Slack takes more. */
export const MINI_CLIP_MAX_BYTES = 10 * 1024 * 1024;

/** Longer moments are shown by their beginning: a cut is to be looked at in passing, and 10 MiB hold a minute well. */
export const MINI_CLIP_MAX_SECONDS = 60;

/** Shown before and after the moment, so that one sees it come and go. */
const PADDING_SECONDS = 1;

export interface MiniClipDeps {
  readonly media: Pick<MediaStore, "find">;
  readonly encoder: Pick<ClipEncoder, "cut">;
}

export interface MiniClipRequest {
  readonly tenantId: TenantId;
  readonly clipId: ClipId;
  readonly span: Span;
  /** Default: MINI_CLIP_MAX_BYTES. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

export interface MiniClip {
  readonly mp4: Uint8Array;
  /** What it shows, in the clip's media time; its end may lie beyond the clip's. */
  readonly span: Span;
}

/**
 * @returns `undefined` when it cannot be made small enough
 * @throws DomainError `clip.not_found` when the clip's file is gone; `clip.*`, `setup.ffmpeg_missing`, `cancelled`
 */
export async function miniClip(
  { media, encoder }: MiniClipDeps,
  request: MiniClipRequest,
): Promise<MiniClip | undefined> {
  const { tenantId, clipId, maxBytes = MINI_CLIP_MAX_BYTES, signal } = request;
  const found = await media.find(tenantId, clipId);
  if (!found) throw new DomainError("clip.not_found", "the clip's file is gone");
  const startSeconds = Math.max(0, request.span.startSeconds - PADDING_SECONDS);
  const endSeconds = Math.min(request.span.endSeconds + PADDING_SECONDS, startSeconds + MINI_CLIP_MAX_SECONDS);
  const span = { startSeconds, endSeconds };
  const mp4 = await encoder.cut({ path: found.path, span, maxBytes, ...(signal && { signal }) });
  return mp4 && { mp4, span };
}
