import { describe, expect, it } from "vitest";
import { isAboutEverything, recallWindows } from "../../../model/recall.ts";

/** Eight-second windows whose embedding is [similarity to the question [1, 0], rest]. */
const windows = [0.1, 0.9, 0.2, 0.8, 0.3, 0.7].map((similarity, index) => ({
  index,
  startSeconds: index * 8,
  endSeconds: (index + 1) * 8,
  embedding: Float32Array.of(similarity, 0),
}));
const question = Float32Array.of(1, 0);
const indexes = (...args: Parameters<typeof recallWindows>) => recallWindows(...args).map(({ index }) => index);

describe("recallWindows", () => {
  it("takes all windows when they fit", () => {
    expect(indexes(windows, 6, [], undefined)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("takes those nearest to the question, in time order", () => {
    expect(indexes(windows, 3, [], question)).toEqual([1, 3, 5]);
  });

  it("takes windows of named times first, however far they are from the question", () => {
    expect(indexes(windows, 3, [{ startSeconds: 17, endSeconds: 18 }], question)).toEqual([1, 2, 3]);
  });

  it("does not count a window that a span only touches", () => {
    expect(indexes(windows, 2, [{ startSeconds: 8, endSeconds: 16 }], question)).toEqual([1, 3]);
  });

  it("never takes more than the limit, even when more are named", () => {
    expect(indexes(windows, 2, [{ startSeconds: 0, endSeconds: 48 }], question)).toEqual([1, 3]);
  });

  it("takes only as many near ones as the bundle asks for, beside those that are named", () => {
    expect(indexes(windows, 5, [], question, 2)).toEqual([1, 3]);
    expect(indexes(windows, 5, [{ startSeconds: 17, endSeconds: 18 }], question, 2)).toEqual([1, 2, 3]);
    expect(indexes(windows, 6, [], question, 2)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("takes windows that stand for all of it for a question about nothing in particular, the named ones first", () => {
    const scenes = [0, 0, 0, 1, 1, 2, 2, 2].map((scene, index) => ({
      index,
      startSeconds: index * 8,
      endSeconds: (index + 1) * 8,
      embedding: Float32Array.from({ length: 3 }, (_, at) => (at === scene ? 1 : 0)),
    }));
    const sceneOf = (index: number) => scenes[index]?.embedding.indexOf(1);
    expect(indexes(scenes, 3, [], undefined).map(sceneOf)).toEqual([0, 1, 2]);
    const withNamed = indexes(scenes, 4, [{ startSeconds: 8, endSeconds: 9 }], undefined);
    expect(withNamed).toContain(1);
    expect(new Set(withNamed.map(sceneOf))).toEqual(new Set([0, 1, 2]));
  });
});

describe("isAboutEverything", () => {
  it.each(["describe the clip", "What happens?", "summarise this", "what is the video about?", "give me an overview"])(
    "%s",
    (question) => expect(isAboutEverything(question)).toBe(true),
  );

  it.each([
    "when does the dog bark?",
    "what happens after the dog barks?",
    "is there a cat?",
    "what happens at 0:10 when it barks",
  ])("not: %s", (question) => expect(isAboutEverything(question)).toBe(false));
});
