import { describe, expect, it } from "vitest";
import { atStrongestWindow, spreadOverWindows } from "../../../model/evidence-seconds.ts";

/** Windows of 8 s whose embedding points at `angles` of the circle. */
const windows = (...angles: number[]) =>
  angles.map((angle, index) => ({
    index,
    startSeconds: index * 8,
    endSeconds: index * 8 + 8,
    queries: new Float32Array(),
    embedding: Float32Array.of(Math.cos(angle), Math.sin(angle)),
  }));
const span = (startSeconds: number, endSeconds: number) => ({
  startSeconds,
  endSeconds,
  confidence: 0.5,
  evidenceSeconds: -1,
});
const east = Float32Array.of(1, 0);

describe("the evidence of a span", () => {
  it("stays where the tokens say inside one window", () => {
    const inside = [span(2, 8), span(8, 16)];
    expect(spreadOverWindows(inside, windows(0, 1))).toBe(false);
    expect(atStrongestWindow(inside, windows(0, 1), east)).toEqual(inside);
  });

  it("moves to the window that is most like the question, and stays inside the span", () => {
    const spans = [span(6, 20)];
    expect(spreadOverWindows(spans, windows(2, 1, 0))).toBe(true);
    expect(atStrongestWindow(spans, windows(2, 1, 0), east)).toMatchObject([{ evidenceSeconds: 18 }]);
    expect(atStrongestWindow(spans, windows(0, 1, 2), east)).toMatchObject([{ evidenceSeconds: 7 }]);
  });

  it("takes the first of windows that are as like", () => {
    expect(atStrongestWindow([span(0, 16)], windows(1, 1), east)).toMatchObject([{ evidenceSeconds: 4 }]);
  });

  it("leaves a span alone that no watched window covers", () => {
    expect(atStrongestWindow([span(90, 99)], windows(0, 1), east)).toEqual([span(90, 99)]);
  });
});
