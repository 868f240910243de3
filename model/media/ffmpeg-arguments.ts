/**
 * The command lines. Pure, so that what a hostile file meets can be read, and tested, in one place.
 *
 * Every file is opened by `guardedInput`: an own list of containers, so that playlists, concat scripts, SDP and image
 * sequences (each can name further files or hosts) are refused before they are read; the `file` protocol alone; no
 * network; limits on pictures and on single allocations. `-threads` is left to ffmpeg, which uses every core:
 * with one thread decoding takes 1.7 times as long (PERFORMANCE, "Decode").
 */
import type { AudioStream, ClipHeader, QuarterTurns, SubtitleStream, VideoStream } from "./clip-header.ts";
import type { DecodeLimits } from "./decode-limits.ts";
import type { EvidencePlan } from "./evidence-plan.ts";

/** Names of ffmpeg's demuxers. None of them opens anything but the file it was given. */
const ALLOWED_CONTAINERS = [
  "mov,mp4,m4a,3gp,3g2,mj2",
  "matroska,webm",
  "avi,gif,apng,flv,mpegts,mpeg,mpegvideo,asf,ogg,mxf,ivf,rm,dv,wtv,nut",
  "mp3,wav,w64,aiff,caf,flac,aac,ac3,eac3,amr,au,ape,wv,tta",
].join(",");

/**
 * One allocation, bytes. An 8K picture of three 16-bit planes takes 200 MB; index tables of day-long files less.
 * It stops containers that announce gigabytes.
 */
const MAX_ALLOCATION_BYTES = 512 * 1024 * 1024;

export interface InputOptions {
  readonly path: string;
  readonly maxClipPixels: DecodeLimits["maxClipPixels"];
}

/** Prints the header, then ends with exit code 1 for want of an output. */
export const probeArguments = (input: InputOptions): readonly string[] => [
  ...quiet("info"),
  ...guardedInput(input, []),
];

export interface SamplingOptions {
  readonly frameRate: number;
  readonly frameSize: number;
  readonly sampleRateHz: number;
}

/** Where in the file decoding begins. */
export type DecodeStart =
  /** At the first frame, which is media time 0; frames before `dropSeconds` of media time are not handed over. */
  | { readonly from: "start"; readonly dropSeconds: number }
  /**
   * By seeking. `zeroSeconds` is the file's own timestamp of media time 0. Frames before `dropSeconds` of media time
   * are used only to know what is on screen by then.
   */
  | { readonly from: "seek"; readonly zeroSeconds: number; readonly dropSeconds: number };

/**
 * One process that decodes once: frames on pipe 1, evidence frames on the next one, sound on the one after that; or
 * sound alone on pipe 1.
 */
export function decodeArguments(
  input: InputOptions,
  header: Pick<ClipHeader, "container" | "video" | "audio">,
  sampling: SamplingOptions,
  start: DecodeStart,
  evidence?: EvidencePlan,
): readonly string[] {
  const { container, video, audio } = header;
  const pipes = ["pipe:1", "pipe:3", "pipe:4"];
  return [
    ...quiet("error"),
    ...guardedInput(input, seek(start)),
    ...(video ? frameOutput(video, container, sampling, start, pipes.shift()!) : []),
    ...(video && evidence ? evidenceOutput(video, container, evidence, start, pipes.shift()!) : []),
    ...(audio ? soundOutput(audio, sampling, pipes.shift()!) : []),
  ];
}

/** The first picture alone, with its timestamp as the file has it. */
export function firstPictureArguments(input: InputOptions, video: VideoStream, frameSize: number): readonly string[] {
  return [
    ...quiet("error"),
    ...guardedInput(input, ["-copyts"]),
    ...["-map", `0:${video.streamIndex}`, "-frames:v", "1"],
    ...["-vf", `setpts='${PRINT_PICTURE_TIME};PTS',${squash(video.quarterTurns, frameSize)}`],
    ...["-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"],
  ];
}

/** One track as WebVTT, with the file's own timestamps; nothing else of the file is decoded. */
export function subtitleArguments(input: InputOptions, subtitles: SubtitleStream): readonly string[] {
  return [
    ...quiet("error"),
    ...guardedInput(input, ["-copyts", "-vn", "-an", "-dn"]),
    ...["-map", `0:${subtitles.streamIndex}`, "-c:s", "webvtt", "-f", "webvtt", "pipe:1"],
  ];
}

/** What `readTimeLine` makes of a line of ffmpeg's. */
export type TimeLine =
  /** A picture is shown from here on. After the last one: where the last one ends. */
  | { readonly track: "picture"; readonly seconds: number }
  /** The first sound. */
  | { readonly track: "sound"; readonly seconds: number };

/**
 * The filters print the times of what passes, as `12.345678` or `[Eval @ 0x55] 12.345678` (level 16 is "error", so
 * that they show among the errors, which are all that is printed otherwise). `setpts` is also asked for the time of
 * the end, which is how the true end of the last picture is known. Sound is told from pictures by an offset.
 */
const SOUND_TIME_OFFSET = 1e9;
const PRINT_PICTURE_TIME = "print(T,16)";
const PRINT_FIRST_SOUND_TIME = `if(eq(N,0),print(T+${SOUND_TIME_OFFSET},16))`;

export function readTimeLine(line: string): TimeLine | undefined {
  const match = /^(?:\[Eval @ \w+\] )?(-?\d+\.\d{6})$/.exec(line);
  if (!match) return undefined;
  const value = Number(match[1]);
  return value >= SOUND_TIME_OFFSET / 2
    ? { track: "sound", seconds: value - SOUND_TIME_OFFSET }
    : { track: "picture", seconds: value };
}

export const quiet = (level: "info" | "error") => ["-hide_banner", "-nostdin", "-nostats", "-loglevel", level];

/**
 * @param pictures  `stored`: as they lie in the file. `upright`: turned by ffmpeg, for whoever writes a new file of them;
 *   were they turned by a filter of ours, the file would still carry the rotation, and players would turn them again
 */
export function guardedInput(
  { path, maxClipPixels }: InputOptions,
  more: readonly string[],
  pictures: "stored" | "upright" = "stored",
): string[] {
  return [
    ...["-max_alloc", String(MAX_ALLOCATION_BYTES)],
    ...["-protocol_whitelist", "file", "-format_whitelist", ALLOWED_CONTAINERS],
    ...["-max_pixels", String(maxClipPixels)],
    // A picture size that changes half way (browser recordings do) must not build the filters anew, as their clock
    // would begin again. `scale` copes with it; a rotation by ffmpeg would come before it and would not, so we turn
    // the small frames ourselves.
    ...(pictures === "stored" ? ["-noautorotate"] : []),
    ...["-reinit_filter:v", "0"],
    ...more,
    // With the protocol spelt out, no name can be read as an option or as another protocol.
    ...["-i", `file:${path}`],
  ];
}

/** Sound decoders need some packets before they are right, at most 80 ms (Opus). */
const SOUND_PREROLL_SECONDS = 1;

function seek(start: DecodeStart): string[] {
  if (start.from === "start") return [];
  const target = Math.max(0, start.zeroSeconds + start.dropSeconds - SOUND_PREROLL_SECONDS);
  return ["-copyts", "-noaccurate_seek", "-seek_timestamp", "1", "-ss", target.toFixed(6)];
}

/**
 * Frame k is the picture shown at (k + 0.5) / frameRate. `fps` with `round=up` hands out at tick k the last picture
 * whose time, in ticks and rounded up, is k at most; so times are moved half a tick back, and first of all to
 * microseconds, which makes that move exact to 0.5 us whatever the file's time base is.
 */
function frameOutput(
  video: VideoStream,
  container: string,
  { frameRate, frameSize }: SamplingOptions,
  start: DecodeStart,
  output: string,
): string[] {
  const filters = [
    ...pictureTimes(container, start, 1 / frameRate, true),
    `fps=fps=${frameRate}:round=up:start_time=${start.dropSeconds}`,
    squash(video.quarterTurns, frameSize),
  ].join(",");
  return [
    ...["-map", `0:${video.streamIndex}`, "-vf", filters],
    ...["-fps_mode", "passthrough", "-f", "rawvideo", output],
  ];
}

/** Compression of the evidence frames, 2 (best) to 31. At 5, faces and captions at 320 px show no blocks; 5 to 15 kB. */
const EVIDENCE_QUALITY = 5;

/**
 * The same clock as for the frames, only slower: frame k is the picture shown at (k + 0.5) * intervalSeconds.
 * One thread: an encoder with more of them hands a JPEG out only when some later ones are done.
 */
function evidenceOutput(
  video: VideoStream,
  container: string,
  { intervalSeconds, firstFrame, width, height }: EvidencePlan,
  start: DecodeStart,
  output: string,
): string[] {
  const turned = video.quarterTurns % 2 === 1;
  const filters = [
    ...pictureTimes(container, start, intervalSeconds, false),
    `fps=fps=1/${intervalSeconds}:round=up:start_time=${firstFrame * intervalSeconds}`,
    `scale=${turned ? `${height}:${width}` : `${width}:${height}`}:flags=area:out_range=pc`,
    ...TURNS[video.quarterTurns],
    "setsar=1",
    "format=yuvj420p",
  ].join(",");
  return [
    ...["-map", `0:${video.streamIndex}`, "-vf", filters, "-fps_mode", "passthrough"],
    ...["-c:v", "mjpeg", "-threads:v", "1", "-q:v", String(EVIDENCE_QUALITY), "-f", "mpjpeg", output],
  ];
}

/** Media time, half a tick back. Only one output prints what passes, or every time would be there twice. */
function pictureTimes(container: string, start: DecodeStart, tickSeconds: number, print: boolean): string[] {
  const halfTick = microseconds(0.5 * tickSeconds);
  const zero = start.from === "seek" ? String(microseconds(start.zeroSeconds)) : "STARTPTS";
  const times =
    container === "gif"
      ? gifTimes(halfTick, print)
      : `${print ? `${PRINT_PICTURE_TIME};` : ""}PTS-(${zero})-${halfTick}`;
  return ["settb=1/1000000", `setpts='${times}'`];
}

/**
 * Browsers show a GIF frame that asks for 0 or 1 hundredths of a second for 10 of them, and GIFs are made for that.
 * ffmpeg 5 does the same, ffmpeg 7 and 9 take the delay at its word: so each time is made here from the one before.
 */
const gifTimes = (halfTick: number, print: boolean) =>
  [
    `st(0,if(eq(N,0),0,PREV_OUTPTS+${halfTick}+if(lt(PTS-PREV_INPTS,15000),100000,PTS-PREV_INPTS)))`,
    ...(print ? ["print(ld(0)/1000000,16)"] : []),
    `ld(0)-${halfTick}`,
  ].join(";");

/** `async=1` fills gaps between timestamps with silence, so that sample n stays n / sampleRateHz after the first. */
function soundOutput(audio: AudioStream, { sampleRateHz }: SamplingOptions, output: string): string[] {
  const filters = [
    `asetpts='${PRINT_FIRST_SOUND_TIME};PTS'`,
    "aformat=channel_layouts=mono",
    `aresample=${sampleRateHz}:async=1`,
    "aformat=sample_fmts=flt",
  ].join(",");
  return ["-map", `0:${audio.streamIndex}`, "-af", filters, "-f", "f32le", output];
}

/**
 * "area" averages what falls into a pixel; when frames shrink a lot, other filters skip rows or ring. The step over
 * 8-bit `gbrp` is there because ffmpeg 5 and 7 turn grey pictures straight into `gbrpf32le` as green ones.
 */
const squash = (quarterTurns: QuarterTurns, frameSize: number) =>
  [`scale=${frameSize}:${frameSize}:flags=area`, ...TURNS[quarterTurns], "format=gbrp", "format=gbrpf32le"].join(",");

const TURNS: Readonly<Record<QuarterTurns, readonly string[]>> = {
  0: [],
  1: ["transpose=clock"],
  2: ["hflip", "vflip"],
  3: ["transpose=cclock"],
};

const microseconds = (seconds: number) => Math.round(seconds * 1e6);
