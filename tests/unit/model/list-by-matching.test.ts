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

  it("names the likeliest although it is not likely, and at most four things", () => {
    expect(
      list(
        [thing("dog"), thing("cat")],
        [
          [-2, -9, -9, -9],
          [-2.1, -9, -9, -9],
        ],
      ).map(({ label }) => label),
    ).toEqual(["dog"]);
    expect(list([thing("dog")], [[-5, -5, -5, -5]])).toEqual([]);
    const names = ["a", "b", "c", "d", "e", "f"];
    const all = list(
      names.map((name) => thing(name)),
      names.map((_, index) => [index, -9, -9, -9]),
    );
    expect(new Set(all.map(({ label }) => label))).toEqual(new Set(["c", "d", "e", "f"]));
  });

  it("ends where the clip ends", () => {
    expect(list([thing("dog")], [[-9, 3, 3, 3]], 11)).toMatchObject([{ startSeconds: 10, endSeconds: 11 }]);
  });
});
