import { describe, expect, it } from "vitest";
import { findLines, type TimedLine } from "../../../../core/index.ts";

/** Lines of 4 s one after the other. */
const said = (...texts: string[]): TimedLine[] =>
  texts.map((text, index) => ({ startSeconds: index * 4, endSeconds: index * 4 + 4, text }));

const WEBB = said(
  "This is the optical and science segment of the Webb",
  "space telescope in one of the largest cleanrooms in the world",
  "at NASA\u2019s Goddard Space Flight Center in Greenbelt, Maryland.",
  "This half of the observatory element successfully",
  "completed a deployment test of its landing gear.",
);
const startsOf = (phrase: string, lines = WEBB) => findLines(lines, phrase).map(({ startSeconds }) => startSeconds);

describe("findLines", () => {
  it.each([
    ["cleanroom", [4]],
    ["the clean room", [4]],
    ["Clean-Rooms", [4]],
    ["NASA", [8]],
    ["nasa's goddard", [8]],
    ["complete", [16]],
    ["tests", [16]],
    ["deploying", []],
    ["space", [4, 8]],
    ["dog", []],
    ["", []],
    ["?!", []],
  ])("finds %j at %j", (phrase, starts) => expect(startsOf(phrase)).toEqual(starts));

  it("finds a phrase that runs over the end of a line, once", () => {
    expect(findLines(WEBB, "Webb Space Telescope")).toMatchObject([{ startSeconds: 0, endSeconds: 8, score: 1 }]);
    const pause = WEBB.map((line, index) =>
      index === 0 ? line : { ...line, startSeconds: line.startSeconds + 10, endSeconds: line.endSeconds + 10 },
    );
    expect(findLines(pause, "Webb Space Telescope")[0]?.score ?? 0).toBeLessThan(0.8);
  });

  it("ranks word for word over all the words, and those over some of them", () => {
    const lines = said("red cars and a fast bus", "nothing", "a fast red car", "nothing", "a fast boat");
    const found = findLines(lines, "fast red car");
    expect(found.map(({ startSeconds, score }) => [startSeconds, score])).toEqual([
      [8, 1],
      [0, 0.8],
    ]);
    expect(findLines(said("a fast boat"), "fast car")).toMatchObject([{ score: 0.3 }]);
  });

  it("does not find a word inside another one", () => {
    expect(startsOf("art", said("the start of a party"))).toEqual([]);
    expect(startsOf("one", said("someone phoned"))).toEqual([]);
    expect(startsOf("is it", said("this item"))).toEqual([]);
  });

  it("reads accents, case and every script alike", () => {
    expect(startsOf("cafe", said("Un caf\u00e9 noir"))).toEqual([0]);
    expect(
      startsOf("\u041f\u0440\u0438\u0432\u0435\u0442", said("\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440")),
    ).toEqual([0]);
  });

  it("searches stop words when there is nothing else", () => {
    expect(startsOf("to be or not to be", said("To be, or not to be", "that is the question"))).toEqual([0]);
  });

  it("is quick on a film", () => {
    const film = said(
      ...Array.from({ length: 20_000 }, (_, i) => `line ${i} of a very long film about cleaning rooms`),
    );
    const started = performance.now();
    expect(findLines(film, "line 19999 of a very long film")[0]?.startSeconds).toBe(19_999 * 4);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
