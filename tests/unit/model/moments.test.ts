import { describe, expect, it } from "vitest";
import type { AnswerPart } from "../../../model/answer-text.ts";
import { mergeMoments, readMoments } from "../../../model/moments.ts";

const words = (text: string): AnswerPart => ({ type: "words", text });
const span = (startSeconds: number, endSeconds: number, probability = 0.5): AnswerPart => ({
  type: "time",
  isSpan: true,
  probability,
  span: { startSeconds, endSeconds },
});
const half = (probability: number) => probability / 2;

describe("readMoments", () => {
  it("reads label after label, and says which ones are heard", () => {
    const parts = [words(" dog"), span(2, 4.5, 0.8), words(" ; dog bark sound"), span(2.5, 3, 0.4)];
    expect(readMoments(parts, half)).toEqual([
      { label: "dog", startSeconds: 2, endSeconds: 4.5, confidence: 0.4, evidenceSeconds: 3.25 },
      { label: "dog bark (heard)", startSeconds: 2.5, endSeconds: 3, confidence: 0.2, evidenceSeconds: 2.75 },
    ]);
  });

  it("leaves out times without a label, labels without a time, and empty spans", () => {
    const parts = [span(0, 1), words(" ; "), span(1, 2), words(" ; cat"), span(3, 3), words(" ; bell sound")];
    expect(readMoments(parts, half)).toEqual([]);
  });
});

describe("mergeMoments", () => {
  const moment = (label: string, startSeconds: number, endSeconds: number, confidence = 0.5) => ({
    label,
    startSeconds,
    endSeconds,
    confidence,
  });

  it("joins a thing that goes on into the next window, and keeps the better confidence", () => {
    const merged = mergeMoments([moment("dog", 4, 8, 0.4), moment("cat", 6, 7), moment("dog", 8, 11, 0.6)], 0.5);
    expect(merged).toEqual([moment("dog", 4, 11, 0.6), moment("cat", 6, 7)]);
  });

  it("is strongest where the model is surest", () => {
    const part = (startSeconds: number, endSeconds: number, confidence: number) => ({
      ...moment("dog", startSeconds, endSeconds, confidence),
      evidenceSeconds: (startSeconds + endSeconds) / 2,
    });
    const strongest = (...parts: ReturnType<typeof part>[]) => mergeMoments(parts, 0.5)[0]?.evidenceSeconds;
    expect(strongest(part(4, 8, 0.4), part(8, 12, 0.6))).toBe(10);
    expect(strongest(part(4, 8, 0.6), part(8, 12, 0.4))).toBe(6);
  });

  it("keeps apart what is further apart than the gap, and other labels", () => {
    const moments = [moment("dog", 0, 2), moment("dog (heard)", 1, 2), moment("dog", 3, 4)];
    expect(mergeMoments(moments, 0.5)).toEqual(moments);
  });

  it("lists moments in order of start", () => {
    expect(mergeMoments([moment("b", 5, 6), moment("a", 1, 2)], 0.5).map(({ label }) => label)).toEqual(["a", "b"]);
  });
});
