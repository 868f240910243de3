import { describe, expect, it } from "vitest";
import { type EvaluatedTurn, evaluate, seededRandom, temporalIou } from "../../../core/evaluation.ts";

const span = (startSeconds: number, endSeconds: number) => ({ startSeconds, endSeconds });

const aTurn = (wanted: EvaluatedTurn["wanted"], given: Partial<EvaluatedTurn["given"]>): EvaluatedTurn => ({
  family: "when_seen",
  durationSeconds: 20,
  wanted,
  given: { verdict: "found", spans: [], confidence: 1, ...given },
});

describe("temporal IoU", () => {
  it("is the overlap over the union", () => {
    expect(temporalIou([span(2, 6)], [span(4, 8)])).toBeCloseTo(2 / 6);
  });

  it("counts doubled and touching spans once", () => {
    expect(temporalIou([span(0, 2), span(2, 4), span(1, 3)], [span(0, 4)])).toBe(1);
  });

  it("is nothing when nothing is pointed at", () => {
    expect(temporalIou([span(0, 2)], [])).toBe(0);
    expect(temporalIou([], [])).toBe(0);
  });
});

describe("evaluation", () => {
  it("scores grounding, absence and confidence apart", () => {
    const turns = [
      aTurn({ absent: false, spans: [span(2, 6)] }, { spans: [span(2, 6)] }),
      aTurn({ absent: false, spans: [span(2, 6)] }, { verdict: "absent", confidence: 1 }),
      aTurn({ absent: true, spans: [] }, { verdict: "absent", confidence: 1 }),
      aTurn({ absent: true, spans: [] }, { spans: [span(0, 1)], confidence: 0 }),
    ];
    const report = evaluate(turns, seededRandom(1));
    expect(report.grounding).toMatchObject({ questions: 2, meanIou: 0.5, recallAt: { "0.7": 0.5 } });
    expect(report.absent).toEqual({ precision: 0.5, recall: 0.5, questions: 2 });
    // Three were sure and two of them right: a gap of a third over three quarters of the turns.
    expect(report.expectedCalibrationError).toBeCloseTo(0.25);
  });

  it("finds guessing far worse than answering, and the same for the same seed", () => {
    const turns = [aTurn({ absent: false, spans: [span(2, 4)] }, { spans: [span(2, 4)] })];
    const { chance } = evaluate(turns, seededRandom(7)).grounding;
    expect(chance.meanIou).toBeGreaterThan(0.02);
    expect(chance.meanIou).toBeLessThan(0.3);
    expect(evaluate(turns, seededRandom(7)).grounding.chance).toEqual(chance);
  });
});
