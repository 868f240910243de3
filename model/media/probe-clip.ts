/**
 * Opens a clip as far as its header, and refuses what we do not decode.
 *
 * This is a process of its own (50 ms), before the one that decodes. Without it: an output that turns out to have no
 * stream ends ffmpeg at once, so the command line must know whether there are pictures and sound, and which of several
 * tracks is meant and which is cover art; and a clip that is too long or too large would be known only once decoding
 * is under way.
 */
import { open, stat } from "node:fs/promises";
import { DomainError } from "../../core/errors.ts";
import { cancelled, endedBySignal, refusal, stalled, tooLong, tooManyPixels } from "./clip-errors.ts";
import { type ClipHeader, HEADER_LINE, parseClipHeader } from "./clip-header.ts";
import type { DecodeLimits } from "./decode-limits.ts";
import { type InputOptions, probeArguments } from "./ffmpeg-arguments.ts";
import { startFfmpeg } from "./ffmpeg-process.ts";
import { SNIFF_BYTES, type SniffedFile, sniffFile } from "./sniff-file.ts";

export interface ProbeOptions {
  readonly path: string;
  readonly ffmpeg: { readonly path: string };
  readonly limits: DecodeLimits;
  readonly signal?: AbortSignal | undefined;
}

export interface ProbedClip {
  readonly header: ClipHeader;
  /** How to open it again. */
  readonly input: InputOptions;
}

/** Enough for a file with hundreds of streams; more is not a clip. */
const MAX_HEADER_LINES = 2000;

/** @throws DomainError clip.* (see docs/errors.md), setup.ffmpeg_missing, cancelled */
export async function probeClip({ path, ffmpeg, limits, signal }: ProbeOptions): Promise<ProbedClip> {
  const sniffed = await sniffPath(path, limits);
  if (sniffed.kind === "other") {
    throw refusal("clip.not_media", path, `this is ${sniffed.description}, not a video or sound file`);
  }
  const input = { path, maxClipPixels: limits.maxClipPixels };

  const { lines, reason, size } = await readHeaderLines(ffmpeg.path, input, limits, signal);
  if (size) throw tooManyPixels(path, size, limits);
  const header = parseClipHeader(lines);
  if (!header) throw notOpened(path, sniffed, reason);
  const { video, audio, durationSeconds } = header;
  if (!video && !audio) {
    throw refusal("clip.no_frames", path, "the file opens, but holds neither pictures nor sound that can be decoded");
  }
  if (video && video.storedWidth * video.storedHeight > limits.maxClipPixels) {
    throw tooManyPixels(path, `${video.storedWidth}x${video.storedHeight}`, limits);
  }
  if (durationSeconds !== undefined && durationSeconds > limits.maxClipSeconds) {
    throw tooLong(path, durationSeconds, limits);
  }
  return { header, input };
}

/** What ffmpeg says, of whatever decoder, when `-max_pixels` holds it back. Returns "16000x16000". */
export const refusedSize = (line: string) => /Picture size (\d+x\d+) exceeds/.exec(line)?.[1];

async function sniffPath(path: string, { maxClipBytes }: DecodeLimits): Promise<SniffedFile> {
  const facts = await stat(path).catch((cause: unknown) => {
    throw new DomainError("clip.not_found", `${path}: there is no such file`, { cause, details: { path } });
  });
  if (!facts.isFile()) throw refusal("clip.not_found", path, "this is not a file");
  if (facts.size === 0) throw refusal("clip.empty", path, "the file is empty");
  if (facts.size > maxClipBytes) {
    const sizeBytes = facts.size;
    throw refusal("clip.too_large", path, `it has ${sizeBytes} bytes, the limit is ${maxClipBytes}`, {
      sizeBytes,
      maxClipBytes,
    });
  }
  const file = await open(path).catch((cause: unknown) => {
    throw new DomainError("clip.unreadable", `${path}: the file may not be read`, { cause, details: { path } });
  });
  try {
    const head = Buffer.alloc(SNIFF_BYTES);
    const { bytesRead } = await file.read(head, 0, SNIFF_BYTES, 0);
    return sniffFile(head.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

async function readHeaderLines(
  ffmpegPath: string,
  input: InputOptions,
  limits: DecodeLimits,
  signal: AbortSignal | undefined,
) {
  if (signal?.aborted) throw cancelled(signal);
  const lines: string[] = [];
  let reason = "";
  let size: string | undefined;
  const ffmpeg = startFfmpeg(ffmpegPath, probeArguments(input), (line) => {
    size ??= refusedSize(line);
    if (HEADER_LINE.test(line)) {
      if (lines.length < MAX_HEADER_LINES) lines.push(line);
    } else if (/^\[/.test(line)) {
      // The first complaint is the cause ("moov atom not found"), the later ones are its echo.
      reason ||= line.replace(/^(\[[^\]]*\] )+/, "");
    }
  });
  let timedOut = false;
  const stop = () => void ffmpeg.stop();
  const timer = setTimeout(() => {
    timedOut = true;
    stop();
  }, limits.stallMs);
  signal?.addEventListener("abort", stop);
  try {
    const { signal: endedBy } = await ffmpeg.exited;
    if (signal?.aborted) throw cancelled(signal);
    if (timedOut) throw stalled(input.path, limits);
    if (endedBy) throw endedBySignal(input.path, endedBy);
    return { lines, reason, size };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    await ffmpeg.stop();
  }
}

function notOpened(path: string, sniffed: SniffedFile, reason: string): DomainError {
  if (sniffed.kind === "media" && !/not on whitelist/.test(reason)) {
    const why = `it begins like ${sniffed.container}, but it is damaged or incomplete and cannot be opened`;
    return refusal("clip.unreadable", path, reason ? `${why} (${reason})` : why, { reason });
  }
  return refusal("clip.not_media", path, "this is not a video or sound file that we know", { reason });
}
