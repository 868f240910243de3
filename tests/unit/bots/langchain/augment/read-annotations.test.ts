import { describe, expect, it } from "vitest";
import { readAnnotations } from "../../../../../bots/langchain/index.ts";

const jsonLines = (...values: unknown[]) => values.map((value) => JSON.stringify(value)).join("\n");

describe("readAnnotations", () => {
  it("reads ActivityNet-Captions", () => {
    const text = JSON.stringify({
      v_one: {
        duration: 20,
        timestamps: [
          [12, 25],
          [0.5, 6.25],
        ],
        sentences: [" A man  jumps. ", "A man runs."],
      },
      v_two: {
        duration: 9,
        timestamps: [
          [3, 3],
          [10, 12],
        ],
        sentences: ["No length.", "After the end."],
      },
    });
    expect(readAnnotations(text)).toEqual({
      format: "activitynet-captions",
      videos: [
        {
          id: "v_one",
          durationSeconds: 20,
          events: [
            { startSeconds: 0.5, endSeconds: 6.25, text: "A man runs." },
            { startSeconds: 12, endSeconds: 20, text: "A man jumps." },
          ],
        },
      ],
    });
  });

  it("reads Charades-STA, whose videos end with their last event", () => {
    const text =
      "AAAAA 0.0 6.9##a person opens a door.\nAAAAA 5.1 12##person sits down.\r\nBBBBB 1 2##person laughs.\n";
    const { format, videos } = readAnnotations(text);
    expect(format).toBe("charades-sta");
    expect(videos.map(({ id, durationSeconds, events }) => [id, durationSeconds, events.length])).toEqual([
      ["AAAAA", 12, 2],
      ["BBBBB", 2, 1],
    ]);
  });

  it("reads QVHighlights, one event a window", () => {
    const text = jsonLines({
      qid: 1,
      query: "Two girls cook.",
      duration: 150,
      vid: "x_210.0_360.0",
      relevant_windows: [
        [82, 150],
        [10, 20],
      ],
      saliency_scores: [[1]],
    });
    expect(readAnnotations(text)).toMatchObject({
      format: "qvhighlights",
      videos: [
        {
          id: "x_210.0_360.0",
          durationSeconds: 150,
          events: [{ startSeconds: 10 }, { startSeconds: 82, endSeconds: 150 }],
        },
      ],
    });
  });

  it("reads our own lines", () => {
    const text = jsonLines(
      { id: 7, video: "605", text: "the baby is shown", start: 5, end: 10, licence: "x" },
      { video: "605", text: "a dog", start: 0, end: 5 },
    );
    expect(readAnnotations(text)).toMatchObject({
      format: "damo",
      videos: [{ id: "605", durationSeconds: 10, events: [{ text: "a dog" }, {}] }],
    });
  });

  it.each(["hello", "{", '{"video":"x"}', "AAAAA 0.0##no end"])("says which line it cannot read: %s", (line) => {
    const text = `AAAAA 0.0 6.9##a person opens a door.\n${line}`;
    expect(() => readAnnotations(text)).toThrow(/line 2/);
  });

  it("finds no video in an empty file", () => {
    expect(readAnnotations("\n")).toEqual({ format: "damo", videos: [] });
  });
});
