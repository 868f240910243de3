import { describe, expect, it } from "vitest";
import { TurnQueue } from "../../../core/turn-queue.ts";

describe("TurnQueue", () => {
  it("begins the turns of one thread in the order in which they came, each after the one before", async () => {
    const queue = new TurnQueue();
    const log: string[] = [];
    const turn = async (name: string) => {
      const end = await queue.begin("t");
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} ends`);
      end();
    };
    await Promise.all([turn("a"), turn("b"), turn("c")]);
    expect(log).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });

  it("lets threads be apart", async () => {
    const queue = new TurnQueue();
    await queue.begin("one");
    const end = await queue.begin("other");
    end();
  });

  it("lets go of a turn whose asker left while it waited, and keeps the order of the others", async () => {
    const queue = new TurnQueue();
    const endFirst = await queue.begin("t");
    const left = new AbortController();
    const second = queue.begin("t", left.signal);
    let third = false;
    const thirdBegun = queue.begin("t").then((end) => {
      third = true;
      end();
    });
    left.abort();
    await expect(second).rejects.toMatchObject({ code: "cancelled" });
    expect(third).toBe(false);
    endFirst();
    await thirdBegun;
    expect(third).toBe(true);
  });

  it("refuses a turn that was cancelled before it came", async () => {
    await expect(new TurnQueue().begin("t", AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
  });
});
