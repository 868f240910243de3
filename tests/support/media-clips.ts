/** Clips for the tests of model/media: made by ffmpeg, or shared beside the repository. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { ClipInfo } from "../../core/clip.ts";
import type { LineTrack } from "../../core/ports/line-store.ts";
import { type DecodedWindow, type DecodeOptions, decodeClip, resolveFfmpeg } from "../../model/media/index.ts";
import { TEST_LIMITS, TEST_SAMPLING } from "./media-table.ts";

const run = promisify(execFile);

export const sharedMedia = resolve(import.meta.dirname, "../../../shared/media");

/** For `describe.skipIf`; says once what is left out. */
export function lacksSharedMedia(): boolean {
  const lacks = !existsSync(sharedMedia);
  if (lacks) console.log(`skipped: there is no ${sharedMedia}`);
  return lacks;
}

export const testFfmpeg = await resolveFfmpeg({
  configured: process.env["FFMPEG_BIN"],
  searchPath: process.env["PATH"],
});

/** `-f lavfi -i ...` and what else it takes; returns the path of the clip. */
export async function makeClip(folder: string, name: string, ...args: string[]): Promise<string> {
  const path = join(folder, name);
  await run(testFfmpeg.path, ["-hide_banner", "-loglevel", "error", "-nostdin", "-y", ...args, path]);
  return path;
}

/** 96x64, 24 a second unless told otherwise; frame N is grey with the value 4 N, without loss. */
export const countingFrames = (seconds: number, rate = "24") => [
  ...["-f", "lavfi", "-i", `color=black:s=96x64:r=${rate}:d=${seconds},format=gray,geq=lum='4*N'`],
  ...["-c:v", "ffv1", "-pix_fmt", "gray"],
];

export interface DecodedClip {
  readonly opened: ClipInfo;
  readonly windows: readonly DecodedWindow[];
  readonly tracks: readonly LineTrack[];
  readonly info: ClipInfo;
  readonly warnings: readonly string[];
}

export async function decodeWhole(path: string, options: Partial<DecodeOptions> = {}): Promise<DecodedClip> {
  const windows: DecodedWindow[] = [];
  const tracks: LineTrack[] = [];
  let opened: ClipInfo | undefined;
  for await (const event of decodeTestClip(path, options)) {
    if (event.type === "opened") opened = event.info;
    else if (event.type === "window") windows.push(event.window);
    else if (event.type === "lines") tracks.push(event.track);
    else return { opened: opened!, windows, tracks, info: event.info, warnings: event.warnings };
  }
  throw new Error("no `ended` event");
}

export const decodeTestClip = (path: string, options: Partial<DecodeOptions> = {}) =>
  decodeClip({ path, ffmpeg: testFfmpeg, limits: TEST_LIMITS, ...TEST_SAMPLING, ...options });

const SIZE = TEST_SAMPLING.frameSize;

/** The frames of all windows one after the other, each `[3, S, S]`. */
export const framesOf = ({ windows }: Pick<DecodedClip, "windows">): readonly Float32Array[] =>
  windows.flatMap(({ frames, frameCount }) =>
    Array.from({ length: frameCount }, (_, i) => frames.subarray(i * 3 * SIZE * SIZE, (i + 1) * 3 * SIZE * SIZE)),
  );

/** Mean red, green and blue of a frame, 0..1. */
export function meanColour(frame: Float32Array): { red: number; green: number; blue: number } {
  const mean = (plane: number) =>
    frame.subarray(plane * SIZE * SIZE, (plane + 1) * SIZE * SIZE).reduce((sum, value) => sum + value, 0) / SIZE ** 2;
  return { green: mean(0), blue: mean(1), red: mean(2) };
}

/** Which of `countingFrames` this is; NaN when it is not grey. */
export function frameNumber(frame: Float32Array): number {
  const { red, green, blue } = meanColour(frame);
  return Math.max(red, green, blue) - Math.min(red, green, blue) < 0.001 ? Math.round((green * 255) / 4) : Number.NaN;
}

/** All samples, one after the other, as if no window missed any. */
export function samplesOf({ windows }: Pick<DecodedClip, "windows">): Float32Array {
  const all = new Float32Array(windows.reduce((sum, { samples }) => sum + samples.length, 0));
  let at = 0;
  for (const { samples } of windows) {
    all.set(samples, at);
    at += samples.length;
  }
  return all;
}

/** Largest difference between two frames, of any value. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
