import { describe, expect, it } from "vitest";
import { askedPresence, fitLogistic, logistic, logit, spansConfidence } from "../../../../core/answering/alignment.ts";
import { seededRandom } from "../../../../core/evaluation.ts";

describe("what cosines mean", () => {
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

  it("grows with the cosine, with presence and with sure times", () => {
    const alignment = {
      asked: { scale: 9, bias: -1.5 },
      listed: { scale: 10, bias: -6 },
      spans: { presence: 0.5, times: 0.2, bias: -1.6 },
    };
    expect(askedPresence(alignment, 0.4)).toBeGreaterThan(askedPresence(alignment, 0.1));
    expect(spansConfidence(alignment, 0.9, 0.5)).toBeGreaterThan(spansConfidence(alignment, 0.6, 0.5));
    expect(spansConfidence(alignment, 0.9, 0.8)).toBeGreaterThan(spansConfidence(alignment, 0.9, 0.2));
    expect(Number.isFinite(spansConfidence(alignment, 1, 0))).toBe(true);
    expect(logit(logistic(0.7))).toBeCloseTo(0.7);
  });
});
