import { describe, expect, it } from "vitest";
import type { VideoStream } from "../../../../model/media/clip-header.ts";
import { evidenceSeconds, isKept, planEvidence } from "../../../../model/media/evidence-plan.ts";

const video = (more: Partial<VideoStream> = {}): VideoStream => ({
  streamIndex: 0,
  codec: "h264",
  storedWidth: 1920,
  storedHeight: 1080,
  quarterTurns: 0,
  pixelAspect: 1,
  ...more,
});
const plan = (durationSeconds: number | undefined, dropSeconds = 0) =>
  planEvidence(durationSeconds === undefined ? {} : { durationSeconds }, video(), dropSeconds);

describe("planEvidence", () => {
  it.each([
    [0, 0.02],
    [0.04, 0.02],
    [0.5, 0.25],
    [8, 0.5],
    [60, 1],
    [1200, 1],
    [1201, 2],
    [3600, 3],
    [14_400, 12],
    [undefined, 1],
  ])("takes from a clip of %s s one every %s s", (duration, interval) => {
    expect(plan(duration).intervalSeconds).toBe(interval);
  });

  it("never takes more than 1200 of a clip whose length is known", () => {
    for (let duration = 1; duration < 7 * 24 * 3600; duration = duration * 1.3 + 1) {
      expect(duration / plan(duration).intervalSeconds).toBeLessThanOrEqual(1200);
    }
  });

  it("goes on, wherever decoding begins, with the frames that decoding from the start would give", () => {
    for (const duration of [7, 60, 3600, 5000]) {
      const whole = plan(duration);
      for (const drop of [8, 16, 24, 800, 3608]) {
        const resumed = plan(duration, drop);
        expect(evidenceSeconds(resumed, resumed.firstFrame)).toBeGreaterThanOrEqual(drop);
        if (resumed.firstFrame > 0) expect(evidenceSeconds(whole, resumed.firstFrame - 1)).toBeLessThan(drop);
      }
    }
  });

  it.each([
    ["landscape", {}, 320, 180],
    ["portrait by rotation", { quarterTurns: 1 as const }, 180, 320],
    ["upside down", { quarterTurns: 2 as const }, 320, 180],
    ["smaller than that", { storedWidth: 96, storedHeight: 64 }, 96, 64],
    ["odd", { storedWidth: 127, storedHeight: 93 }, 128, 94],
    ["a single pixel", { storedWidth: 1, storedHeight: 1 }, 2, 2],
    ["wide pixels (PAL, 16:9)", { storedWidth: 720, storedHeight: 576, pixelAspect: 64 / 45 }, 320, 180],
    ["a banner", { storedWidth: 8000, storedHeight: 20 }, 320, 2],
  ])("gives the true aspect: %s", (_, more, width, height) => {
    expect(planEvidence({ durationSeconds: 60 }, video(more), 0)).toMatchObject({ width, height });
  });
});

describe("isKept", () => {
  it("keeps the first 1200, then half, then a quarter: a clip of unknown length stays bounded", () => {
    const kept = (frames: number) => Array.from({ length: frames }, (_, frame) => frame).filter(isKept).length;
    expect(kept(1200)).toBe(1200);
    expect(kept(2400)).toBe(1800);
    expect(kept(4800)).toBe(2400);
    expect(kept(7 * 24 * 3600)).toBeLessThan(7000);
  });
});
