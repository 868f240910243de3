/**
 * Makes new video files out of a clip. Called by core/mini-clip.ts and by the player (versions for browsers); implemented
 * in model/media/, by the same guarded ffmpeg that watches.
 */
import type { Span } from "../clip.ts";

export interface CutRequest {
  /** A local file. */
  readonly path: string;
  /** What to cut out, in media time; what lies outside the clip is left out. */
  readonly span: Span;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface PlayableRequest {
  readonly path: string;
  /** Must end in .mp4; replaced when it exists, removed on failure. */
  readonly outputPath: string;
  /** `remux`: the same pictures and sounds in another container. `transcode`: H.264 and AAC, whatever it was. */
  readonly mode: "remux" | "transcode";
  /** How much is done, 0..1, growing; not called when the clip's length is unknown. */
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal;
}

export interface ClipEncoder {
  /**
   * An MP4 (H.264, AAC) that starts at the span, exact to the frame, and plays everywhere; made smaller in steps until
   * it fits `maxBytes`.
   *
   * @returns `undefined` when it cannot be made to fit
   * @throws DomainError `clip.*`, `setup.ffmpeg_missing`, `cancelled`
   */
  cut(request: CutRequest): Promise<Uint8Array | undefined>;
  /** An MP4 that browsers play, with its index at the front. @throws DomainError as above */
  makePlayable(request: PlayableRequest): Promise<void>;
}
