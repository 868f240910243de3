/**
 * Several evidence frames in one picture, for answers that list moments. Called by core/show-evidence.ts; implemented by
 * model/media/contact-strip.ts, with the ffmpeg that is there anyway.
 */
export interface ContactStripMaker {
  /**
   * The frames side by side in their order, four a row, each as large as the first one.
   *
   * @param frames  JPEG files of our own, one at least; at most 12 are shown
   * @returns       a JPEG file
   * @throws DomainError `setup.ffmpeg_missing`, `clip.unreadable` (a frame that is damaged), `clip.decode_timeout`, `cancelled`
   */
  makeStrip(frames: readonly Uint8Array[], signal?: AbortSignal): Promise<Uint8Array>;
}
