/** How much of a clip we are willing to decode. Same names as `config.decode`, which can be handed in as it is. */
export interface DecodeLimits {
  readonly maxClipSeconds: number;
  readonly maxClipBytes: number;
  /** Width times height of a picture as it is stored. */
  readonly maxClipPixels: number;
  /** Wall time without progress after which ffmpeg is ended, ms. */
  readonly stallMs: number;
}
