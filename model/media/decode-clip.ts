/**
 * Decodes a clip, window by window: frames at the bundle's rate and size and mono sound, out of one ffmpeg process.
 *
 * Media time 0 is the first shown frame (the first sample of a clip without pictures). The caller sets the pace: while
 * a window waits to be fetched nothing more is read, and ffmpeg waits. What is held stays the same however long the
 * clip is (window-assembler.ts says how much).
 */
import type { ClipInfo } from "../../core/clip.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { LineTrack } from "../../core/ports/line-store.ts";
import { refusal } from "./clip-errors.ts";
import type { ClipHeader } from "./clip-header.ts";
import { DecodingRun, type RunOptions } from "./decoding-run.ts";
import type { DecodeStart } from "./ffmpeg-arguments.ts";
import { readFirstPicture } from "./first-picture.ts";
import { type ProbedClip, probeClip } from "./probe-clip.ts";
import { readSubtitles } from "./read-subtitles.ts";
import type { DecodedWindow } from "./window-assembler.ts";

export interface DecodeOptions extends RunOptions {
  /** A local file. */
  readonly path: string;
  /**
   * Leaves out the windows before this one. In MP4 and Matroska with pictures ffmpeg seeks to the key frame before it;
   * the frames are the very same, the sound can be off by less than one sample, because the resampler starts
   * elsewhere. In other containers, whose seeking is not exact, all is decoded and what comes before is dropped.
   */
  readonly resumeFromWindow?: number;
}

export type DecodedEvent =
  /** Once, first. The duration is what the header claims, 0 when it claims none. */
  | { readonly type: "opened"; readonly info: ClipInfo }
  | { readonly type: "window"; readonly window: DecodedWindow }
  /** Some time before the end, once a subtitle track. */
  | { readonly type: "lines"; readonly track: LineTrack }
  /** Once, last. The duration is what was really there. */
  | { readonly type: "ended"; readonly info: ClipInfo; readonly warnings: readonly ErrorCode[] };

/**
 * @throws DomainError clip.* (docs/errors.md says when), setup.ffmpeg_missing, cancelled. Whatever happens, also when
 *   the caller stops early, ffmpeg is gone by the time this returns.
 */
export async function* decodeClip(options: DecodeOptions): AsyncGenerator<DecodedEvent, void, undefined> {
  const clip = await probeClip(options);
  yield { type: "opened", info: clipInfo(clip.header, clip.header.durationSeconds ?? 0) };

  const left = new AbortController();
  const signal = AbortSignal.any([left.signal, ...(options.signal ? [options.signal] : [])]);
  // Beside the decoding: it reads the file, but hardly computes.
  const subtitles = readSubtitles({ ...options, signal }, clip).catch(() => []);
  try {
    yield* decodeWindows(options, clip, subtitles);
  } finally {
    left.abort();
    await subtitles;
  }
}

async function* decodeWindows(
  options: DecodeOptions,
  clip: ProbedClip,
  subtitles: Promise<readonly LineTrack[]>,
): AsyncGenerator<DecodedEvent, void, undefined> {
  let run: DecodingRun | undefined;
  for (const attempt of attempts(clip)) {
    run = yield* decodeTracks(options, attempt);
    if (!run.isEmpty) break;
  }
  const resumed = (options.resumeFromWindow ?? 0) > 0;
  if (!run || (run.isEmpty && !resumed)) {
    throw refusal("clip.no_frames", options.path, "it opens, but no picture and no sound in it could be decoded");
  }
  for (const window of run.remainingWindows()) {
    yield { type: "window", window: await withItsOnlyPicture(options, clip, window) };
  }
  for (const track of await subtitles) yield { type: "lines", track };
  const warnings: ErrorCode[] = isCutOff(clip.header, run) ? ["clip.truncated"] : [];
  yield { type: "ended", info: clipInfo(clip.header, run.durationSeconds), warnings };
}

/** Pictures and sound together; else, when nothing comes out, each alone: ffmpeg gives up all if it lacks one codec. */
function attempts(clip: ProbedClip): readonly ProbedClip[] {
  const { video, audio, ...rest } = clip.header;
  if (!video || !audio) return [clip];
  return [clip, { ...clip, header: { ...rest, video } }, { ...clip, header: { ...rest, audio } }];
}

/** All windows but the last ones, which the run that is returned still holds. */
async function* decodeTracks(
  options: DecodeOptions,
  clip: ProbedClip,
): AsyncGenerator<DecodedEvent, DecodingRun, undefined> {
  const firstWindow = options.resumeFromWindow ?? 0;
  const start = await chooseStart(options, clip, firstWindow * options.windowSeconds);
  const run = new DecodingRun(options, clip, start, firstWindow);
  try {
    for await (const window of run.windows()) yield { type: "window", window };
  } finally {
    await run.stop();
  }
  return run;
}

/** Containers in which ffmpeg finds the key frame before a time, and times do not depend on where reading starts. */
const EXACT_SEEK = ["mov", "matroska"];

async function chooseStart(options: DecodeOptions, clip: ProbedClip, dropSeconds: number): Promise<DecodeStart> {
  if (dropSeconds > 0 && EXACT_SEEK.includes(clip.header.container)) {
    const first = await readFirstPicture(options, clip);
    if (first) return { from: "seek", zeroSeconds: first.timestampSeconds, dropSeconds };
  }
  return { from: "start", dropSeconds };
}

/** A clip that is over before its first frame is due, at half a frame interval, is given its first picture as frame 0. */
async function withItsOnlyPicture(
  options: DecodeOptions,
  clip: ProbedClip,
  window: DecodedWindow,
): Promise<DecodedWindow> {
  if (window.index > 0 || window.frameCount > 0) return window;
  const first = await readFirstPicture(options, clip);
  return first ? { ...window, frames: first.frame, frameCount: 1, hasVideo: true } : window;
}

/** A header may be off by this much, or by 2 % if that is more, before we call the clip cut off. */
const HEADER_TOLERANCE_SECONDS = 1;

function isCutOff(header: ClipHeader, run: DecodingRun): boolean {
  const { container, durationSeconds, durationIsGuess, startSeconds, hasOtherStreams } = header;
  if (durationSeconds === undefined || durationIsGuess) return false;
  // Subtitles can go on after pictures and sound have ended; then it takes more than the header to suspect the file.
  if (hasOtherStreams && !run.complained) return false;
  // The duration of an MP4 counts from 0, also when the first frame comes later (ffmpeg before 9).
  const claimed = container === "mov" ? durationSeconds - Math.max(0, startSeconds) : durationSeconds;
  return claimed - run.durationSeconds > Math.max(HEADER_TOLERANCE_SECONDS, 0.02 * claimed);
}

function clipInfo({ container, video, audio }: ClipHeader, durationSeconds: number): ClipInfo {
  const shown =
    video &&
    (video.quarterTurns % 2 === 0
      ? { width: video.storedWidth, height: video.storedHeight }
      : { width: video.storedHeight, height: video.storedWidth });
  return {
    durationSeconds,
    container,
    ...(video && shown && { video: { codec: video.codec, ...shown } }),
    ...(audio && { audio: { codec: audio.codec, channels: audio.channels } }),
  };
}
