import { describe, expect, it } from "vitest";
import { scoreRetrieval } from "../../../core/retrieval-score.ts";

describe("text-to-clip retrieval", () => {
  // two things, three clips; the third shows neither
  const shows = [
    [true, false, false],
    [true, true, false],
  ];

  it("is right when a clip's own things are most alike to it", () => {
    const score = scoreRetrieval(
      [
        [0.9, 0.1, 0.2],
        [0.5, 0.8, 0.1],
      ],
      shows,
    );
    expect(score).toEqual({
      clips: 3,
      byDescription: { questions: 2, recallAt: { "1": 1, "5": 1 }, chanceAt1: 1 / 3 },
      byThing: { questions: 2, recallAt: { "1": 1, "5": 1 }, chanceAt1: 0.5 },
    });
  });

  it("counts a thing that another clip seems to show more as missed, unless that clip shows it too", () => {
    const score = scoreRetrieval(
      [
        [0.1, 0.2, 0.9],
        [0.1, 0.8, 0.7],
      ],
      shows,
    );
    expect(score?.byThing.recallAt).toEqual({ "1": 0.5, "5": 1 });
    expect(score?.byDescription.recallAt).toEqual({ "1": 0.5, "5": 1 });
  });

  it("needs something to choose from", () => {
    expect(scoreRetrieval([], [])).toBeUndefined();
    expect(scoreRetrieval([[1]], [[true]])).toBeUndefined();
  });
});
