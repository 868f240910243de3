import { describe, expect, it } from "vitest";
import { HEADER_LINE, parseClipHeader } from "../../../../model/media/clip-header.ts";

const lines = (text: string) => text.split("\n").filter((line) => HEADER_LINE.test(line));

const PHONE = `
Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:portrait.mov':
  Metadata:
    major_brand     : qt
  Duration: 00:00:02.07, start: 0.000000, bitrate: 936 kb/s
  Stream #0:0[0x1](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, mono, fltp, 60 kb/s (default)
  Stream #0:1[0x2](und): Video: h264 (Baseline) (avc1 / 0x31637661), yuv420p(tv, bt709, progressive), 568x320, 863 kb/s, 29.98 fps, 29.97 tbr, 600 tbn (default)
    Side data:
      displaymatrix: rotation of -90.00 degrees
At least one output file must be specified`;

describe("parseClipHeader", () => {
  it("reads container, duration, streams and rotation", () => {
    expect(parseClipHeader(lines(PHONE))).toEqual({
      container: "mov",
      durationSeconds: 2.07,
      durationIsGuess: false,
      startSeconds: 0,
      video: { streamIndex: 1, codec: "h264", storedWidth: 568, storedHeight: 320, quarterTurns: 1, pixelAspect: 1 },
      audio: { streamIndex: 0, codec: "aac", channels: 1 },
      hasOtherStreams: false,
      subtitles: [],
    });
  });

  it("reads the streams of a group, and the other spelling of the rotation, as ffmpeg 9 prints them", () => {
    const header = parseClipHeader(
      lines(`
Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:dog.mp4':
  Duration: 00:01:09.66, start: 0.000000, bitrate: 1439 kb/s
  Stream group #0:0[0x3]: Track Reference:
    Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p, 1280x720 [SAR 1:1 DAR 16:9], 30k tbn (default)
      Side data:
        Display Matrix: rotation of -180.00 degrees
    Stream #0:2[0x3](eng): Data: none (tmcd / 0x64636D74), 0 kb/s
  Stream #0:1[0x2](eng): Audio: aac (LC) (mp4a / 0x6134706D), 48000 Hz, 5.1(side), fltp (default)`),
    );
    expect(header).toMatchObject({
      durationSeconds: 69.66,
      video: { streamIndex: 0, storedWidth: 1280, storedHeight: 720, quarterTurns: 2 },
      audio: { streamIndex: 1, channels: 6 },
      hasOtherStreams: true,
    });
  });

  it.each([
    ["-90.00", 1],
    ["90.00", 3],
    ["-180.00", 2],
    ["180.00", 2],
    ["0.00", 0],
    ["-0.00", 0],
    ["-270.00", 3],
    ["nan", 0],
  ])("turns a rotation of %s degrees into %i quarter turns to the right", (degrees, quarterTurns) => {
    const header = parseClipHeader(lines(PHONE.replace("-90.00", degrees)));
    expect(header?.video?.quarterTurns).toBe(quarterTurns);
  });

  it.each([
    ["568x320 [SAR 64:45 DAR 16:9], 863 kb/s", 64 / 45],
    ["568x320, SAR 2:1 DAR 16:9, 24 fps", 2],
    ["568x320 [SAR 0:1 DAR 0:1], 863 kb/s", 1],
    ["568x320 [SAR 1:5000 DAR 1:2817], 863 kb/s", 1],
    ["568x320, 863 kb/s", 1],
  ])("reads the shape of a pixel from %s", (facts, pixelAspect) => {
    const header = parseClipHeader(lines(PHONE.replace(/568x320.*kb\/s/, facts)));
    expect(header?.video).toMatchObject({ storedWidth: 568, pixelAspect });
  });

  it("does not take cover art for pictures", () => {
    const header = parseClipHeader(
      lines(`
Input #0, mp3, from 'file:song.mp3':
  Duration: 00:03:00.13, start: 0.025056, bitrate: 94 kb/s
  Stream #0:0: Audio: mp3 (mp3float), 44100 Hz, stereo, fltp, 64 kb/s
  Stream #0:1: Video: mjpeg (Baseline), yuvj420p(pc), 64x64 [SAR 1:1 DAR 1:1], 90k tbr, 90k tbn (attached pic)`),
    );
    expect(header?.video).toBeUndefined();
    expect(header).toMatchObject({ startSeconds: 0.025056, audio: { channels: 2 } });
  });

  it("prefers the first stream that is marked default, else takes the first", () => {
    const streams = (first: string, second: string) =>
      parseClipHeader(
        lines(`
Input #0, matroska,webm, from 'file:two.mkv':
  Stream #0:0: Video: vp9, yuv420p, 320x180, 25 fps${first}
  Stream #0:1: Video: vp9, yuv420p, 480x270, 25 fps${second}`),
      )?.video?.streamIndex;
    expect(streams("", " (default)")).toBe(1);
    expect(streams(" (default)", " (default)")).toBe(0);
    expect(streams("", "")).toBe(0);
  });

  it("leaves out streams that cannot be decoded: no codec, no size, no channels", () => {
    const header = parseClipHeader(
      lines(`
Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:odd.mp4':
  Duration: N/A, bitrate: N/A
  Stream #0:0: Video: none (abcd / 0x64636261), 640x480, 10 fps
  Stream #0:1: Video: mjpeg (Baseline), none(bt470bg/unknown/unknown), 1 fps, 1 tbr
  Stream #0:2: Audio: none (xxxx / 0x78787878), 8000 Hz, mono
  Stream #0:3: Audio: aac (mp4a / 0x6134706D), 48000 Hz, 0 channels`),
    );
    expect(header).toEqual({
      container: "mov",
      durationIsGuess: false,
      startSeconds: 0,
      subtitles: [],
      hasOtherStreams: true,
    });
  });

  it("knows a duration that was worked out from the bit rate", () => {
    const text = `
[mp3 @ 0x55] Estimating duration from bitrate, this may be inaccurate
Input #0, mp3, from 'file:a.mp3':
  Duration: 00:00:09.00, start: 0.000000, bitrate: 64 kb/s`;
    expect(parseClipHeader(lines(text))?.durationIsGuess).toBe(true);
  });

  it("is undefined when ffmpeg printed no header", () => {
    expect(parseClipHeader(["[mov,mp4 @ 0x55] moov atom not found"])).toBeUndefined();
  });

  it("does not believe stream lines that are written in a title", () => {
    // ffmpeg indents metadata deeper and puts its colon after the key.
    expect(lines("    title           : x\n                    : Stream #0:7: Video: h264, 1x1")).toEqual([]);
  });
});
