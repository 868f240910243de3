/**
 * Turns speech into timed lines. damo ships none: what is said is known from subtitles and from the platform's transcript.
 * Whoever has one (a Whisper on the same machine, a service) implements this and passes it to keepTranscript in
 * core/lines/keep-lines.ts.
 */
import type { TimedLine } from "./line-store.ts";

export interface Transcriber {
  /** e.g. `whisper-small`; part of the track's id. */
  readonly name: string;
  /**
   * @param path  a local file
   * @returns     lines in order of start, in media time; none when nothing is said
   * @throws DomainError `clip.*`, `cancelled`
   */
  transcribe(path: string, signal?: AbortSignal): Promise<readonly TimedLine[]>;
}
