import { describe, expect, it } from "vitest";
import {
  askedPresence,
  fitLogistic,
  listedPresence,
  logistic,
  logit,
  matchesOf,
  runsAbove,
  spanConfidence,
} from "../../../../core/answering/matching.ts";
import { seededRandom } from "../../../../core/evaluation.ts";

describe("what logits mean", () => {
  it("is found again from observations that were drawn with it", () => {
    const random = seededRandom(3);
    const [scale, other, bias] = [4, -2, 0.5];
    const observations = Array.from({ length: 8000 }, () => {
      const features = [2 * random() - 1, 2 * random() - 1];
      const chance = logistic(scale * (features[0] as number) + other * (features[1] as number) + bias);
      return { features, right: random() < chance };
    });
    const fitted = fitLogistic(observations);
    expect(fitted[0]).toBeCloseTo(scale, 0);
    expect(fitted[1]).toBeCloseTo(other, 0);
    expect(fitted[2]).toBeCloseTo(bias, 0);
  });

  it("stays finite when one number says it all", () => {
    const fitted = fitLogistic([-1, -0.5, 0.5, 1].map((value) => ({ features: [value], right: value > 0 })));
    expect(fitted.every(Number.isFinite)).toBe(true);
    expect(fitted[0]).toBeGreaterThan(1);
  });

  it("grows with the logit", () => {
    const matching = {
      asked: { scale: 0.5, bias: 2 },
      listed: { scale: 0.6, bias: -1.5 },
      spans: { scale: 0.2, bias: -1 },
      presentFrom: 0.5,
      share: 0.4,
      peakShare: 0.4,
    };
    for (const chance of [askedPresence, listedPresence]) {
      expect(chance(matching, 1)).toBeGreaterThan(chance(matching, -3));
    }
    expect(spanConfidence(matching, 0.8, 1)).toBeGreaterThan(spanConfidence(matching, 0.8, -3));
    expect(spanConfidence(matching, 0.8, 1)).toBeGreaterThan(spanConfidence(matching, 0.4, 1));
    // Most things are not there: what nobody asked about needs a clearer sign.
    expect(listedPresence(matching, 0)).toBeLessThan(askedPresence(matching, 0));
    expect(logit(logistic(0.7))).toBeCloseTo(0.7);
  });
});

describe("where a thing is", () => {
  const windows = [
    { startSeconds: 0, endSeconds: 8 },
    { startSeconds: 8, endSeconds: 16 },
  ];
  const grid = { pieces: 4, windowSeconds: 8, limitSeconds: 13 };
  const logits = Float32Array.of(-9, 2, 1.5, -9, -9, -9, 3, 3);

  it("is cut into pieces that end where the clip ends", () => {
    const matches = matchesOf(windows, logits, grid);
    expect(matches.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds])).toEqual([
      [0, 2],
      [2, 4],
      [4, 6],
      [6, 8],
      [8, 10],
      [10, 12],
      [12, 13],
    ]);
  });

  it("is every run of pieces that are nearly as likely as the likeliest", () => {
    const runs = runsAbove(matchesOf(windows, logits, grid), { share: 0.5, peakShare: 0.5 });
    expect(runs).toEqual([
      { startSeconds: 2, endSeconds: 6, logit: 2, evidenceSeconds: 3 },
      { startSeconds: 12, endSeconds: 13, logit: 3, evidenceSeconds: 12.5 },
    ]);
  });

  it("is no run that stays far below the likeliest piece", () => {
    const faint = Float32Array.of(-9, -0.5, -9, -9, -9, 3, 0, -9);
    const choice = { share: 0.3, peakShare: 0.6 };
    expect(runsAbove(matchesOf(windows, faint, { ...grid, limitSeconds: 16 }), choice)).toMatchObject([
      { startSeconds: 10, endSeconds: 14 },
    ]);
  });

  it("goes on over the border of two windows", () => {
    const across = Float32Array.of(-9, -9, -9, 2, 2, -9, -9, -9);
    expect(
      runsAbove(matchesOf(windows, across, { ...grid, limitSeconds: 16 }), { share: 0.5, peakShare: 0.5 }),
    ).toEqual([{ startSeconds: 6, endSeconds: 10, logit: 2, evidenceSeconds: 7 }]);
  });

  it("ends where a window was left out", () => {
    const apart = [windows[0] as (typeof windows)[0], { startSeconds: 24, endSeconds: 32 }];
    const runs = runsAbove(matchesOf(apart, Float32Array.of(0, 0, 0, 2, 2, 0, 0, 0), { ...grid, limitSeconds: 40 }), {
      share: 0.9,
      peakShare: 0.9,
    });
    expect(runs.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds])).toEqual([
      [6, 8],
      [24, 26],
    ]);
  });
});
