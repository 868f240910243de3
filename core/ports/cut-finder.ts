/** Where the shots of a clip change. Called by the player, which marks them on its bar; implemented in model/media/. */
export interface CutFinder {
  /**
   * @returns media times at which a new shot begins, in seconds, ascending, without the start of the clip; none for a
   *   sound. In long clips they are as exact as the clip's key frames
   * @throws DomainError `clip.*`, `setup.ffmpeg_missing`, `cancelled`
   */
  findCuts(request: { readonly path: string; readonly signal?: AbortSignal }): Promise<readonly number[]>;
}
