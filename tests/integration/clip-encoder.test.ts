/** Cuts and versions for browsers by a real ffmpeg. What comes out is measured by ffprobe, which we did not write. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type ClipEncoder,
  type CutFinder,
  loadConfig,
  MINI_CLIP_MAX_BYTES,
  MINI_CLIP_MAX_SECONDS,
  miniClip,
} from "../../core/index.ts";
import { createClipEncoder, createCutFinder, resolveFfmpeg } from "../../model/index.ts";
import { CLIP, TENANT } from "../support/memory-builders.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

const hasTools = ["ffmpeg", "ffprobe"].every((tool) => {
  try {
    execFileSync(tool, ["-version"], { stdio: "ignore" });
    return true;
  } catch {
    console.warn(`skipped: no ${tool} on PATH`);
    return false;
  }
});

const ffmpeg = (...args: string[]) => execFileSync("ffmpeg", ["-v", "error", "-y", ...args]);

/** Numbered frames, so that one can see which second a picture is from. */
function aClip(path: string, seconds: number, more: readonly string[] = []): string {
  const picture = `testsrc2=duration=${seconds}:size=320x180:rate=10`;
  ffmpeg("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", `sine=duration=${seconds}`, "-shortest", ...more, path);
  return path;
}

interface Probed {
  readonly format: { readonly duration: string; readonly format_name: string; readonly tags?: Record<string, string> };
  readonly streams: readonly Record<string, string | number>[];
}
const probe = (path: string): Probed =>
  JSON.parse(execFileSync("ffprobe", ["-v", "error", "-of", "json", "-show_format", "-show_streams", path]).toString());

/** One frame, tiny and grey, for comparing. */
const frameAt = (path: string, seconds: number): Buffer =>
  execFileSync("ffmpeg", [
    // After the input: every frame is decoded, so it is this very one, whatever the container's index is like.
    ...["-v", "error", "-i", path, "-ss", seconds.toFixed(3), "-frames:v", "1"],
    ...["-vf", "scale=32:18,format=gray", "-f", "rawvideo", "-"],
  ]);
const difference = (a: Buffer, b: Buffer) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;

describe.skipIf(!hasTools)("the clip encoder", () => {
  let encoder: ClipEncoder;
  let cutFinder: CutFinder;
  beforeAll(() => {
    const findFfmpeg = () => resolveFfmpeg({ configured: undefined, searchPath: process.env["PATH"] });
    encoder = createClipEncoder({ findFfmpeg }, loadConfig({}).decode);
    cutFinder = createCutFinder({ findFfmpeg }, loadConfig({}).decode);
  });

  describe("a cut", () => {
    it("shows the moment with a second before and after, exact to the frame, as an MP4 that plays everywhere", async () => {
      const folder = await scratchFolder();
      // One key frame in all: a cut that is not encoded anew would begin at 0.
      const path = aClip(join(folder, "clip.mp4"), 20, ["-g", "1000"]);
      const media = { find: async () => ({ path, copied: false }) };
      const span = { startSeconds: 7.4, endSeconds: 9 };
      const cut = await miniClip({ media, encoder }, { tenantId: TENANT, clipId: CLIP, span });
      expect(cut?.span).toEqual({ startSeconds: 6.4, endSeconds: 10 });

      const out = join(folder, "cut.mp4");
      await writeFile(out, cut?.mp4 as Uint8Array);
      const { format, streams } = probe(out);
      expect(Number(format.duration)).toBeCloseTo(3.6, 0);
      expect(streams.map((stream) => stream["codec_name"])).toEqual(["h264", "aac"]);
      expect(streams[0]).toMatchObject({ pix_fmt: "yuv420p", width: 320, height: 180 });
      expect(difference(frameAt(out, 0), frameAt(path, 6.4))).toBeLessThan(3);
      expect(difference(frameAt(out, 2), frameAt(path, 8.4))).toBeLessThan(3);
      expect(difference(frameAt(out, 0), frameAt(path, 0))).toBeGreaterThan(3);
    });

    it("fits the limit, or is none", async () => {
      const folder = await scratchFolder();
      const path = join(folder, "noise.mp4");
      ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=320x180:d=10:r=10,noise=alls=100:allf=t",
        "-c:v",
        "libx264",
        "-qp",
        "10",
        path,
      );
      const span = { startSeconds: 0, endSeconds: 10 };
      const cut = await encoder.cut({ path, span, maxBytes: 300_000 });
      expect(cut?.length).toBeLessThanOrEqual(300_000);
      expect(cut?.length).toBeGreaterThan(10_000);
      expect(await encoder.cut({ path, span, maxBytes: 5000 })).toBeUndefined();
    });

    it("of a long moment shows its beginning, within what platforms take", async () => {
      const path = aClip(join(await scratchFolder(), "long.mp4"), 75);
      const media = { find: async () => ({ path, copied: false }) };
      const cut = await miniClip(
        { media, encoder },
        { tenantId: TENANT, clipId: CLIP, span: { startSeconds: 0, endSeconds: 75 } },
      );
      expect(cut?.span).toEqual({ startSeconds: 0, endSeconds: MINI_CLIP_MAX_SECONDS });
      expect(cut?.mp4.length).toBeLessThanOrEqual(MINI_CLIP_MAX_BYTES);
    });

    it("stands upright when the clip was held upright", async () => {
      const folder = await scratchFolder();
      const lying = aClip(join(folder, "lying.mp4"), 3);
      const path = join(folder, "upright.mp4");
      try {
        ffmpeg("-display_rotation", "90", "-i", lying, "-c", "copy", path);
      } catch {
        // ffmpeg before 6 has no such option; the same matrix through the tag that it takes.
        ffmpeg("-i", lying, "-c", "copy", "-metadata:s:v", "rotate=270", path);
      }
      const out = join(folder, "cut.mp4");
      await writeFile(
        out,
        (await encoder.cut({ path, span: { startSeconds: 1, endSeconds: 2 }, maxBytes: 1e7 })) as Uint8Array,
      );
      expect(probe(out).streams[0]).toMatchObject({ width: 180, height: 320 });
      expect(difference(frameAt(out, 0), frameAt(path, 1))).toBeLessThan(4);
    });

    it("leaves nothing behind, also when it is cancelled", async () => {
      const path = aClip(join(await scratchFolder(), "clip.mp4"), 5);
      const before = (await readdir(tmpdir())).filter((name) => name.startsWith("damo-cut-"));
      const abort = AbortSignal.timeout(30);
      await expect(
        encoder.cut({ path, span: { startSeconds: 0, endSeconds: 5 }, maxBytes: 1e7, signal: abort }),
      ).rejects.toMatchObject({
        code: "cancelled",
      });
      expect((await readdir(tmpdir())).filter((name) => name.startsWith("damo-cut-"))).toEqual(before);
    });

    it("of a clip whose file is gone is an error that says so", async () => {
      const media = { find: async () => undefined };
      const span = { startSeconds: 0, endSeconds: 1 };
      await expect(miniClip({ media, encoder }, { tenantId: TENANT, clipId: CLIP, span })).rejects.toMatchObject({
        code: "clip.not_found",
      });
    });
  });

  describe("cuts", () => {
    const encoded = ["-c:v", "libx264", "-pix_fmt", "yuv420p"];

    it("are found where shots change, and nowhere else", async () => {
      const path = join(await scratchFolder(), "shots.mp4");
      // A counter runs in the second one.
      const shots =
        "color=red:d=2:s=64x36:r=5[a];testsrc=d=2:s=64x36:r=5[b];color=blue:d=2:s=64x36:r=5[c];[a][b][c]concat=n=3";
      ffmpeg("-f", "lavfi", "-i", shots, ...encoded, path);
      expect(await cutFinder.findCuts({ path })).toEqual([2, 4]);
    });

    it("of a long clip are found by its key frames", async () => {
      const path = join(await scratchFolder(), "long.mp4");
      const shots = "color=red:d=80:s=64x36:r=5[a];color=blue:d=80:s=64x36:r=5[b];[a][b]concat=n=2";
      ffmpeg("-f", "lavfi", "-i", shots, ...encoded, path);
      expect(await cutFinder.findCuts({ path })).toEqual([80]);
    });

    it("are none in a sound", async () => {
      const path = join(await scratchFolder(), "sound.wav");
      ffmpeg("-f", "lavfi", "-i", "sine=duration=2", path);
      expect(await cutFinder.findCuts({ path })).toEqual([]);
    });
  });

  describe("a version for browsers", () => {
    it.each([
      ["an AVI of MPEG-4", "clip.avi", ["-c:v", "mpeg4", "-c:a", "mp3"], "transcode"],
      ["an MPEG transport stream", "clip.ts", ["-c:v", "libx264", "-c:a", "aac"], "remux"],
      ["a Matroska of H.264", "clip.mkv", ["-c:v", "libx264", "-c:a", "aac"], "remux"],
      ["10 bits a colour", "clip.mp4", ["-c:v", "libx264", "-pix_fmt", "yuv420p10le", "-c:a", "aac"], "transcode"],
    ] as const)("of %s is an MP4 with its index at the front", async (_, name, encoding, mode) => {
      const folder = await scratchFolder();
      const path = aClip(join(folder, name), 6, encoding);
      const outputPath = join(folder, "playable.mp4");
      const shares: number[] = [];
      await encoder.makePlayable({ path, outputPath, mode, onProgress: (share) => shares.push(share) });
      const { format, streams } = probe(outputPath);
      expect(format.format_name).toContain("mp4");
      expect(Number(format.duration)).toBeCloseTo(6, 0);
      expect(streams.map((stream) => stream["codec_name"])).toContain("h264");
      expect(streams[0]).toMatchObject({ pix_fmt: "yuv420p" });
      expect(difference(frameAt(outputPath, 3), frameAt(path, 3))).toBeLessThan(4);
      expect(shares.every((share, i) => share >= (shares[i - 1] ?? 0) && share <= 1)).toBe(true);
      expect(shares.at(-1)).toBeGreaterThan(0.8);
      const head = execFileSync("head", ["-c", "4096", outputPath]).toString("latin1");
      expect(head).toContain("moov");
    });

    it("carries none of the file's own texts over", async () => {
      const folder = await scratchFolder();
      const path = aClip(join(folder, "clip.mkv"), 2, ["-metadata", "title=at home, 12 Elm Street", "-c:a", "aac"]);
      const outputPath = join(folder, "playable.mp4");
      await encoder.makePlayable({ path, outputPath, mode: "remux" });
      expect(JSON.stringify(probe(outputPath))).not.toContain("Elm Street");
    });

    it("of a sound alone is a sound", async () => {
      const folder = await scratchFolder();
      ffmpeg("-f", "lavfi", "-i", "sine=duration=3", join(folder, "sound.aiff"));
      const outputPath = join(folder, "playable.mp4");
      await encoder.makePlayable({ path: join(folder, "sound.aiff"), outputPath, mode: "transcode" });
      expect(probe(outputPath).streams.map((stream) => stream["codec_name"])).toEqual(["aac"]);
    });

    it("of what is no clip is refused, and leaves no file", async () => {
      const folder = await scratchFolder();
      const path = join(folder, "playlist.m3u8");
      await writeFile(path, "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n");
      const outputPath = join(folder, "playable.mp4");
      await expect(encoder.makePlayable({ path, outputPath, mode: "transcode" })).rejects.toMatchObject({
        code: "clip.not_media",
      });
      expect(existsSync(outputPath)).toBe(false);
    });
  });
});
