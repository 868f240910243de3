import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PacedEdits } from "../../../../bots/slack/paced-edits.ts";

describe("PacedEdits", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("sends at most one state in the time, and always the newest", async () => {
    const sent: [number, number][] = [];
    const startedAt = Date.now();
    const edits = new PacedEdits<number>(async (state) => void sent.push([Date.now() - startedAt, state]), 3000);
    for (let i = 0; i < 100; i++) {
      void edits.edit(i);
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(3000);
    expect(sent.map(([atMs]) => atMs)).toEqual([0, 3000, 6000, 9000, 12_000]);
    expect(sent.at(-1)?.[1]).toBe(99);
  });

  it("shows the last state at once, after what is on its way and never before it", async () => {
    const sent: string[] = [];
    let arrive = () => {};
    const edits = new PacedEdits<string>((state) => {
      sent.push(state);
      return new Promise((resolve) => {
        arrive = resolve;
      });
    }, 3000);
    void edits.edit("first");
    await vi.advanceTimersByTimeAsync(10);
    const last = edits.editNow("last");
    await vi.advanceTimersByTimeAsync(10);
    expect(sent).toEqual(["first"]);
    arrive();
    await vi.advanceTimersByTimeAsync(10);
    expect(sent).toEqual(["first", "last"]);
    arrive();
    await last;
  });

  it("tells whoever waits that it failed, and goes on", async () => {
    let fails = true;
    const edits = new PacedEdits<string>(async () => {
      if (fails) throw new Error("no");
    }, 10);
    const first = edits.edit("a");
    const second = edits.edit("b");
    await vi.advanceTimersByTimeAsync(10);
    await expect(first).rejects.toThrow("no");
    await expect(second).rejects.toThrow("no");
    fails = false;
    const third = edits.edit("c");
    await vi.advanceTimersByTimeAsync(10);
    await third;
  });
});
