/**
 * Reads what `ffmpeg -i` prints about a file. `ffmpeg-static` ships no ffprobe, so this text is all there is; it has
 * kept its shape from ffmpeg 5.1 to 9.0 but for the two places noted below.
 *
 *     Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:clip.mov':
 *       Duration: 00:00:02.07, start: 0.000000, bitrate: 936 kb/s
 *       Stream #0:0[0x1](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, mono, fltp, 60 kb/s (default)
 *       Stream #0:1[0x2](und): Video: h264 (Baseline) (avc1 / 0x31637661), yuv420p(tv), 568x320, 863 kb/s (default)
 *           displaymatrix: rotation of -90.00 degrees
 */

/** Quarter turns to the right that bring the stored picture upright. */
export type QuarterTurns = 0 | 1 | 2 | 3;

export interface VideoStream {
  /** Of all the file's streams, from 0. */
  readonly streamIndex: number;
  readonly codec: string;
  /** As stored, before rotation. */
  readonly storedWidth: number;
  readonly storedHeight: number;
  readonly quarterTurns: QuarterTurns;
  /** Width of a stored pixel over its height, as shown; 1 but for old camcorders and discs. */
  readonly pixelAspect: number;
}

export interface AudioStream {
  readonly streamIndex: number;
  readonly codec: string;
  readonly channels: number;
}

/** A track of text. Tracks of pictures (DVD, Blu-ray, DVB) hold no words and are left out. */
export interface SubtitleStream {
  readonly streamIndex: number;
  readonly codec: string;
  /** ISO 639-2, as the file has it. */
  readonly language?: string;
}

export interface ClipHeader {
  /** ffmpeg's first name for the container: mov (also MP4), matroska (also WebM), avi, gif, ogg, ... */
  readonly container: string;
  /** What the header claims; absent when it says nothing. */
  readonly durationSeconds?: number;
  /** The duration was worked out from the bit rate, so it proves nothing. */
  readonly durationIsGuess: boolean;
  /** Smallest timestamp of the file. */
  readonly startSeconds: number;
  readonly video?: VideoStream;
  readonly audio?: AudioStream;
  /** Those marked default first. */
  readonly subtitles: readonly SubtitleStream[];
  /** There are more streams, such as subtitles, and `durationSeconds` may be theirs. */
  readonly hasOtherStreams: boolean;
}

interface StreamFacts {
  streamIndex: number;
  kind: "Video" | "Audio" | "Subtitle";
  language: string | undefined;
  codec: string;
  facts: string;
  isDefault: boolean;
  rotationDegrees: number;
}

/** The lines that `parseClipHeader` looks at; all others (metadata, which anyone can write) need not be kept. */
export const HEADER_LINE = /^Input #0|^ {2}Duration:|^ +Stream #0:\d+|[Dd]isplay ?[Mm]atrix: rotation|from bitrate/;

/**
 * @param lines  what ffmpeg printed, line by line
 * @returns undefined when it did not come as far as printing a header
 */
export function parseClipHeader(lines: readonly string[]): ClipHeader | undefined {
  let container: string | undefined;
  let durationSeconds: number | undefined;
  let startSeconds = 0;
  const streams: StreamFacts[] = [];
  let streamCount = 0;

  for (const line of lines) {
    container ??= /^Input #0, ([^, ]+)/.exec(line)?.[1];

    const duration = /^ {2}Duration: (?:(\d+):(\d\d):(\d\d\.\d+)|N\/A)(?:, start: (-?[\d.]+))?/.exec(line);
    if (duration) {
      const [, hours, minutes, seconds, start] = duration;
      if (hours) durationSeconds = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
      if (start) startSeconds = Number(start);
    }

    if (/^ +Stream #0:\d/.test(line)) streamCount++;
    // ffmpeg 9 indents the streams of a "Stream group" deeper.
    const stream = /^ +Stream #0:(\d+)(?:\[\w+\])?(?:\(([^)]*)\))?: (Video|Audio|Subtitle): (\w+)(.*)$/.exec(line);
    if (stream) {
      const [, index, language, kind, codec, facts] = stream;
      streams.push({
        streamIndex: Number(index),
        kind: kind as StreamFacts["kind"],
        language,
        codec: codec!,
        facts: facts!,
        isDefault: facts!.includes("(default)"),
        rotationDegrees: 0,
      });
    }

    // "displaymatrix:" up to ffmpeg 8, "Display Matrix:" since.
    const rotation = /display ?matrix: rotation of (-?[\d.]+) degrees/i.exec(line);
    const last = streams.at(-1);
    if (rotation && last) last.rotationDegrees = Number(rotation[1]);
  }

  if (!container) return undefined;
  const video = choose(streams.map(asVideoStream), streams);
  const audio = choose(streams.map(asAudioStream), streams);
  return {
    container,
    ...(durationSeconds !== undefined && { durationSeconds }),
    durationIsGuess: lines.some((line) => line.includes("Estimating duration from bitrate")),
    startSeconds,
    ...(video && { video }),
    ...(audio && { audio }),
    subtitles: streams
      .filter(({ kind, codec }) => kind === "Subtitle" && TEXT_SUBTITLES.includes(codec))
      .sort((a, b) => Number(b.isDefault) - Number(a.isDefault))
      .map(({ streamIndex, codec, language }) => ({ streamIndex, codec, ...(isLanguage(language) && { language }) })),
    hasOtherStreams: streamCount > (video ? 1 : 0) + (audio ? 1 : 0),
  };
}

/** The first usable stream that is marked default, as players do; else the first usable one. */
function choose<S>(usable: readonly (S | undefined)[], streams: readonly StreamFacts[]): S | undefined {
  return usable.find((stream, i) => stream && streams[i]!.isDefault) ?? usable.find((stream) => stream !== undefined);
}

function asVideoStream({ kind, codec, facts, streamIndex, rotationDegrees }: StreamFacts): VideoStream | undefined {
  // A picture without a size is one that ffmpeg could not make sense of.
  const size = /, (\d{1,7})x(\d{1,7})(?=[ ,]|$)/.exec(facts);
  const isCoverArt = /\((attached pic|timed thumbnails)\)/.test(facts);
  if (kind !== "Video" || codec === "none" || isCoverArt || !size) return undefined;
  // ffmpeg counts anticlockwise: a phone held upright says -90, and is turned once to the right.
  const quarterTurns = (((Math.round(-rotationDegrees / 90) % 4) + 4) % 4) as QuarterTurns;
  const [storedWidth, storedHeight] = [Number(size[1]), Number(size[2])];
  return { streamIndex, codec, storedWidth, storedHeight, quarterTurns, pixelAspect: pixelAspectOf(facts) };
}

const TEXT_SUBTITLES = ["subrip", "srt", "mov_text", "ass", "ssa", "webvtt", "text"];

/** Undetermined says nothing, and the tag may hold anything. */
const isLanguage = (tag: string | undefined): tag is string => /^[a-z]{2,3}$/.test(tag ?? "") && tag !== "und";

/** "[SAR 64:45 DAR 16:9]", or without the brackets. What nobody would film with (0:1, 1:5000) is a mistake. */
function pixelAspectOf(facts: string): number {
  const ratio = /\bSAR (\d+):(\d+)/.exec(facts);
  const aspect = ratio ? Number(ratio[1]) / Number(ratio[2]) : 1;
  return aspect >= 0.1 && aspect <= 10 ? aspect : 1;
}

function asAudioStream({ kind, codec, facts, streamIndex }: StreamFacts): AudioStream | undefined {
  const format = /, (\d+) Hz, ([^,]+)/.exec(facts);
  if (kind !== "Audio" || codec === "none" || !format) return undefined;
  const channels = channelCount(format[2]!.trim());
  return channels > 0 ? { streamIndex, codec, channels } : undefined;
}

const NAMED_LAYOUTS: Readonly<Record<string, number>> = {
  mono: 1,
  stereo: 2,
  downmix: 2,
  quad: 4,
  hexagonal: 6,
  octagonal: 8,
  cube: 8,
  hexadecagonal: 16,
};

/** @param layout  as ffmpeg writes it: "stereo", "5.1(side)", "3 channels" */
function channelCount(layout: string): number {
  const counted = /^(\d+) channels/.exec(layout);
  if (counted) return Number(counted[1]);
  const dotted = /^\d+(\.\d+)+/.exec(layout);
  if (dotted) return dotted[0].split(".").reduce((sum, part) => sum + Number(part), 0);
  // Rarer layouts have no number in their name. It is shown to people only; ffmpeg mixes down what is really there.
  return NAMED_LAYOUTS[layout.replace(/\(.*/, "")] ?? 2;
}
