/** Finds where the shots of a clip change, by how much a small picture differs from the one before. */
import { createInterface } from "node:readline";
import type { CutFinder } from "../../core/index.ts";
import type { ClipEncoderDeps } from "./clip-encoder.ts";
import { cancelled, stalled } from "./clip-errors.ts";
import type { DecodeLimits } from "./decode-limits.ts";
import { guardedInput, type InputOptions, quiet } from "./ffmpeg-arguments.ts";
import { startFfmpeg } from "./ffmpeg-process.ts";
import { probeClip } from "./probe-clip.ts";

/**
 * ffmpeg's scene score, 0..1. A hard cut scores 0.4 and more, a fast pan up to 0.2; its manual names 0.3 to 0.5 as sane.
 */
const LEAST_SCORE = 0.3;

/**
 * Longer clips are judged by their key frames, a hundredth of the work: encoders set one at a cut. Shorter ones are
 * decoded whole, which takes a second or two.
 */
const WHOLE_UP_TO_SECONDS = 120;

export function createCutFinder({ findFfmpeg }: ClipEncoderDeps, limits: DecodeLimits): CutFinder {
  return {
    async findCuts({ path, signal }) {
      const ffmpeg = await findFfmpeg();
      const { header, input } = await probeClip({ path, ffmpeg, limits, signal });
      if (!header.video) return [];
      const keyFramesOnly = (header.durationSeconds ?? Number.POSITIVE_INFINITY) > WHOLE_UP_TO_SECONDS;
      return readCuts(ffmpeg.path, cutArguments(input, header.video.streamIndex, keyFramesOnly), path, limits, signal);
    },
  };
}

const cutArguments = (input: InputOptions, streamIndex: number, keyFramesOnly: boolean): readonly string[] => [
  ...quiet("error"),
  ...guardedInput(input, keyFramesOnly ? ["-skip_frame", "nokey"] : []),
  ...["-map", `0:${streamIndex}`, "-fps_mode", "passthrough"],
  // Small and blurred: noise is no cut. What passes is printed to the first pipe, one line a frame.
  ...["-vf", `scale=96:54:flags=area,select='gt(scene,${LEAST_SCORE})',metadata=print:file=pipe\\\\:1`],
  ...["-f", "null", "-"],
];

/** e.g. `frame:3    pts:6400    pts_time:12.5` */
const TIME_LINE = /^frame:\d+\s+pts:-?\d+\s+pts_time:(-?[\d.]+)/;

async function readCuts(
  ffmpegPath: string,
  args: readonly string[],
  path: string,
  limits: DecodeLimits,
  signal: AbortSignal | undefined,
): Promise<readonly number[]> {
  if (signal?.aborted) throw cancelled(signal);
  const cuts: number[] = [];
  const ffmpeg = startFfmpeg(ffmpegPath, args, () => {});
  let timedOut = false;
  const stop = () => void ffmpeg.stop();
  // It may be silent for long: a clip of one shot prints nothing. So the whole of it gets a generous while.
  const timer = setTimeout(() => {
    timedOut = true;
    stop();
  }, 10 * limits.stallMs);
  const read = new Promise<void>((resolve) => {
    const lines = createInterface({ input: ffmpeg.outputs[0] });
    lines.on("line", (line) => {
      const seconds = Number(TIME_LINE.exec(line)?.[1]);
      if (seconds > 0) cuts.push(Math.round(seconds * 1000) / 1000);
    });
    lines.once("close", resolve);
  });
  signal?.addEventListener("abort", stop);
  try {
    await Promise.all([ffmpeg.exited, read]);
    if (signal?.aborted) throw cancelled(signal);
    if (timedOut) throw stalled(path, limits);
    return cuts;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    await ffmpeg.stop();
  }
}
