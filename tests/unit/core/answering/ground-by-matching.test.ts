import { describe, expect, it } from "vitest";
import { groundByMatching, type MatchingModel } from "../../../../core/answering/ground-by-matching.ts";
import type { WatchedWindow } from "../../../../core/clip-memory.ts";
import type { Thing } from "../../../../core/question/question.ts";
import { heldWindows } from "../../../../core/window-source.ts";

const DOG: Thing = { name: "dog", sense: "seen", known: true };
const SECONDS = 8;
const PIECES = 4;

/** Windows of 8 s; each says how like a dog it is, and how well each of its two seconds matches. */
const aClip = (...windows: readonly { readonly like: number; readonly logits: readonly number[] }[]) =>
  windows.map(
    ({ like, logits }, index): WatchedWindow => ({
      index,
      startSeconds: index * SECONDS,
      endSeconds: (index + 1) * SECONDS,
      embedding: Float32Array.of(like),
      queries: Float32Array.from(logits),
    }),
  );

const model: MatchingModel = {
  windowSeconds: SECONDS,
  axes: { Q: PIECES, D: 1, E: 1 },
  matching: {
    asked: { scale: 1, bias: 0 },
    listed: { scale: 1, bias: -2 },
    spans: { scale: 1, bias: -1 },
    presentFrom: 0.5,
    share: 0.5,
    peakShare: 0.5,
  },
  similarity: async (things, windows) =>
    things.map(() => Float32Array.from(windows, ({ embedding }) => embedding[0] ?? 0)),
  match: async (things, windows) => things.map(() => Float32Array.from(windows.flatMap(({ queries }) => [...queries]))),
};

const ground = (windows: readonly WatchedWindow[], limitSeconds = windows.length * SECONDS) =>
  groundByMatching(model, heldWindows(windows), DOG, limitSeconds, () => "found");

const NO = [-9, -9, -9, -9];

describe("grounding by the matching head", () => {
  it("points at the half seconds that match, in every window", async () => {
    const found = await ground(
      aClip({ like: 0.2, logits: [-9, 3, 3, -9] }, { like: 0.1, logits: NO }, { like: 0.1, logits: [3, -9, -9, -9] }),
    );
    expect(found.verdict).toBe("found");
    expect(found.spans.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds])).toEqual([
      [2, 6],
      [16, 18],
    ]);
    expect(found.confidence).toBeCloseTo(1 / (1 + Math.exp(-3)) / (1 + Math.exp(-2)));
  });

  it("reads eight windows of a long clip, those most like the thing", async () => {
    const read: number[] = [];
    const windows = aClip(
      ...Array.from({ length: 40 }, (_, index) => ({
        like: index === 31 ? 0.9 : index / 100,
        logits: index === 31 ? [-9, 4, -9, -9] : NO,
      })),
    );
    const source = heldWindows(windows);
    const counting = {
      entries: source.entries,
      read: (indexes: readonly number[]) => {
        read.push(...indexes);
        return source.read(indexes);
      },
    };
    const found = await groundByMatching(model, counting, DOG, 320, () => "found");
    expect(read).toEqual([31, 33, 34, 35, 36, 37, 38, 39]);
    expect(found.spans).toMatchObject([{ startSeconds: 250, endSeconds: 252, evidenceSeconds: 251 }]);
  });

  it("says that a thing is not there, and where it would be when that is not clear", async () => {
    const clear = await ground(aClip({ like: 0.5, logits: NO }));
    expect(clear).toMatchObject({ verdict: "absent", spans: [] });
    expect(clear.nearest).toBeUndefined();
    const unclear = await ground(aClip({ like: 0, logits: NO }, { like: 0, logits: [-9, -9, -0.5, -9] }));
    expect(unclear).toMatchObject({ verdict: "absent", spans: [], nearest: { startSeconds: 12, endSeconds: 14 } });
  });

  it("never points past the end of the clip", async () => {
    const found = await ground(aClip({ like: 0.2, logits: [-9, -9, 3, 3] }), 4.5);
    expect(found.spans).toMatchObject([{ startSeconds: 4, endSeconds: 4.5 }]);
  });

  it("knows nothing of a clip whose windows lie past its end", async () => {
    expect(await ground(aClip({ like: 0.2, logits: [3, 3, 3, 3] }), 0)).toEqual({
      verdict: "absent",
      confidence: 0,
      spans: [],
    });
  });

  it("refuses a clip of which nothing is known", async () => {
    await expect(ground([])).rejects.toMatchObject({ code: "memory.not_watched" });
  });
});
