/** The pace and the end of decoding: who waits for whom, what is left behind (nothing), and taking it up again. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DecodedWindow } from "../../model/media/index.ts";
import {
  countingFrames,
  decodeTestClip,
  decodeWhole,
  frameNumber,
  framesOf,
  largestDifference,
  makeClip,
} from "../support/media-clips.ts";

let folder: string;
let clip: string;

/** 40 s, five windows, with sound that is nowhere the same and a key frame every 3 s. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "damo-media-"));
  clip = await makeClip(
    folder,
    "clip.mp4",
    ...[
      "-f",
      "lavfi",
      "-i",
      "testsrc2=s=96x64:r=10:d=40",
      "-f",
      "lavfi",
      "-i",
      "aevalsrc=0.3*sin(40*t*t):s=44100:d=40",
    ],
    ...["-c:v", "mpeg4", "-g", "30", "-c:a", "aac"],
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Processes of ours that have this clip open. */
const decodersOf = (path: string) =>
  execFileSync("ps", ["-eo", "args"])
    .toString()
    .split("\n")
    .filter((line) => line.includes(`file:${path}`));

describe("decoding", () => {
  it("waits for a slow reader, and goes on when it comes back", async () => {
    const indexes: number[] = [];
    for await (const event of decodeTestClip(clip)) {
      if (event.type !== "window") continue;
      indexes.push(event.window.index);
      if (event.window.index === 0) await sleep(500);
    }
    expect(indexes).toEqual([0, 1, 2, 3, 4]);
  });

  it("does not take the time that a reader spends on a window for a stall", async () => {
    let windows = 0;
    const limits = { maxClipSeconds: 60, maxClipBytes: 2 ** 30, maxClipPixels: 10 ** 6, stallMs: 4000 };
    for await (const event of decodeTestClip(clip, { limits })) {
      if (event.type !== "window") continue;
      windows++;
      if (event.window.index === 0) await sleep(5000);
    }
    expect(windows).toBe(5);
  });

  it("leaves no ffmpeg behind when the reader stops early", async () => {
    let running: string[] = [];
    for await (const event of decodeTestClip(clip)) {
      if (event.type !== "window") continue;
      running = decodersOf(clip);
      break;
    }
    expect(running).toHaveLength(1); // it was there, waiting
    expect(decodersOf(clip)).toEqual([]);
  });

  it("leaves no ffmpeg behind when the reader throws", async () => {
    const failing = async () => {
      for await (const event of decodeTestClip(clip)) if (event.type === "window") throw new Error("reader");
    };
    await expect(failing()).rejects.toThrow("reader");
    expect(decodersOf(clip)).toEqual([]);
  });

  it("ends with `cancelled` after an abort, at any point, and leaves no ffmpeg behind", async () => {
    await expect(decodeWhole(clip, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });

    for (const type of ["opened", "window"] as const) {
      const abort = new AbortController();
      const aborted = async () => {
        for await (const event of decodeTestClip(clip, { signal: abort.signal })) {
          if (event.type === type) abort.abort(new Error("enough"));
        }
      };
      await expect(aborted()).rejects.toMatchObject({ code: "cancelled", cause: { message: "enough" } });
      expect(decodersOf(clip)).toEqual([]);
    }

    const abort = new AbortController();
    setTimeout(() => abort.abort(), 30); // while the header is read, or soon after
    await expect(decodeWhole(clip, { signal: abort.signal })).rejects.toMatchObject({ code: "cancelled" });
    expect(decodersOf(clip)).toEqual([]);
  });

  it("hands over buffers of its own, which may be transferred", async () => {
    const { windows } = await decodeWhole(clip);
    const buffers = windows.flatMap(({ frames, samples }) => [frames.buffer, samples.buffer]);
    expect(new Set(buffers).size).toBe(buffers.length);
    for (const { frames, samples } of windows) {
      expect(frames.buffer.byteLength).toBe(frames.byteLength);
      expect(samples.buffer.byteLength).toBe(samples.byteLength);
    }
  });
});

describe("resuming from a window", () => {
  const sameTimes = (window: DecodedWindow) => {
    const { index, startSeconds, endSeconds, frameCount, samples } = window;
    return { index, startSeconds, endSeconds, frameCount, samples: samples.length };
  };

  it("gives the same frames to the bit, and sound that is off by less than a sample, in a container with an index", async () => {
    const whole = await decodeWhole(clip);
    const resumed = await decodeWhole(clip, { resumeFromWindow: 3 });
    expect(resumed.info.durationSeconds).toBeCloseTo(whole.info.durationSeconds, 3);
    expect(resumed.windows.map((window) => window.index)).toEqual([3, 4]);
    for (const window of resumed.windows) {
      const wanted = whole.windows[window.index]!;
      // AAC packets do not fall on windows: the very end may move by a sample.
      const { samples, ...times } = sameTimes(window);
      expect(times).toEqual({ ...sameTimes(wanted), samples: undefined, endSeconds: window.endSeconds });
      expect(window.endSeconds).toBeCloseTo(wanted.endSeconds, 3);
      expect(Math.abs(samples - wanted.samples.length)).toBeLessThanOrEqual(1);
      expect(largestDifference(window.frames, wanted.frames)).toBe(0);
      // The tone rises to 510 Hz and 0.3: a sample more or less is 0.06 at the steepest.
      const length = Math.min(samples, wanted.samples.length);
      expect(largestDifference(window.samples.subarray(0, length), wanted.samples.subarray(0, length))).toBeLessThan(
        0.06,
      );
    }
  });

  it("gives the very same in a container without one, by decoding from the start", async () => {
    const path = await makeClip(folder, "clip.avi", "-i", clip, "-c", "copy");
    const whole = await decodeWhole(path);
    const resumed = await decodeWhole(path, { resumeFromWindow: 3 });
    expect(resumed.windows.map(sameTimes)).toEqual(whole.windows.slice(3).map(sameTimes));
    for (const window of resumed.windows) {
      expect(largestDifference(window.frames, whole.windows[window.index]!.frames)).toBe(0);
      expect(largestDifference(window.samples, whole.windows[window.index]!.samples)).toBe(0);
    }
  });

  it("finds the picture that stands still since before the window, and counts from a late first frame", async () => {
    // Frames 0 and 9 of a clip at 1 a second that starts at 2.5 s: frame 9 is shown from 9 s to the end.
    const [lavfi, f, i, source, ...codec] = countingFrames(20, "1");
    const still = [lavfi!, f!, i!, `${source},select='eq(n,0)+eq(n,9)+eq(n,19)'`, "-fps_mode", "vfr", ...codec];
    const path = await makeClip(folder, "still.mkv", "-itsoffset", "2.5", ...still, "-output_ts_offset", "2.5");
    const whole = await decodeWhole(path);
    const resumed = await decodeWhole(path, { resumeFromWindow: 1 });
    expect(framesOf(resumed).map(frameNumber)).toEqual(framesOf(whole).map(frameNumber).slice(16));
    expect(framesOf(resumed).map(frameNumber).slice(0, 3)).toEqual([0, 0, 9]);
  });

  it("after the last window there is nothing left but the end", async () => {
    const { windows, info, warnings } = await decodeWhole(clip, { resumeFromWindow: 5 });
    expect(windows).toEqual([]);
    expect(info.durationSeconds).toBeCloseTo(40, 1);
    expect(warnings).toEqual([]);
  });
});
