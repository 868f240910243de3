import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { SharedRun } from "../../../core/shared-run.ts";

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function* counting(to: number, signal: AbortSignal) {
  for (let i = 0; i < to; i++) {
    await delay(2, undefined, { signal });
    yield i;
  }
}

describe("SharedRun", () => {
  it("runs once, and shows every event to each follower, however late it comes", async () => {
    const start = vi.fn((signal: AbortSignal) => counting(5, signal));
    const run = new SharedRun(start, () => {});
    const first = collect(run.follow());
    await delay(5);
    const second = collect(run.follow());
    expect(await Promise.all([first, second])).toEqual([
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 4],
    ]);
    expect(await collect(run.follow())).toEqual([0, 1, 2, 3, 4]);
    expect(start).toHaveBeenCalledOnce();
  });

  it("goes on when one of two followers leaves by its signal", async () => {
    const leaving = new AbortController();
    const run = new SharedRun(
      (signal) => counting(5, signal),
      () => {},
    );
    const left = collect(run.follow(leaving.signal));
    const stayed = collect(run.follow());
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: "cancelled" });
    expect(await stayed).toHaveLength(5);
  });

  it("is aborted when the last follower breaks off, and says at once that nobody should join", async () => {
    let runSignal: AbortSignal | undefined;
    const onOver = vi.fn();
    const run = new SharedRun((signal) => {
      runSignal = signal;
      return counting(1000, signal);
    }, onOver);
    for await (const event of run.follow()) if (event === 1) break;
    expect(runSignal?.aborted).toBe(true);
    expect(onOver).toHaveBeenCalled();
  });

  it("gives every follower the very error that ended it", async () => {
    const broken = new Error("broken");
    const run = new SharedRun(
      async function* () {
        yield 1;
        await delay(2);
        throw broken;
      },
      () => {},
    );
    const seen: number[] = [];
    const follow = async () => {
      for await (const event of run.follow()) seen.push(event);
    };
    const ends = await Promise.allSettled([follow(), follow()]);
    expect(ends).toEqual([
      { status: "rejected", reason: broken },
      { status: "rejected", reason: broken },
    ]);
    expect(seen).toEqual([1, 1]);
  });

  it("resolves abort() only when the run has let go of what it used", async () => {
    let open = true;
    const run = new SharedRun(
      async function* (signal) {
        try {
          yield* counting(1000, signal);
        } finally {
          await delay(10);
          open = false;
        }
      },
      () => {},
    );
    const follower = collect(run.follow());
    const ended = expect(follower).rejects.toThrow();
    await run.abort();
    expect(open).toBe(false);
    await ended;
  });
});
