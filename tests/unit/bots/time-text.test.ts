import { describe, expect, it } from "vitest";
import { clockSpan, clockTime, elapsedTime, sizeText } from "../../../bots/time-text.ts";

describe("clockTime", () => {
  it.each([
    [0, "0:00"],
    [7.99, "0:07"],
    [59.9999999, "1:00"],
    [61, "1:01"],
    [600, "10:00"],
    [3725, "1:02:05"],
    [-1, "0:00"],
  ])("shows %s seconds as %s", (seconds, text) => expect(clockTime(seconds)).toBe(text));
});

describe("clockSpan", () => {
  it("shows both ends", () => expect(clockSpan({ startSeconds: 4, endSeconds: 7.2 })).toBe("0:04 to 0:07"));
  it("shows one time when both ends look alike", () =>
    expect(clockSpan({ startSeconds: 4.1, endSeconds: 4.9 })).toBe("0:04"));
});

describe("elapsedTime", () => {
  it.each([
    [12.4, "12 ms"],
    [2340, "2.3 s"],
    [59_960, "1 min 0 s"],
    [83_000, "1 min 23 s"],
  ])("shows %s ms as %s", (ms, text) => expect(elapsedTime(ms)).toBe(text));
});

describe("sizeText", () => {
  it.each([
    [0, "0 bytes"],
    [1023, "1023 bytes"],
    [1536, "1.5 KB"],
    [5 * 1024 ** 3, "5.0 GB"],
  ])("shows %s bytes as %s", (bytes, text) => expect(sizeText(bytes)).toBe(text));
});
