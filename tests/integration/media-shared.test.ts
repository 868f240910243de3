/** Every file of ../shared/media: a right result or the right error. Its SOURCES.md says what each file is. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import {
  decodeWhole,
  framesOf,
  lacksSharedMedia,
  largestDifference,
  meanColour,
  samplesOf,
  sharedMedia,
  testFfmpeg,
} from "../support/media-clips.ts";
import { filesBelow, mediaOutcome, TEST_SAMPLING } from "../support/media-table.ts";

type Expected =
  | {
      shown?: string;
      seconds: number;
      windows: number;
      frames: number;
      /** Where the sound ends; absent: no sound track. */
      soundSeconds?: number;
      warnings?: string[];
    }
  | { code: string };

/**
 * Seconds are those of SOURCES.md but where a comment says otherwise; frames are those whose middle, (k + 0.5) / 2 s,
 * lies before the end of the pictures.
 */
const EXPECTED: Readonly<Record<string, Expected>> = {
  "clips/app_navigation_portrait.gif": { shown: "350x622", seconds: 30.98, windows: 4, frames: 62 },
  // 3.67 s in the file, whose first frame comes at 0.033 s
  "clips/asl_sign_book.mkv": { shown: "640x480", seconds: 3.63, windows: 1, frames: 7 },
  "clips/bbb_intro_480p_5_1.mp4": { shown: "854x480", seconds: 30.02, windows: 4, frames: 60, soundSeconds: 30.02 },
  "clips/bbb_intro_720p.webm": { shown: "1280x720", seconds: 30.0, windows: 4, frames: 60, soundSeconds: 30.0 },
  "clips/butterfly_on_flower.mp4": { shown: "1280x720", seconds: 7.54, windows: 1, frames: 15, soundSeconds: 7.53 },
  "clips/cars_from_above.mp4": { shown: "768x432", seconds: 30.21, windows: 4, frames: 60, soundSeconds: 30.17 },
  "clips/coffee_pour.mp4": { shown: "1280x720", seconds: 9.58, windows: 2, frames: 19, soundSeconds: 9.56 },
  "clips/crystal_lotus_zoom.mp4": { shown: "720x480", seconds: 11.97, windows: 2, frames: 24, soundSeconds: 11.94 },
  "clips/cup_shuffle.mp4": { shown: "1280x720", seconds: 10.01, windows: 2, frames: 20, soundSeconds: 10.01 },
  "clips/dog_fetch_ball.mp4": { shown: "1280x720", seconds: 9.66, windows: 2, frames: 19, soundSeconds: 9.66 },
  "clips/flower_opening.mp4": { shown: "960x540", seconds: 5.05, windows: 1, frames: 10, soundSeconds: 5.06 },
  "clips/flower_opening.webm": { shown: "960x540", seconds: 5.06, windows: 1, frames: 10, soundSeconds: 5.06 },
  "clips/hardhat_worker_walks_away.gif": { shown: "480x270", seconds: 4.74, windows: 1, frames: 9 },
  "clips/letter_blocks.mp4": { shown: "1280x720", seconds: 9.74, windows: 2, frames: 19, soundSeconds: 9.74 },
  "clips/popcorn_fingers.ogv": { shown: "300x180", seconds: 64.54, windows: 9, frames: 129, soundSeconds: 64.51 },
  "clips/rabbit_figurine_orbit.mp4": { shown: "720x480", seconds: 7.8, windows: 1, frames: 16, soundSeconds: 7.78 },
  "clips/rooftop_pan_london.mp4": { shown: "320x240", seconds: 15.54, windows: 2, frames: 31, soundSeconds: 15.54 },
  "clips/soccer_juggle_no_audio.mp4": { shown: "1280x720", seconds: 10.29, windows: 2, frames: 21 },
  // 16.57 s is where the subtitles end; pictures and sound of all four tracks end at 13.0 to 13.06 s
  "clips/webb_telescope_cleanroom_multitrack.mp4": {
    shown: "320x180",
    seconds: 13.06,
    windows: 2,
    frames: 26,
    soundSeconds: 13.06,
  },
  "edge_cases/phone_portrait_rot90_terminal.mov": {
    shown: "320x568",
    seconds: 2.07,
    windows: 1,
    frames: 4,
    soundSeconds: 2.04,
  },
  "edge_cases/phone_portrait_rot90_half_second.mov": {
    shown: "720x1280",
    seconds: 0.47,
    windows: 1,
    frames: 1,
    soundSeconds: 0.47,
  },
  "edge_cases/phone_rot180_vfr_dog_basket.mp4": {
    shown: "1280x720",
    seconds: 2.38,
    windows: 1,
    frames: 5,
    soundSeconds: 2.42,
  },
  // 2.01 s in the file, whose first frame comes at 0.083 s
  "edge_cases/rot90_bbb_2s.mp4": { shown: "1080x1920", seconds: 1.92, windows: 1, frames: 4, soundSeconds: 1.92 },
  "edge_cases/broken_no_moov.mp4": { code: "clip.unreadable" },
  "edge_cases/empty.flv": { code: "clip.unreadable" },
  "edge_cases/not_a_video.mp4": { code: "clip.unreadable" },
  // the sound begins at 0.067 s and ends at 1.09 s
  "edge_cases/mdat_too_long.mp4": { shown: "1080x720", seconds: 1.09, windows: 1, frames: 2, soundSeconds: 1.09 },
  "edge_cases/audio_shorter_than_video.mp4": {
    shown: "320x240",
    seconds: 1.2,
    windows: 1,
    frames: 2,
    soundSeconds: 0.77,
  },
  "edge_cases/video_only_1s.mp4": { shown: "1080x720", seconds: 1.0, windows: 1, frames: 2 },
  "edge_cases/black_silent_10s.mp4": { shown: "320x240", seconds: 10.0, windows: 2, frames: 20, soundSeconds: 10.0 },
  "edge_cases/black_6min_1080p.mp4": {
    shown: "1920x1080",
    seconds: 362.77,
    windows: 46,
    frames: 726,
    soundSeconds: 360.0,
  },
  "edge_cases/av1_testsrc.mkv": { shown: "640x360", seconds: 5.0, windows: 1, frames: 10 },
  "edge_cases/hevc_testsrc.mp4": { shown: "128x128", seconds: 1.0, windows: 1, frames: 2 },
  "edge_cases/mpeg4_testcard_4x3.avi": { shown: "1024x768", seconds: 2.0, windows: 1, frames: 4 },
  "edge_cases/fades_grayscale_10s.mp4": { shown: "480x320", seconds: 10.0, windows: 2, frames: 20 },
  "edge_cases/frame_counter_3s.mp4": { shown: "1920x1080", seconds: 3.0, windows: 1, frames: 6 },
  // 2.04 s in the file, whose first frame comes at 1.075 s
  "edge_cases/delayed_start_1075ms.mp4": { shown: "480x320", seconds: 0.96, windows: 1, frames: 2 },
  "edge_cases/audio_only_jfk.flac": { seconds: 11.0, windows: 2, frames: 0, soundSeconds: 11.0 },
  "derived/portrait_rot90_soccer_juggle.mp4": { shown: "406x720", seconds: 10.29, windows: 2, frames: 21 },
  // 4.37 s of frames, of 9.58 s
  "derived/truncated_moov_first_coffee.mp4": {
    shown: "1280x720",
    seconds: 4.4,
    windows: 1,
    frames: 9,
    soundSeconds: 4.31,
    warnings: ["clip.truncated"],
  },
  "derived/truncated_moov_last_coffee.mp4": { code: "clip.unreadable" },
  "derived/butterfly_mpeg4_mp3.avi": { shown: "480x270", seconds: 7.57, windows: 1, frames: 15, soundSeconds: 7.56 },
};

// Six minutes of 1080p are slow to decode on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

/** Versions of ffmpeg differ by a packet of sound (1,024 samples at 44.1 kHz are 0.023 s) at the end, and by rounding. */
const TOLERANCE_SECONDS = 0.05;

const shared = (file: string) => join(sharedMedia, file);

describe.skipIf(lacksSharedMedia())("the shared clips", () => {
  it("are all in the table", async () => {
    const files = (await filesBelow(sharedMedia)).filter((file) => /^(clips|edge_cases|derived)\//.test(file));
    expect([...files]).toEqual(Object.keys(EXPECTED).sort());
  });

  it.each(Object.entries(EXPECTED))("%s", async (file, expected) => {
    const found = await mediaOutcome(shared(file), testFfmpeg);
    if ("code" in expected) {
      expect(found.outcome).toBe(expected.code);
      return;
    }
    const { seconds, soundSeconds, warnings = [], shown, windows, frames } = expected;
    expect(found).toMatchObject({ outcome: "ok", windows, frames, warnings });
    expect(found.shownSize).toBe(shown);
    expect(Math.abs(found.durationSeconds! - seconds)).toBeLessThan(TOLERANCE_SECONDS);
    if (soundSeconds === undefined) expect(found.soundSeconds).toBeUndefined();
    else expect(Math.abs(found.soundSeconds! - soundSeconds)).toBeLessThan(TOLERANCE_SECONDS);
  });

  it("show frame_counter_3s blue-grey, red and green for a second each", async () => {
    const frames = framesOf(await decodeWhole(shared("edge_cases/frame_counter_3s.mp4")));
    const strongest = frames.map((frame) => {
      const { red, green, blue } = meanColour(frame);
      if (red > 1.5 * Math.max(green, blue)) return "red";
      return green > 1.5 * Math.max(red, blue) ? "green" : "blue-grey";
    });
    expect(strongest).toEqual(["blue-grey", "blue-grey", "red", "red", "green", "green"]);
  });

  it("show the second page of app_navigation_portrait.gif from 0:14 to 0:22.3, through uneven frame times", async () => {
    const frames = framesOf(await decodeWhole(shared("clips/app_navigation_portrait.gif")));
    const frameAt = (seconds: number) => frames[seconds * 2 - 0.5]!;
    const page = frameAt(18.25);
    const onPage = frames.flatMap((frame, k) => (meanDifference(frame, page) < 0.002 ? [(k + 0.5) / 2] : []));
    // The buttons up to 13.75 s, an animation of a second, the page until 22.25 s, the buttons again.
    expect(onPage).toEqual(Array.from({ length: 15 }, (_, i) => 15.25 + i / 2));
    expect(meanDifference(frameAt(13.75), page)).toBeGreaterThan(0.005);
    expect(meanDifference(frameAt(14.25), frameAt(13.75))).toBeGreaterThan(0.01);
    expect(meanDifference(frameAt(22.75), page)).toBeGreaterThan(0.005);
  });

  it.each([
    ["edge_cases/phone_portrait_rot90_terminal.mov", 1.25],
    ["edge_cases/phone_rot180_vfr_dog_basket.mp4", 1.75],
    ["derived/portrait_rot90_soccer_juggle.mp4", 5.25],
  ])("turn %s upright as ffmpeg does by itself", async (file, seconds) => {
    const frame = framesOf(await decodeWhole(shared(file)))[seconds * 2 - 0.5]!;
    const size = TEST_SAMPLING.frameSize;
    const last = `lte(t,${seconds})`; // every frame up to that time; the last of them is the one on screen
    const args = [
      "-i",
      shared(file),
      "-an",
      "-vf",
      `select='${last}',scale=${size}:${size}:flags=area,format=gbrpf32le`,
    ];
    const raw = execFileSync(
      testFfmpeg.path,
      ["-v", "error", ...args, "-fps_mode", "passthrough", "-f", "rawvideo", "-"],
      { maxBuffer: 2 ** 30 },
    );
    const wanted = new Float32Array(Uint8Array.from(raw.subarray(raw.length - frame.byteLength)).buffer);
    // Turning before or after shrinking rounds differently; a picture the wrong way up differs by 0.1 and more.
    expect(meanDifference(frame, wanted)).toBeLessThan(0.01);
    const upsideDown = wanted.map((_, i) => wanted[wanted.length - 1 - i]!);
    expect(meanDifference(frame, upsideDown)).toBeGreaterThan(0.05);
  });

  it("give the same pictures and sound in MP4 and WebM", async () => {
    const mp4 = framesOf(await decodeWhole(shared("clips/flower_opening.mp4")));
    const webm = framesOf(await decodeWhole(shared("clips/flower_opening.webm")));
    for (const [k, frame] of mp4.entries()) expect(meanDifference(frame, webm[k]!)).toBeLessThan(0.03);
    expect(largestDifference(mp4[0]!, mp4[9]!)).toBeGreaterThan(0.3); // it does open
  });

  it("keep the pauses of the speech where they are", async () => {
    const samples = samplesOf(await decodeWhole(shared("edge_cases/audio_only_jfk.flac")));
    const loudness = (from: number, to: number) =>
      Math.sqrt(samples.subarray(from * 16_000, to * 16_000).reduce((sum, x) => sum + x * x, 0) / (to - from) / 16_000);
    for (const [from, to] of [
      [2.3, 2.9],
      [7.6, 7.9],
    ] as const) {
      expect(loudness(from, to)).toBeLessThan(0.25 * loudness(0.5, 2));
    }
  });
});

function meanDifference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}
