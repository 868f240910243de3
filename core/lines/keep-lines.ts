/** Lines from outside the file: the platform's own transcript, or a transcriber's. They join those of the file. */
import type { ClipId, TenantId } from "../clip.ts";
import type { LineStore } from "../ports/line-store.ts";
import type { Transcriber } from "../ports/transcriber.ts";
import { LINE_LIMITS, parseWebVtt, plainLine } from "./web-vtt.ts";

export interface KeepLinesTarget {
  readonly tenantId: TenantId;
  readonly clipId: ClipId;
}

/**
 * @param source  who wrote it, e.g. `slack`; a second transcript of the same source takes the first one's place
 * @param webVtt  anything: what is not WebVTT holds no line
 * @returns how many lines were kept
 */
export async function keepSubtitles(
  lines: LineStore,
  { tenantId, clipId }: KeepLinesTarget,
  source: string,
  webVtt: string,
): Promise<number> {
  const track = { id: source, lines: parseWebVtt(webVtt) };
  // What cannot be read must not remove what was read before.
  if (track.lines.length > 0) await lines.put(tenantId, clipId, track);
  return track.lines.length;
}

/** @returns how many lines were kept */
export async function keepTranscript(
  lines: LineStore,
  { tenantId, clipId }: KeepLinesTarget,
  transcriber: Transcriber,
  path: string,
  signal?: AbortSignal,
): Promise<number> {
  const said = await transcriber.transcribe(path, signal);
  const kept = said
    .slice(0, LINE_LIMITS.maxLines)
    .map((line) => ({ ...line, text: plainLine(line.text) }))
    .filter(({ text, startSeconds, endSeconds }) => text !== "" && startSeconds >= 0 && startSeconds < endSeconds)
    .sort((a, b) => a.startSeconds - b.startSeconds);
  if (kept.length > 0) await lines.put(tenantId, clipId, { id: `transcriber:${transcriber.name}`, lines: kept });
  return kept.length;
}
