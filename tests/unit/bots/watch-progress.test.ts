import { describe, expect, it } from "vitest";
import { progressText, watchProgress } from "../../../bots/cli/watch-progress.ts";

const PACE = { startedAtMs: 1000, nowMs: 5000, resumedAtSeconds: 0, watchedSeconds: 32, durationSeconds: 60 };

describe("watchProgress", () => {
  it("says how fast it goes and when it ends", () => {
    expect(watchProgress(PACE)).toEqual({ watchedSeconds: 32, durationSeconds: 60, speed: 8, etaSeconds: 3.5 });
    expect(progressText(watchProgress(PACE))).toBe("0:32 of 1:00, 8.0x real time, 0:04 left");
  });

  it("counts only what this run has watched", () => {
    expect(watchProgress({ ...PACE, resumedAtSeconds: 24 })).toMatchObject({ speed: 2, etaSeconds: 14 });
  });

  it("claims no speed before the first window, and none that is infinite after it", () => {
    const start = watchProgress({ ...PACE, watchedSeconds: 0, nowMs: 1000 });
    expect(start).toMatchObject({ speed: 0, etaSeconds: 0 });
    expect(progressText(start)).toBe("0:00 of 1:00");
    expect(Number.isFinite(watchProgress({ ...PACE, nowMs: 1000 }).speed)).toBe(true);
  });

  it("never goes beyond the end", () => {
    expect(watchProgress({ ...PACE, watchedSeconds: 64 })).toMatchObject({ watchedSeconds: 60, etaSeconds: 0 });
  });
});
