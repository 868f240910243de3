/**
 * The subtitle tracks of a clip as timed lines. ffmpeg turns any textual track into WebVTT, without decoding a picture;
 * core/lines/web-vtt.ts reads that, whatever it holds, as text.
 *
 * Subtitles are worth having, never worth failing for: a track that is damaged, endless or slow gives what had come.
 */
import { LINE_LIMITS, parseWebVtt } from "../../core/lines/web-vtt.ts";
import type { LineTrack } from "../../core/ports/line-store.ts";
import type { SubtitleStream } from "./clip-header.ts";
import type { DecodeLimits } from "./decode-limits.ts";
import { subtitleArguments } from "./ffmpeg-arguments.ts";
import { startFfmpeg } from "./ffmpeg-process.ts";
import { readFirstPicture } from "./first-picture.ts";
import type { ProbedClip } from "./probe-clip.ts";

export interface SubtitleOptions {
  readonly ffmpeg: { readonly path: string };
  readonly frameSize: number;
  readonly limits: DecodeLimits;
  readonly signal?: AbortSignal;
}

/** A film has a handful of languages; a hostile file has thousands of tracks, each a pass over the file. */
const MAX_TRACKS = 4;

/** Reading all of a 4 GiB file at 100 MB/s. */
const TRACK_TIMEOUT_MS = 40_000;

/** @throws nothing but DomainError `setup.ffmpeg_missing` */
export async function readSubtitles(options: SubtitleOptions, clip: ProbedClip): Promise<readonly LineTrack[]> {
  const { subtitles, video, startSeconds } = clip.header;
  if (subtitles.length === 0) return [];
  // The file's own timestamp of media time 0. Sound alone begins where the file does.
  const first = video && (await readFirstPicture(options, clip).catch(() => undefined));
  const zeroSeconds = first?.timestampSeconds ?? startSeconds;
  const tracks: LineTrack[] = [];
  for (const stream of subtitles.slice(0, MAX_TRACKS)) {
    if (options.signal?.aborted) break;
    const text = await readTrack(options, clip, stream);
    const lines = parseWebVtt(text)
      .map((line) => ({
        ...line,
        startSeconds: milliseconds(Math.max(0, line.startSeconds - zeroSeconds)),
        endSeconds: milliseconds(line.endSeconds - zeroSeconds),
      }))
      .filter((line) => line.endSeconds > line.startSeconds);
    const { streamIndex, language } = stream;
    if (lines.length > 0) tracks.push({ id: `file:${streamIndex}`, ...(language && { language }), lines });
  }
  return tracks;
}

async function readTrack(
  { ffmpeg, signal }: SubtitleOptions,
  { input }: ProbedClip,
  stream: SubtitleStream,
): Promise<string> {
  const run = startFfmpeg(ffmpeg.path, subtitleArguments(input, stream), () => {});
  const [output] = run.outputs;
  const stop = () => void run.stop();
  let text = "";
  output.setEncoding("utf8");
  output.on("data", (piece: string) => {
    text += piece;
    if (text.length > LINE_LIMITS.maxTextCharacters) stop();
  });
  const ended = new Promise((resolve) => output.once("close", resolve));
  const timer = setTimeout(stop, TRACK_TIMEOUT_MS);
  signal?.addEventListener("abort", stop);
  try {
    await Promise.all([run.exited, ended]);
    return text;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    await run.stop();
  }
}

const milliseconds = (seconds: number): number => Math.round(seconds * 1000) / 1000;
