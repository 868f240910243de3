/**
 * The command lines that make new files. Pure. The input is guarded as everywhere (ffmpeg-arguments.ts); the output is one
 * MP4 with its index at the front, so that it plays while it loads.
 */
import type { ClipHeader, VideoStream } from "./clip-header.ts";
import { guardedInput, type InputOptions, quiet } from "./ffmpeg-arguments.ts";

/** How much room the pictures get. */
export interface PictureBudget {
  /** The longer side, pixels; smaller pictures stay as they are. */
  readonly longSide: number;
  /** x264's constant rate factor: 18 is hardly told from the original, 28 is visibly coarser. */
  readonly quality: number;
  /** Bits a second; absent: as many as it takes. */
  readonly maxBitRate?: number;
}

type Streams = Pick<ClipHeader, "video" | "audio">;

export interface CutOptions {
  readonly startSeconds: number;
  readonly durationSeconds: number;
  readonly budget: PictureBudget;
}

export const cutArguments = (input: InputOptions, streams: Streams, cut: CutOptions, output: string): string[] => [
  ...quiet("error"),
  // Before the input: the seek is by the index, then exact to the frame, as everything is encoded anew.
  ...guardedInput(input, ["-ss", cut.startSeconds.toFixed(3)], "upright"),
  ...["-t", cut.durationSeconds.toFixed(3)],
  ...encodedStreams(streams, cut.budget),
  ...mp4(output),
];

/** 1080p at a quality that nobody complains about. */
const FOR_BROWSERS: PictureBudget = { longSide: 1920, quality: 23 };

export const transcodeArguments = (input: InputOptions, streams: Streams, output: string): string[] => [
  ...quiet("error"),
  ...guardedInput(input, [], "upright"),
  ...encodedStreams(streams, FOR_BROWSERS),
  ...mp4(output),
];

/** A rotation, which players obey, is carried over. */
export const remuxArguments = (input: InputOptions, { video, audio }: Streams, output: string): string[] => [
  ...quiet("error"),
  ...guardedInput(input, []),
  ...[video, audio].flatMap((stream) => (stream ? ["-map", `0:${stream.streamIndex}`] : [])),
  ...["-c", "copy"],
  ...mp4(output),
];

function encodedStreams({ video, audio }: Streams, budget: PictureBudget): string[] {
  return [
    ...(video ? pictures(video, budget) : []),
    // Stereo at most, at a rate that every browser has.
    ...(audio ? ["-map", `0:${audio.streamIndex}`, "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000"] : []),
  ];
}

function pictures(video: VideoStream, { longSide, quality, maxBitRate }: PictureBudget): string[] {
  // H.264 wants even sides. `force_original_aspect_ratio=decrease` never enlarges past the box, and the box never
  // exceeds the picture.
  const box = `w='min(${longSide},iw)':h='min(${longSide},ih)':force_original_aspect_ratio=decrease:force_divisible_by=2`;
  const filters = [`scale=${box}`, "setsar=1", "format=yuv420p"].join(",");
  return [
    ...["-map", `0:${video.streamIndex}`, "-vf", filters, "-fps_mode", "vfr"],
    ...["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", String(quality)],
    // A key frame every two seconds or so: seeking in a browser decodes from the last one.
    ...["-g", "60"],
    ...(maxBitRate === undefined ? [] : ["-maxrate", String(maxBitRate), "-bufsize", String(maxBitRate)]),
  ];
}

/** `-progress` writes lines such as `out_time_us=2500000` to the first pipe. Nothing of the file's own texts is kept. */
const mp4 = (output: string): string[] => [
  ...["-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn"],
  ...["-movflags", "+faststart", "-progress", "pipe:1", "-y", "-f", "mp4", `file:${output}`],
];

/** Media seconds that are done, from a line of `-progress`. */
export function readProgressLine(line: string): number | undefined {
  const match = /^out_time_us=(\d+)$/.exec(line);
  return match ? Number(match[1]) / 1e6 : undefined;
}
