import { describe, expect, it } from "vitest";
import {
  decodeArguments,
  firstPictureArguments,
  probeArguments,
  readTimeLine,
} from "../../../../model/media/ffmpeg-arguments.ts";

const input = { path: "-i https://example.org/a.mp4", maxClipPixels: 1000 };
const video = {
  streamIndex: 2,
  codec: "h264",
  storedWidth: 10,
  storedHeight: 10,
  quarterTurns: 0,
  pixelAspect: 1,
} as const;
const audio = { streamIndex: 1, codec: "aac", channels: 2 };
const sampling = { frameRate: 2, frameSize: 64, sampleRateHz: 16_000 };
const fromStart = { from: "start", dropSeconds: 0 } as const;

describe("the command lines", () => {
  const all = {
    probe: probeArguments(input),
    decode: decodeArguments(input, { container: "mov", video, audio }, sampling, fromStart),
    "first picture": firstPictureArguments(input, video, 64),
  };

  it.each(Object.entries(all))("guard the input of the %s process", (_, args) => {
    const value = (option: string) => args[args.indexOf(option) + 1];
    expect(args.filter((arg) => arg === "-i")).toHaveLength(1);
    expect(value("-i")).toBe("file:-i https://example.org/a.mp4"); // neither an option nor another protocol
    expect(value("-protocol_whitelist")).toBe("file");
    expect(value("-max_pixels")).toBe("1000");
    expect(args).toContain("-nostdin");
    expect(args).toContain("-max_alloc");
    // Guards are input options: they only hold when they come before the input.
    for (const option of ["-protocol_whitelist", "-format_whitelist", "-max_pixels"]) {
      expect(args.indexOf(option)).toBeLessThan(args.indexOf("-i"));
    }
  });

  it("allow no container that names further files or hosts", () => {
    const { probe } = all;
    const allowed = probe[probe.indexOf("-format_whitelist") + 1]!.split(",");
    for (const name of ["hls", "dash", "concat", "sdp", "rtsp", "image2", "lavfi", "ffmetadata", "imf", "tee"]) {
      expect(allowed).not.toContain(name);
    }
  });

  it("put sound on the first pipe when there are no pictures", () => {
    expect(decodeArguments(input, { container: "flac", audio }, sampling, fromStart)).toContain("pipe:1");
    expect(all.decode.filter((arg) => arg.startsWith("pipe:"))).toEqual(["pipe:1", "pipe:3"]);
  });
});

describe("readTimeLine", () => {
  it("reads times with and without the prefix that newer versions print", () => {
    expect(readTimeLine("1.500000")).toEqual({ track: "picture", seconds: 1.5 });
    expect(readTimeLine("[Eval @ 0x7fc2ff1ac250] -0.040000")).toEqual({ track: "picture", seconds: -0.04 });
  });

  it("tells sound from pictures", () => {
    expect(readTimeLine("1000000001.250000")).toEqual({ track: "sound", seconds: 1.25 });
    expect(readTimeLine("[Eval @ 0x55] 999999999.500000")).toEqual({ track: "sound", seconds: -0.5 });
  });

  it("reads nothing into other lines", () => {
    for (const line of ["", "nan", "[Eval @ 0x55] nan", "[h264 @ 0x55] 1.500000", "1.5"]) {
      expect(readTimeLine(line)).toBeUndefined();
    }
  });
});
