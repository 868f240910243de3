import { describe, expect, it } from "vitest";
import { findTimes, formatTime, pointToSeconds, secondsToPoint } from "../../../model/time-tokens.ts";

describe("formatTime", () => {
  it.each([
    [0, "0:00"],
    [4, "0:04"],
    [4.5, "0:04.5"],
    [59.96, "1:00"],
    [60, "1:00"],
    [605.25, "10:05.3"],
    [3725, "1:02:05"],
  ])("writes %s s as %s", (seconds, text) => expect(formatTime(seconds)).toBe(text));
});

describe("secondsToPoint", () => {
  /** Windows 0, 1 and 5 of a clip that ends at 46.2 s. */
  const grid = {
    windows: [
      { startSeconds: 0, endSeconds: 8 },
      { startSeconds: 8, endSeconds: 16 },
      { startSeconds: 40, endSeconds: 46.2 },
    ],
    offsetSeconds: 0.5,
  };

  it("snaps a start to the nearest offset", () => {
    expect(secondsToPoint(3.2, grid, "start")).toEqual({ slot: 0, offset: 6 });
    expect(secondsToPoint(12, grid, "start")).toEqual({ slot: 1, offset: 8 });
  });

  it("gives a shared boundary to the next window as a start and to the earlier one as an end", () => {
    expect(secondsToPoint(8, grid, "start")).toEqual({ slot: 1, offset: 0 });
    expect(secondsToPoint(8, grid, "end")).toEqual({ slot: 0, offset: 16 });
  });

  it("finds the first second and the last of the clip", () => {
    expect(secondsToPoint(0, grid, "end")).toEqual({ slot: 0, offset: 0 });
    expect(secondsToPoint(46.2, grid, "start")).toEqual({ slot: 2, offset: 12 });
    expect(secondsToPoint(46.2, grid, "end")).toEqual({ slot: 2, offset: 13 });
  });

  it("knows nothing of seconds that are in no window", () => {
    expect(secondsToPoint(20, grid, "start")).toBeUndefined();
    expect(secondsToPoint(46.3, grid, "end")).toBeUndefined();
  });

  it("is undone by pointToSeconds on every point of the grid", () => {
    for (let slot = 0; slot < 3; slot += 1) {
      for (let offset = 0; offset < 12; offset += 1) {
        const seconds = pointToSeconds({ slot, offset }, grid) as number;
        expect(secondsToPoint(seconds, grid, "start")).toEqual({ slot, offset });
        if (offset > 0) expect(secondsToPoint(seconds, grid, "end")).toEqual({ slot, offset });
      }
    }
  });
});

describe("findTimes", () => {
  it.each<[string, number[]]>([
    ["what happens at 0:12?", [12]],
    ["what is at 1:02:03", [3723]],
    ["and at 0:04.5", [4.5]],
    ["what is going on at 5 seconds", [5]],
    ["what happens after 1:10 and before 2:00", [70, 120]],
    ["between 3 and 6 s", [3, 6]],
    ["from 3 to 6 seconds", [3, 6]],
    ["between 3 s and 6 s", [3, 6]],
    ["from 0:03 to 0:06", [3, 6]],
    ["0:03-0:06", [3, 6]],
    ["after 1 minute 20 seconds", [80]],
    ["at about 2 min", [120]],
    ["before 1m20s", [80]],
    ["at 7.5s", [7.5]],
    ["at second 12", [12]],
    ["until the 9 second", [9]],
  ])("reads %j as %j", (question, seconds) => expect(findTimes(question).map((time) => time.seconds)).toEqual(seconds));

  it.each([
    "how long does it last",
    "does it take 5 seconds",
    "what are the first 10 seconds about",
    "are there 3 dogs",
    "who won 2:1 or 3:2", // scores have one digit after the colon
    "is the ratio 16:9",
    "did they play at 20 degrees",
    "at 5 sharp",
    "between 3 and 6 people",
  ])("reads no time in %j", (question) => expect(findTimes(question)).toEqual([]));

  it("says where the words stand", () => {
    const text = "what is between 3 s and 6 s there";
    expect(findTimes(text).map(({ from, to }) => text.slice(from, to))).toEqual(["3 s", "6 s"]);
  });
});
