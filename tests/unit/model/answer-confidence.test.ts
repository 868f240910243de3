import { describe, expect, it } from "vitest";
import { calibrate, judgeAnswer } from "../../../model/answer-confidence.ts";
import type { AnswerPart } from "../../../model/answer-text.ts";

const answering = {
  offsetSeconds: 0.5,
  absentThreshold: 0.5,
  unsureThreshold: 0.3,
  calibration: { scale: 1, bias: 0 },
};
const token = (probability: number) => ({ token: 0, probability, nearProbability: probability });
const words = (text: string): AnswerPart => ({ type: "words", text });
const span = (startSeconds: number, endSeconds: number, probability = 0.5): AnswerPart => ({
  type: "time",
  isSpan: true,
  span: { startSeconds, endSeconds },
  probability,
});

describe("calibrate", () => {
  it("leaves a raw confidence as it is with scale 1 and bias 0", () => {
    for (const raw of [0.01, 0.5, 0.93]) expect(calibrate(raw, answering)).toBeCloseTo(raw, 9);
  });

  it("applies Platt scaling", () => {
    // logit(0.8) = ln 4; 1 / (1 + exp(-(2 ln 4 - ln 4))) = 0.8; with bias 0: 16 / 17
    expect(calibrate(0.8, { ...answering, calibration: { scale: 2, bias: -Math.log(4) } })).toBeCloseTo(0.8, 9);
    expect(calibrate(0.8, { ...answering, calibration: { scale: 2, bias: 0 } })).toBeCloseTo(16 / 17, 9);
  });

  it("stays inside 0..1 at the ends", () => {
    expect(calibrate(0, answering)).toBeGreaterThan(0);
    expect(calibrate(1, answering)).toBeLessThan(1);
  });
});

describe("judgeAnswer", () => {
  it("is as sure of an absent answer as of its verdict, and points nowhere", () => {
    const judged = judgeAnswer([token(0.9), token(0.1)], [words("no"), span(0, 1)], true, answering);
    expect(judged).toMatchObject({ verdict: "absent", spans: [] });
    expect(judged.confidence).toBeCloseTo(0.9, 9);
  });

  it("judges an answer with times by its times, not by its words", () => {
    const judged = judgeAnswer(
      [token(0.8), token(0.01)],
      [words("dog"), span(0, 1, 0.25), words("and cat"), span(2, 3, 1)],
      false,
      answering,
    );
    expect(judged.confidence).toBeCloseTo(0.8 * 0.5, 9);
    expect(judged.spans.map(({ confidence }) => confidence.toFixed(2))).toEqual(["0.20", "0.80"]);
  });

  it("judges an answer of words alone by its words", () => {
    const judged = judgeAnswer([token(1), token(0.25), token(1)], [words("yes")], false, answering);
    expect(judged).toMatchObject({ verdict: "found", spans: [] });
    expect(judged.confidence).toBeCloseTo(0.5, 9);
  });

  it("is unsure below the threshold", () => {
    expect(judgeAnswer([token(0.9)], [words("dog"), span(0, 1, 0.4)], false, answering).verdict).toBe("found");
    expect(judgeAnswer([token(0.9)], [words("dog"), span(0, 1, 0.2)], false, answering).verdict).toBe("unsure");
  });

  const spansOf = (...parts: AnswerPart[]) =>
    judgeAnswer([token(1)], parts, false, answering).spans.map(({ startSeconds, endSeconds }) => [
      startSeconds,
      endSeconds,
    ]);

  it("joins spans of one thing that touch or overlap", () => {
    expect(spansOf(words("dog from"), span(4, 8), words(" and again from"), span(8, 9))).toEqual([[4, 9]]);
    expect(spansOf(words("dog from"), span(4, 8), words(" and again from"), span(9, 10))).toEqual([
      [4, 8],
      [9, 10],
    ]);
  });

  it("is strongest in the middle of the part that it is surest of", () => {
    const strongest = (first: number, second: number) =>
      judgeAnswer(
        [token(1)],
        [words("dog from"), span(4, 8, first), words("and"), span(8, 10, second)],
        false,
        answering,
      ).spans.map(({ evidenceSeconds }) => evidenceSeconds);
    expect(strongest(0.4, 0.6)).toEqual([9]);
    expect(strongest(0.6, 0.4)).toEqual([6]);
  });

  it("keeps spans of different things apart, in order of start", () => {
    expect(spansOf(words("the cat is at"), span(6, 9), words(" and the dog at"), span(4, 8))).toEqual([
      [4, 8],
      [6, 9],
    ]);
  });

  it("leaves out a span that is empty after clamping", () => {
    expect(spansOf(words("dog at"), span(9, 9))).toEqual([]);
  });
});
