/** A long clip takes no more memory than a short one. DAMO_LONG_TESTS=1 takes an hour of video in place of 12 minutes. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { makeClip, testFfmpeg } from "../support/media-clips.ts";

const run = promisify(execFile);

const MIB = 2 ** 20;
const LONG_MINUTES = process.env["DAMO_LONG_TESTS"] ? 60 : 12;

async function peakOf(folder: string, minutes: number) {
  const path = await makeClip(
    folder,
    `${minutes}.mp4`,
    ...["-f", "lavfi", "-i", `testsrc=s=160x90:r=5:d=${minutes * 60}`],
    ...["-f", "lavfi", "-i", `sine=f=440:r=16000:d=${minutes * 60}`],
    ...["-c:v", "mpeg4", "-q:v", "20", "-c:a", "aac", "-b:a", "16k"],
  );
  const script = resolve(import.meta.dirname, "../support/measure-decode.ts");
  const { stdout } = await run(process.execPath, ["--expose-gc", "--import", "tsx", script, testFfmpeg.path, path]);
  const peak: { windows: number; nodeBytes: number; ffmpegBytes: number } = JSON.parse(stdout);
  console.log(
    `${minutes} min: node ${(peak.nodeBytes / MIB).toFixed(0)} MiB, ffmpeg ${(peak.ffmpegBytes / MIB).toFixed(0)} MiB`,
  );
  return peak;
}

const elsewhere = process.platform === "linux" ? false : "skipped: reads /proc";
if (elsewhere) console.log(elsewhere);

describe.skipIf(elsewhere)("decoding", () => {
  it(`holds as much memory for ${LONG_MINUTES} minutes as for 2`, { timeout: 600_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "damo-media-"));
    try {
      const short = await peakOf(folder, 2);
      const long = await peakOf(folder, LONG_MINUTES);
      expect(short.windows).toBe(15);
      expect(long.windows).toBe((LONG_MINUTES * 60) / 8);
      expect(long.ffmpegBytes / short.ffmpegBytes).toBeLessThan(1.2);
      expect(long.nodeBytes / short.nodeBytes).toBeLessThan(1.2);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
