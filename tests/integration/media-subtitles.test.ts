/** Subtitle tracks of real containers become timed lines in media time. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findLines } from "../../core/index.ts";
import { decodeWhole, lacksSharedMedia, makeClip, sharedMedia } from "../support/media-clips.ts";

let folder: string;
let srt: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "damo-subtitles-"));
  srt = join(folder, "lines.srt");
  await writeFile(
    srt,
    [
      "1\n00:00:01,000 --> 00:00:02,500\n<i>Hello</i> there,\nworld.",
      "2\n00:00:03,000 --> 00:00:04,000\nANN: 7 & so on {curly}",
      "3\n00:00:09,000 --> 00:00:09,900\nGoodbye.",
    ].join("\n\n"),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const PICTURE = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=10"];
const SAID = [
  { startSeconds: 1, endSeconds: 2.5, text: "Hello there, world." },
  { startSeconds: 3, endSeconds: 4, text: "7 & so on {curly}", speaker: "ANN" },
  { startSeconds: 9, endSeconds: 9.9, text: "Goodbye." },
];

describe("subtitle tracks", { timeout: 240_000 }, () => {
  it.each([
    ["mov_text", "mp4"],
    ["subrip", "mkv"],
    ["ass", "mkv"],
    ["webvtt", "webm"],
  ])("of %s in %s", async (codec, container) => {
    const video = container === "webm" ? ["-c:v", "libvpx"] : ["-c:v", "mpeg4"];
    const clip = await makeClip(
      folder,
      `${codec}.${container}`,
      ...PICTURE,
      "-i",
      srt,
      ...video,
      "-c:s",
      codec,
      "-metadata:s:s:0",
      "language=eng",
    );
    const { tracks, windows } = await decodeWhole(clip);
    // ASS counts hundredths of a second.
    expect(tracks).toEqual([{ id: "file:1", language: "eng", lines: SAID }]);
    expect(windows).toHaveLength(2);
  });

  it("count from the first picture, and are the same when the clip is taken up again", async () => {
    const clip = await makeClip(
      folder,
      "late.mkv",
      ...["-itsoffset", "0.8", ...PICTURE, "-i", srt, "-c:v", "mpeg4", "-c:s", "subrip"],
      ...["-output_ts_offset", "100"],
    );
    const whole = await decodeWhole(clip);
    expect(whole.tracks[0]?.lines.map(({ startSeconds }) => startSeconds)).toEqual([0.2, 2.2, 8.2]);
    expect((await decodeWhole(clip, { resumeFromWindow: 1 })).tracks).toEqual(whole.tracks);
  });

  it("of a sound alone", async () => {
    const clip = await makeClip(folder, "talk.mkv", "-f", "lavfi", "-i", "sine=d=10", "-i", srt, "-c:s", "subrip");
    const [track] = (await decodeWhole(clip)).tracks;
    // Media time 0 is the first sample, and Vorbis begins a packet early: some milliseconds.
    for (const [index, said] of SAID.entries()) {
      expect(track?.lines[index]?.startSeconds).toBeCloseTo(said.startSeconds, 1);
      expect(track?.lines[index]?.text).toBe(said.text);
    }
  });

  it("are four at most, the default one first, and none when there are none", async () => {
    const six = Array.from({ length: 6 }, (_, i) => [
      "-map",
      "1:s",
      `-disposition:s:${i}`,
      i === 4 ? "default" : "0",
    ]).flat();
    const clip = await makeClip(
      folder,
      "many.mkv",
      ...PICTURE,
      "-i",
      srt,
      "-map",
      "0:v",
      ...six,
      "-c:v",
      "mpeg4",
      "-c:s",
      "subrip",
    );
    expect((await decodeWhole(clip)).tracks.map(({ id }) => id)).toEqual(["file:5", "file:1", "file:2", "file:3"]);
    expect((await decodeWhole(await makeClip(folder, "none.mp4", ...PICTURE))).tracks).toEqual([]);
  });

  it.skipIf(lacksSharedMedia())("of a real clip say when the cleanroom is mentioned", async () => {
    const { tracks } = await decodeWhole(join(sharedMedia, "clips/webb_telescope_cleanroom_multitrack.mp4"));
    expect(tracks.length).toBeGreaterThanOrEqual(1);
    expect(findLines(tracks[0]?.lines ?? [], "cleanroom")).toMatchObject([{ startSeconds: 4.26, endSeconds: 8.35 }]);
    expect(tracks[0]?.lines[0]).toMatchObject({ speaker: "NAR", startSeconds: 0.21 });
  });
});
