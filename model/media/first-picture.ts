/** The first picture of a clip, alone, in a process of its own. Wanted only in two corners: see decode-clip.ts. */
import { cancelled, stalled } from "./clip-errors.ts";
import type { DecodeLimits } from "./decode-limits.ts";
import { firstPictureArguments, readTimeLine } from "./ffmpeg-arguments.ts";
import { startFfmpeg } from "./ffmpeg-process.ts";
import type { ProbedClip } from "./probe-clip.ts";

export interface FirstPicture {
  /** The file's own timestamp. */
  readonly timestampSeconds: number;
  /** `[1, 3, S, S]`, as in DecodedWindow. */
  readonly frame: Float32Array<ArrayBuffer>;
}

export interface FirstPictureOptions {
  readonly ffmpeg: { readonly path: string };
  readonly frameSize: number;
  readonly limits: DecodeLimits;
  readonly signal?: AbortSignal;
}

/**
 * @returns undefined when there is none that can be decoded
 * @throws DomainError clip.decode_timeout, setup.ffmpeg_missing, cancelled
 */
export async function readFirstPicture(
  options: FirstPictureOptions,
  { header, input }: ProbedClip,
): Promise<FirstPicture | undefined> {
  const { ffmpeg, frameSize, limits, signal } = options;
  if (!header.video) return undefined;
  if (signal?.aborted) throw cancelled(signal);

  const frame = new Float32Array(3 * frameSize * frameSize);
  const bytes = new Uint8Array(frame.buffer);
  let received = 0;
  let timestampSeconds: number | undefined;
  const run = startFfmpeg(ffmpeg.path, firstPictureArguments(input, header.video, frameSize), (line) => {
    timestampSeconds ??= readTimeLine(line)?.seconds;
  });
  const [output] = run.outputs;
  output.on("data", (chunk: Buffer) => {
    const fitting = chunk.subarray(0, bytes.length - received);
    bytes.set(fitting, received);
    received += fitting.length;
  });
  const outputEnded = new Promise((resolve) => output.once("close", resolve));

  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    void run.stop();
  }, limits.stallMs);
  const onAbort = () => void run.stop();
  signal?.addEventListener("abort", onAbort);
  try {
    await Promise.all([run.exited, outputEnded]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    await run.stop();
  }
  if (signal?.aborted) throw cancelled(signal);
  if (timedOut) throw stalled(input.path, limits);
  return received === bytes.length && timestampSeconds !== undefined ? { timestampSeconds, frame } : undefined;
}
