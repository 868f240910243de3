/** What decoding makes of each file of a folder: the table that `script/media-table` prints and a test holds fast. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isDomainError } from "../../core/errors.ts";
import { type DecodeLimits, type DecodeOptions, decodeClip } from "../../model/media/index.ts";

export interface MediaOutcome {
  readonly file: string;
  /** "ok", or the code of the error. */
  readonly outcome: string;
  readonly message?: string;
  readonly durationSeconds?: number;
  readonly windows?: number;
  readonly frames?: number;
  /** Seconds of sound that came out; undefined without a sound track. */
  readonly soundSeconds?: number;
  readonly shownSize?: string;
  readonly warnings?: readonly string[];
}

/** The defaults of core/config.ts. */
export const TEST_LIMITS: DecodeLimits = {
  maxClipSeconds: 4 * 3600,
  maxClipBytes: 4 * 1024 ** 3,
  maxClipPixels: 7680 * 4320,
  stallMs: 20_000,
};

/** As damo-mini's `preprocess`, but for the size: small frames make small tests. */
export const TEST_SAMPLING = { frameRate: 2, frameSize: 64, sampleRateHz: 16_000, windowSeconds: 8 };

export async function mediaOutcome(
  path: string,
  ffmpeg: DecodeOptions["ffmpeg"],
  limits = TEST_LIMITS,
): Promise<MediaOutcome> {
  let windows = 0;
  let frames = 0;
  let samples = 0;
  let result: MediaOutcome = { file: path, outcome: "unfinished" };
  try {
    for await (const event of decodeClip({ path, ffmpeg, limits, ...TEST_SAMPLING })) {
      if (event.type === "window") {
        windows++;
        frames += event.window.frameCount;
        samples += event.window.samples.length;
      } else if (event.type === "ended") {
        const { durationSeconds, video, audio } = event.info;
        result = {
          file: path,
          outcome: "ok",
          durationSeconds,
          windows,
          frames,
          warnings: event.warnings,
          ...(video && { shownSize: `${video.width}x${video.height}` }),
          ...(audio && { soundSeconds: samples / TEST_SAMPLING.sampleRateHz }),
        };
      }
    }
    return result;
  } catch (error) {
    if (!isDomainError(error)) throw error;
    return { file: path, outcome: error.code, message: error.message };
  }
}

/** All files below a folder, as paths relative to it, in order. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replace(/^\/+/, ""))
    .sort();
}

export const TABLE_HEADER =
  "| file | outcome | shown | duration | windows | frames | sound | warnings |\n|---|---|---|---|---|---|---|---|";

export function tableRow(row: MediaOutcome): string {
  const seconds = (value: number | undefined) => (value === undefined ? "-" : `${value.toFixed(2)} s`);
  const cells = [
    row.file,
    row.outcome,
    row.shownSize ?? "-",
    seconds(row.durationSeconds),
    row.windows ?? "-",
    row.frames ?? "-",
    seconds(row.soundSeconds),
    row.warnings?.join(", ") || row.message || "-",
  ];
  return `| ${cells.join(" | ")} |`;
}
