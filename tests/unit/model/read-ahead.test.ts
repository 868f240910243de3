import { describe, expect, it } from "vitest";
import { readAhead } from "../../../model/read-ahead.ts";

const nothing = () => {};
const tick = () => new Promise((resolve) => setImmediate(resolve));

function aSource(items: number, failAt = Number.POSITIVE_INFINITY) {
  const seen = { made: 0, ended: false };
  async function* source() {
    try {
      for (let item = 0; item < items; item += 1) {
        if (item === failAt) throw new Error(`item ${item} is broken`);
        seen.made += 1;
        yield item;
      }
    } finally {
      seen.ended = true;
    }
  }
  return { seen, source: source() };
}

describe("readAhead", () => {
  it("gives every item in order", async () => {
    const got: number[] = [];
    for await (const item of readAhead(aSource(4).source, nothing)) got.push(item);
    expect(got).toEqual([0, 1, 2, 3]);
  });

  it("has the next item made while the consumer works on this one, and no more", async () => {
    const { seen, source } = aSource(10);
    let taken = 0;
    for await (const _ of readAhead(source, nothing)) {
      taken += 1;
      await tick();
      expect(seen.made).toBe(Math.min(taken + 1, 10));
    }
  });

  it("throws an error of the source where its item would have come", async () => {
    const got: number[] = [];
    const reading = (async () => {
      for await (const item of readAhead(aSource(4, 2).source, nothing)) {
        got.push(item);
        await tick();
      }
    })();
    await expect(reading).rejects.toThrow("item 2 is broken");
    expect(got).toEqual([0, 1]);
  });

  it("gives up the item under way and ends the source when the consumer leaves", async () => {
    const { seen, source } = aSource(10);
    const events: string[] = [];
    for await (const item of readAhead(source, () => events.push(`give up, ended: ${seen.ended}`)))
      if (item === 1) break;
    expect(events).toEqual(["give up, ended: false"]);
    expect(seen.ended).toBe(true);
    expect(seen.made).toBe(3);
  });
});
