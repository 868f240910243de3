/** Evidence frames: the right picture, upright, in its true shape; the same ones after a resume; and strips of them. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeContactStrip } from "../../model/media/index.ts";
import { countingFrames, type DecodedClip, decodeWhole, makeClip, testFfmpeg } from "../support/media-clips.ts";
import { pictureOf } from "../support/picture-of.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "damo-evidence-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const evidenceOf = ({ windows }: DecodedClip) => windows.flatMap(({ evidence }) => evidence);
const timesOf = (clip: DecodedClip) => evidenceOf(clip).map(({ atSeconds }) => atSeconds);

describe("evidence frames", { timeout: 240_000 }, () => {
  it("show what is on screen at their time, one a second, in the window that they lie in", async () => {
    // Frame N is grey with the value 4 N; two a second for 30 s.
    const clip = await decodeWhole(await makeClip(folder, "counting.mkv", ...countingFrames(30, "2")));
    expect(timesOf(clip)).toEqual(Array.from({ length: 30 }, (_, k) => k + 0.5));
    for (const { startSeconds, endSeconds, evidence } of clip.windows) {
      for (const { atSeconds, jpeg } of evidence) {
        expect(atSeconds).toBeGreaterThanOrEqual(startSeconds);
        expect(atSeconds).toBeLessThan(endSeconds);
        const { mean } = await pictureOf(jpeg);
        const wanted = 4 * Math.floor(atSeconds * 2);
        for (const value of mean) expect(Math.abs(value - wanted)).toBeLessThanOrEqual(2);
      }
    }
  });

  it("are two a second in a short clip, and those of a GIF follow its delays", async () => {
    const source = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=2"];
    expect(timesOf(await decodeWhole(await makeClip(folder, "short.mp4", ...source)))).toEqual([
      0.25, 0.75, 1.25, 1.75,
    ]);
    const held = await makeClip(folder, "held.gif", ...source, "-final_delay", "1000");
    expect(timesOf(await decodeWhole(held))).toEqual(Array.from({ length: 12 }, (_, k) => k + 0.5).slice(0, 12));
  });

  it.each([0.04, 0.2, 0.4])("show something of a clip of %s s", async (seconds) => {
    const clip = await decodeWhole(await makeClip(folder, `tiny-${seconds}.mkv`, ...countingFrames(seconds)));
    expect(evidenceOf(clip).length).toBeGreaterThanOrEqual(1);
    for (const { atSeconds } of evidenceOf(clip)) expect(atSeconds).toBeLessThan(clip.info.durationSeconds + 0.02);
  });

  it("are upright, small, and as wide as the clip is shown", async () => {
    const red = "color=red:s=640x360:r=10:d=4,format=yuv420p,drawbox=w=320:c=blue:t=fill";
    const plain = await makeClip(folder, "plain.mp4", "-f", "lavfi", "-i", red);
    const turned = await makeClip(folder, "turned.mp4", "-display_rotation", "-90", "-i", plain, "-c", "copy").catch(
      // ffmpeg before 6 has no such option; the same matrix through the tag it takes.
      () => makeClip(folder, "turned-tag.mp4", "-i", plain, "-c", "copy", "-metadata:s:v", "rotate=270"),
    );
    const wide = await makeClip(folder, "wide.mp4", "-f", "lavfi", "-i", `${red},setsar=2`);
    const sizeAndEdges = async (path: string) => {
      const [first] = evidenceOf(await decodeWhole(path));
      const { width, height, at } = await pictureOf(first!.jpeg);
      return {
        size: `${width}x${height}`,
        top: at(width / 2, 4),
        bottom: at(width / 2, height - 4),
        left: at(4, height / 2),
      };
    };
    // Blue is on the left; turned once to the right, it is on top.
    expect(await sizeAndEdges(plain)).toMatchObject({ size: "320x180", left: "blue" });
    expect(await sizeAndEdges(turned)).toMatchObject({ size: "180x320", top: "blue", bottom: "red" });
    expect(await sizeAndEdges(wide)).toMatchObject({ size: "320x90", left: "blue" });
  });

  it.each(["seeking.mp4", "from-the-start.avi"])("are the same ones when %s is taken up again", async (name) => {
    const path = await makeClip(
      folder,
      name,
      "-f",
      "lavfi",
      "-i",
      "testsrc2=s=96x64:r=10:d=40",
      "-c:v",
      "mpeg4",
      "-g",
      "30",
    );
    const whole = evidenceOf(await decodeWhole(path));
    const resumed = evidenceOf(await decodeWhole(path, { resumeFromWindow: 3 }));
    expect(resumed).toEqual(whole.filter(({ atSeconds }) => atSeconds >= 24));
    expect(resumed).toHaveLength(16);
  });

  it("are none in a sound, and end with the pictures", async () => {
    const tone = ["-f", "lavfi", "-i", "sine=d=20"];
    expect(evidenceOf(await decodeWhole(await makeClip(folder, "tone.wav", ...tone)))).toEqual([]);
    const film = [...countingFrames(9, "4").slice(0, 4), ...tone, "-c:v", "ffv1", "-c:a", "pcm_s16le"];
    const clip = await decodeWhole(await makeClip(folder, "long-sound.mkv", ...film));
    expect(timesOf(clip)).toEqual([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5]);
    expect(clip.windows.map(({ evidence }) => evidence.length)).toEqual([8, 1, 0]);
  });

  it("go on through a change of picture size", async () => {
    const part = (name: string, size: string) =>
      makeClip(folder, name, "-f", "lavfi", "-i", `testsrc2=s=${size}:r=10:d=5`, "-c:v", "mpeg2video", "-f", "mpegts");
    const paths = [await part("a.ts", "64x48"), await part("b.ts", "160x90"), await part("c.ts", "64x48")];
    const clip = await decodeWhole(await makeClip(folder, "sizes.ts", "-i", `concat:${paths.join("|")}`, "-c", "copy"));
    const sizes = await Promise.all(evidenceOf(clip).map(async ({ jpeg }) => (await pictureOf(jpeg)).width));
    expect(sizes.length).toBeGreaterThanOrEqual(14);
    expect(new Set(sizes)).toEqual(new Set([64]));
  });
});

describe("a contact strip", { timeout: 240_000 }, () => {
  const jpegsOf = async (count: number) => {
    const path = await makeClip(folder, `strip-${count}.mkv`, ...countingFrames(count + 8, "1"));
    return evidenceOf(await decodeWhole(path))
      .slice(0, count)
      .map(({ jpeg }) => jpeg);
  };

  it.each([
    [1, "104x72"],
    [3, "304x72"],
    [4, "404x72"],
    [7, "404x140"],
    [12, "404x208"],
    [14, "404x208"],
  ])(
    "of %i frames is %s pixels, in the order of the frames",
    async (count, size) => {
      const strip = await makeContactStrip({ ffmpeg: testFfmpeg }, await jpegsOf(count));
      const { width, height, value } = await pictureOf(strip);
      expect(`${width}x${height}`).toBe(size);
      for (let frame = 0; frame < Math.min(12, count); frame++) {
        const shade = value(4 + 48 + (frame % 4) * 100, 4 + 32 + Math.floor(frame / 4) * 68);
        expect(Math.abs(shade - 4 * frame)).toBeLessThanOrEqual(3);
      }
    },
    60_000,
  );

  it("is refused for bytes that are no JPEG, stops on an abort, and says when there is no ffmpeg", async () => {
    const make = (frames: Uint8Array[], more = {}) => makeContactStrip({ ffmpeg: testFfmpeg, ...more }, frames);
    await expect(make([Buffer.from("not a picture")])).rejects.toMatchObject({ code: "clip.unreadable" });
    await expect(make(await jpegsOf(2), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
    const path = join(folder, "no-ffmpeg");
    await writeFile(path, "");
    await expect(make(await jpegsOf(2), { ffmpeg: { path } })).rejects.toMatchObject({ code: "setup.ffmpeg_missing" });
  });
});
