import { describe, expect, it } from "vitest";
import type { Thing } from "../../../core/question/question.ts";
import { listByMatching } from "../../../model/list-by-matching.ts";

const thing = (name: string, sense: "seen" | "heard" = "seen"): Thing => ({ name, sense, known: true });
const matching = {
  asked: { scale: 1, bias: 0 },
  listed: { scale: 1, bias: 0 },
  spans: { scale: 1, bias: 0 },
  presentFrom: 0.5,
  share: 0.5,
  peakShare: 0.5,
};
const list = (things: readonly Thing[], logits: readonly (readonly number[])[], limitSeconds = 16) =>
  listByMatching(matching, {
    things,
    logits: logits.map((row) => Float32Array.from(row)),
    window: { startSeconds: 8, endSeconds: 16 },
    pieces: 4,
    windowSeconds: 8,
    limitSeconds,
  });

describe("what a window holds", () => {
  it("is listed in order of start, with what is heard called so", () => {
    const moments = list(
      [thing("dog"), thing("bell", "heard"), thing("cat")],
      [
        [-9, -9, 2, 2],
        [1, -9, -9, -9],
        [-9, -9, -9, -9],
      ],
    );
    expect(moments.map(({ label, startSeconds, endSeconds }) => [label, startSeconds, endSeconds])).toEqual([
      ["bell (heard)", 8, 10],
      ["dog", 12, 16],
    ]);
  });

  it("names what is not likely, but nothing that is hardly possible, and at most four things", () => {
    expect(list([thing("dog")], [[-2, -9, -9, -9]]).map(({ label }) => label)).toEqual(["dog"]);
    expect(list([thing("dog")], [[-5, -5, -5, -5]])).toEqual([]);
    // Each at a time of its own.
    const names = ["a", "b", "c", "d"];
    const all = list(
      [...names.map((name) => thing(name)), ...names.map((name) => thing(name, "heard"))],
      [0, 1, 2, 3, 0.5, 1.5, 2.5, 3.5].map((logit, index) =>
        [0, 1, 2, 3].map((piece) => (piece === index % 4 ? logit : -9)),
      ),
    );
    const unnamed = ["a", "a (heard)", "b", "b (heard)"];
    expect(new Set(all.map(({ label }) => label))).toEqual(
      new Set(names.flatMap((name) => [name, `${name} (heard)`]).filter((name) => !unnamed.includes(name))),
    );
  });

  it("is named once: a second thing of the same sense at the very same time is a mistake for the first", () => {
    const moments = list(
      [thing("man singing", "heard"), thing("woman singing", "heard"), thing("dog")],
      [
        [-9, 2, 2, -9],
        [-9, 3, 3, -9],
        [-9, 2, 2, -9],
      ],
    );
    expect(moments.map(({ label }) => label).sort()).toEqual(["dog", "woman singing (heard)"]);
  });

  it("ends where the clip ends", () => {
    expect(list([thing("dog")], [[-9, 3, 3, 3]], 11)).toMatchObject([{ startSeconds: 10, endSeconds: 11 }]);
  });
});
