/** When things are shown and heard, on clips whose every frame is known. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  countingFrames,
  decodeWhole,
  frameNumber,
  framesOf,
  largestDifference,
  makeClip,
  meanColour,
  samplesOf,
} from "../support/media-clips.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "damo-media-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The first sample that is louder than 0.1, in seconds. */
const onset = (samples: Float32Array) => samples.findIndex((sample) => Math.abs(sample) > 0.1) / 16_000;

/** A tone from `from` to `to`, else silence. */
const toneBetween = (from: number, to: number, seconds: number) => [
  ...["-f", "lavfi", "-i", `aevalsrc=exprs='if(between(t,${from},${to}),0.5*sin(2*PI*440*t),0)':s=48000:d=${seconds}`],
];

describe("frames", () => {
  it.each([
    ["24", "2.5"], // (k + 0.5) / 2 s is the start of a frame: that frame is the one shown
    ["30", "2"],
    ["25", "2.4"],
    ["30000/1001", "2"],
    ["7", "9"],
    ["2", "8"],
    ["1", "9"],
  ])("are those shown at (k + 0.5) / 2 s, at %s frames a second", async (rate, seconds) => {
    const path = await makeClip(folder, `rate-${rate.replace("/", "-")}.mkv`, ...countingFrames(Number(seconds), rate));
    const [numerator, denominator = 1] = rate.split("/").map(Number);
    const clip = await decodeWhole(path);
    const numbers = framesOf(clip).map(frameNumber);
    const count = Math.floor(clip.info.durationSeconds * 2 + 0.5 - 1e-6);
    const wanted = Array.from({ length: count }, (_, k) =>
      Math.floor((((k + 0.5) / 2) * numerator!) / denominator + 1e-9),
    );
    expect(numbers).toEqual(wanted);
    expect(clip.info.durationSeconds).toBeCloseTo(Number(seconds), 1);
  });

  it("are held for as long as they are shown when frame times are uneven", async () => {
    // Frames 0, 1, 2, 20, 21 and 50 of 60 at 24 a second, with their own times.
    const pick = "select='eq(n,0)+eq(n,1)+eq(n,2)+eq(n,20)+eq(n,21)+eq(n,50)'";
    const [lavfi, f, i, source, ...codec] = countingFrames(2.5);
    const args = [lavfi!, f!, i!, `${source},${pick}`, "-fps_mode", "vfr", ...codec];
    const numbers = framesOf(await decodeWhole(await makeClip(folder, "uneven.mkv", ...args))).map(frameNumber);
    // shown at 0.25, 0.75, 1.25, 1.75 s = source frames 6, 18, 30, 42; frame 50 starts at 2.08 s
    expect(numbers.slice(0, 4)).toEqual([2, 2, 21, 21]);
  });

  it("hold the last frame of a GIF for its delay", async () => {
    const path = await makeClip(
      folder,
      "hold.gif",
      "-f",
      "lavfi",
      "-i",
      "testsrc=s=64x48:r=10:d=1",
      "-final_delay",
      "300",
    );
    const clip = await decodeWhole(path);
    expect(clip.info.durationSeconds).toBeCloseTo(3.9, 2); // 9 frames of 0.1 s and one of 3 s
    const frames = framesOf(clip);
    expect(frames).toHaveLength(8);
    for (const frame of frames.slice(3)) expect(largestDifference(frame, frames[2]!)).toBe(0);
  });

  it("show GIF frames that ask for no time for a tenth of a second, as browsers do", async () => {
    // setpts: two frames a hundredth apart become a delay of 1
    const source = "testsrc=s=64x48:r=100:d=0.3";
    const clip = await decodeWhole(await makeClip(folder, "hurried.gif", "-f", "lavfi", "-i", source));
    expect(clip.info.durationSeconds).toBeGreaterThan(2.9);
  });

  it("of a clip that ends before the first one is due: its first picture", async () => {
    const one = await decodeWhole(await makeClip(folder, "one.mkv", ...countingFrames(0.04)));
    expect(one.windows).toMatchObject([{ index: 0, frameCount: 1, hasVideo: true, hasAudio: false }]);
    expect(one.info.durationSeconds).toBeGreaterThan(0);
    expect(one.windows[0]!.endSeconds).toBe(one.info.durationSeconds);

    const short = framesOf(await decodeWhole(await makeClip(folder, "short.mkv", ...countingFrames(0.2))));
    expect(short.map(frameNumber)).toEqual([0]);
  });

  it("go on through a change of picture size half way, at the right times", async () => {
    // Three parts of 20 frames each; the second is larger.
    const part = (name: string, size: string, colour: string) =>
      makeClip(
        folder,
        name,
        "-f",
        "lavfi",
        "-i",
        `color=${colour}:s=${size}:r=10:d=2`,
        "-c:v",
        "mpeg2video",
        "-f",
        "mpegts",
      );
    const paths = [
      await part("a.ts", "64x48", "red"),
      await part("b.ts", "160x120", "lime"),
      await part("c.ts", "64x48", "blue"),
    ];
    const path = await makeClip(folder, "sizes.ts", "-i", `concat:${paths.join("|")}`, "-c", "copy");
    const clip = await decodeWhole(path);
    const colours = framesOf(clip).map((frame) => {
      const { red, green, blue } = meanColour(frame);
      return red > 0.5 ? "red" : green > 0.5 ? "lime" : blue > 0.5 ? "blue" : "?";
    });
    expect(clip.info.durationSeconds).toBeCloseTo(6, 0);
    expect(colours).toEqual([
      "red",
      "red",
      "red",
      "red",
      "lime",
      "lime",
      "lime",
      "lime",
      "blue",
      "blue",
      "blue",
      "blue",
    ]);
  });
});

describe("pictures and sound", () => {
  it("stay together when the pictures start late: media time 0 is the first picture", async () => {
    const path = await makeClip(
      folder,
      "late-pictures.mkv",
      ...["-itsoffset", "0.75", ...countingFrames(2.5).slice(0, 4)],
      ...[...toneBetween(2, 2.5, 3), "-c:v", "ffv1", "-c:a", "pcm_s16le"],
    );
    const clip = await decodeWhole(path);
    expect(framesOf(clip).map(frameNumber)).toEqual([6, 18, 30, 42, 54]);
    expect(onset(samplesOf(clip))).toBeCloseTo(1.25, 2);
    expect(clip.info.durationSeconds).toBeCloseTo(2.5, 1);
  });

  it("stay together when the sound starts late", async () => {
    const path = await makeClip(
      folder,
      "late-sound.mkv",
      ...countingFrames(2.5).slice(0, 4),
      ...["-itsoffset", "0.9", ...toneBetween(0.5, 1, 1.2), "-c:v", "ffv1", "-c:a", "pcm_s16le"],
    );
    const clip = await decodeWhole(path);
    expect(onset(samplesOf(clip))).toBeCloseTo(1.4, 2);
    expect(samplesOf(clip).length / 16_000).toBeCloseTo(2.1, 2);
  });

  it("both start at 0 in a file whose timestamps start elsewhere", async () => {
    const path = await makeClip(
      folder,
      "elsewhere.ts",
      ...["-f", "lavfi", "-i", "color=red:s=64x48:r=10:d=1,format=yuv420p", ...toneBetween(0.5, 1, 1)],
      ...["-c:v", "mpeg2video", "-c:a", "mp2", "-output_ts_offset", "1234.5"],
    );
    const clip = await decodeWhole(path);
    expect(clip.info.durationSeconds).toBeGreaterThan(0.95);
    expect(clip.info.durationSeconds).toBeLessThan(1.2);
    expect(onset(samplesOf(clip))).toBeCloseTo(0.5, 1);
  });

  it("hear what is shown when a gap in the sound's timestamps is left open by the file", async () => {
    const gap = "aselect='not(between(t,1,2))'"; // the samples between are not there at all
    const path = await makeClip(
      folder,
      "gap.mkv",
      ...countingFrames(3).slice(0, 4),
      ...["-f", "lavfi", "-i", `aevalsrc=exprs='if(gt(t,2.5),0.5,0)*sin(2*PI*440*t)':s=48000:d=3,${gap}`],
      ...["-c:v", "ffv1", "-c:a", "pcm_s16le"],
    );
    expect(onset(samplesOf(await decodeWhole(path)))).toBeCloseTo(2.5, 1);
  });

  it("end where the longer of the two ends, and the other is missing, not repeated", async () => {
    const path = await makeClip(
      folder,
      "long-sound.mkv",
      ...countingFrames(2).slice(0, 4),
      ...[...toneBetween(0, 20, 20), "-c:v", "ffv1", "-c:a", "pcm_s16le"],
    );
    const { windows, info } = await decodeWhole(path);
    expect(info.durationSeconds).toBeCloseTo(20, 2);
    expect(windows).toMatchObject([
      { startSeconds: 0, endSeconds: 8, frameCount: 4, hasVideo: true, hasAudio: true, samples: { length: 128_000 } },
      { startSeconds: 8, endSeconds: 16, frameCount: 0, hasVideo: false, hasAudio: true },
      { startSeconds: 16, frameCount: 0, hasVideo: false, hasAudio: true, samples: { length: 64_000 } },
    ]);
    expect(windows[2]!.endSeconds).toBe(info.durationSeconds);
  });
});

describe("odd formats", () => {
  it.each([
    ["10 bit", ["testsrc2=s=96x64:r=10:d=1"], ["-c:v", "ffv1", "-pix_fmt", "yuv420p10le"]],
    ["sizes that are odd", ["testsrc2=s=127x93:r=10:d=1,format=yuv444p"], ["-c:v", "ffv1"]],
    [
      "HDR tags",
      ["testsrc2=s=96x64:r=10:d=1"],
      [
        "-c:v",
        "ffv1",
        "-pix_fmt",
        "yuv420p10le",
        "-color_trc",
        "smpte2084",
        "-color_primaries",
        "bt2020",
        "-colorspace",
        "bt2020nc",
      ],
    ],
  ])("%s: values stay within 0..1 and show the picture", async (name, [source], codec) => {
    const path = await makeClip(folder, `${name.replaceAll(" ", "-")}.mkv`, "-f", "lavfi", "-i", source!, ...codec);
    const frames = framesOf(await decodeWhole(path));
    expect(frames).toHaveLength(2);
    for (const frame of frames) {
      const smallest = frame.reduce((a, b) => Math.min(a, b));
      const largest = frame.reduce((a, b) => Math.max(a, b));
      expect(smallest).toBeGreaterThanOrEqual(0);
      expect(largest).toBeLessThanOrEqual(1);
      expect(largest - smallest).toBeGreaterThan(0.7); // testsrc2 is colourful
    }
  });

  it("cover art is not a picture of the clip", async () => {
    const cover = await makeClip(folder, "cover.jpg", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1");
    const path = await makeClip(
      folder,
      "song.mka",
      ...[...toneBetween(0, 1, 2), "-c:a", "pcm_s16le", "-attach", cover, "-metadata:s:t", "mimetype=image/jpeg"],
    );
    const { info, windows } = await decodeWhole(path);
    expect(info.video).toBeUndefined();
    expect(windows).toMatchObject([{ hasVideo: false, hasAudio: true, samples: { length: 32_000 } }]);
  });
});
