/** Cuts clips and makes versions for browsers, one ffmpeg at a time for each call. Implements core/ports/clip-encoder.ts. */
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ClipEncoder, CutRequest, PlayableRequest } from "../../core/index.ts";
import { cancelled, endedBySignal, refusal, stalled } from "./clip-errors.ts";
import type { DecodeLimits } from "./decode-limits.ts";
import {
  cutArguments,
  type PictureBudget,
  readProgressLine,
  remuxArguments,
  transcodeArguments,
} from "./encode-arguments.ts";
import { startFfmpeg } from "./ffmpeg-process.ts";
import { probeClip } from "./probe-clip.ts";

export interface ClipEncoderDeps {
  /** @throws DomainError `setup.ffmpeg_missing` */
  readonly findFfmpeg: () => Promise<{ readonly path: string }>;
}

/** How a cut is made smaller until it fits, from "as good as the original" to "one still sees what happens". */
const CUT_STEPS: readonly { readonly longSide: number; readonly quality: number; readonly shareOfBudget: number }[] = [
  { longSide: 1280, quality: 23, shareOfBudget: 0.9 },
  { longSide: 854, quality: 27, shareOfBudget: 0.75 },
  { longSide: 426, quality: 30, shareOfBudget: 0.6 },
];

/** What the sound takes of a cut, bits a second, with the packets around it. */
const SOUND_BIT_RATE = 140_000;

/** Fewer bits a second than these are not worth looking at. */
const LEAST_BIT_RATE = 50_000;

export function createClipEncoder({ findFfmpeg }: ClipEncoderDeps, limits: DecodeLimits): ClipEncoder {
  const open = async (path: string, signal: AbortSignal | undefined) => {
    const ffmpeg = await findFfmpeg();
    return { ffmpeg, ...(await probeClip({ path, ffmpeg, limits, signal })) };
  };

  return {
    async cut({ path, span, maxBytes, signal }: CutRequest) {
      const { ffmpeg, header, input } = await open(path, signal);
      const startSeconds = Math.max(0, span.startSeconds);
      const durationSeconds = span.endSeconds - startSeconds;
      const folder = await mkdtemp(join(tmpdir(), "damo-cut-"));
      const output = join(folder, "cut.mp4");
      try {
        for (const { longSide, quality, shareOfBudget } of CUT_STEPS) {
          const bitRate = (8 * maxBytes * shareOfBudget) / durationSeconds - (header.audio ? SOUND_BIT_RATE : 0);
          if (bitRate < LEAST_BIT_RATE) continue;
          const budget: PictureBudget = { longSide, quality, maxBitRate: Math.round(bitRate) };
          const args = cutArguments(input, header, { startSeconds, durationSeconds, budget }, output);
          await encode(ffmpeg.path, args, { path, limits, signal });
          const { size } = await stat(output);
          if (size <= maxBytes) return new Uint8Array(await readFile(output));
        }
        return undefined;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },

    async makePlayable({ path, outputPath, mode, onProgress, signal }: PlayableRequest) {
      const { ffmpeg, header, input } = await open(path, signal);
      const make = mode === "remux" ? remuxArguments : transcodeArguments;
      const onSeconds = (seconds: number) => {
        if (header.durationSeconds) onProgress?.(Math.min(1, seconds / header.durationSeconds));
      };
      try {
        await encode(ffmpeg.path, make(input, header, outputPath), { path, limits, signal, onSeconds });
      } catch (error) {
        await rm(outputPath, { force: true });
        throw error;
      }
    },
  };
}

interface EncodeOptions {
  /** Of the clip, for messages. */
  readonly path: string;
  readonly limits: DecodeLimits;
  readonly signal: AbortSignal | undefined;
  readonly onSeconds?: (seconds: number) => void;
}

/** Runs ffmpeg to its end; gives up when it makes no progress for as long as decoding may stand still. */
async function encode(ffmpegPath: string, args: readonly string[], options: EncodeOptions): Promise<void> {
  const { path, limits, signal, onSeconds } = options;
  if (signal?.aborted) throw cancelled(signal);
  let complaint = "";
  const ffmpeg = startFfmpeg(ffmpegPath, args, (line) => {
    complaint ||= line.trim();
  });
  let timedOut = false;
  const giveUp = () => {
    timedOut = true;
    void ffmpeg.stop();
  };
  let timer = setTimeout(giveUp, limits.stallMs);
  let reached = -1;
  createInterface({ input: ffmpeg.outputs[0] }).on("line", (line) => {
    const seconds = readProgressLine(line);
    // The last step moves the index to the front and reports no new time, but says "progress=end" first.
    if (seconds === undefined || seconds <= reached) return;
    reached = seconds;
    clearTimeout(timer);
    timer = setTimeout(giveUp, limits.stallMs);
    onSeconds?.(seconds);
  });
  const onAbort = () => void ffmpeg.stop();
  signal?.addEventListener("abort", onAbort);
  try {
    const { code, signal: endedBy } = await ffmpeg.exited;
    if (signal?.aborted) throw cancelled(signal);
    if (timedOut) throw stalled(path, limits);
    if (endedBy) throw endedBySignal(path, endedBy);
    // Damaged packets are no failure: what could be read is there. Nothing written is one.
    if (code !== 0 && reached <= 0) {
      throw refusal("clip.unreadable", path, `nothing could be made of it (${complaint})`, { reason: complaint });
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    await ffmpeg.stop();
  }
}
