import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LINE_LIMITS, parseWebVtt } from "../../../../core/index.ts";

const vtt = (...cues: string[]) => ["WEBVTT", ...cues].join("\n\n");
const textsOf = (text: string) => parseWebVtt(text).map((line) => line.text);

describe("parseWebVtt", () => {
  it("reads cues with and without hours, names and settings, in any line ending", () => {
    const text = [
      "\uFEFFWEBVTT - made by hand",
      "X-TIMESTAMP-MAP=LOCAL:00:00:00.000",
      "",
      "NOTE",
      "not said at all",
      "",
      "STYLE",
      "::cue { color: red }",
      "",
      "intro",
      "00:01.500 --> 00:04.000 align:start position:0%",
      "Hello there,",
      "world.",
      "",
      "1:02:03.004 --> 01:02:05.000",
      "Goodbye.",
    ];
    const wanted = [
      { startSeconds: 1.5, endSeconds: 4, text: "Hello there, world." },
      { startSeconds: 3723.004, endSeconds: 3725, text: "Goodbye." },
    ];
    for (const end of ["\n", "\r\n", "\r"]) expect(parseWebVtt(text.join(end))).toEqual(wanted);
  });

  it("names speakers, one line each", () => {
    const text = vtt(
      "00:00.000 --> 00:02.000\n<v.loud Ann Lee>Is it <i>clean</i>?</v> <v Bob>Very.",
      "00:02.000 --> 00:03.000\nNAR: This is Webb.",
      "00:03.000 --> 00:04.000\n- Who?\n- Me.",
      "00:05.000 --> 00:06.000\nNote: not a name",
    );
    expect(parseWebVtt(text)).toMatchObject([
      { text: "Is it clean?", speaker: "Ann Lee" },
      { text: "Very.", speaker: "Bob" },
      { text: "This is Webb.", speaker: "NAR" },
      { text: "Who?" },
      { text: "Me." },
      { text: "Note: not a name" },
    ]);
  });

  it("says once what live captions repeat", () => {
    const text = vtt(
      "00:00.000 --> 00:02.000\nhello",
      "00:02.000 --> 00:04.000\nhello",
      "00:09.000 --> 00:10.000\nhello",
    );
    expect(parseWebVtt(text)).toEqual([
      { startSeconds: 0, endSeconds: 4, text: "hello" },
      { startSeconds: 9, endSeconds: 10, text: "hello" },
    ]);
  });

  it("shows text alone: no markup, no escapes, nothing that turns or hides what is read", () => {
    const cue = (text: string) => textsOf(vtt(`00:00.000 --> 00:01.000\n${text}`));
    expect(cue("<script>alert(1)</script> &lt;b&gt; &amp; Tom")).toEqual(["alert(1) <b> & Tom"]);
    expect(cue("{\\an8}up\u001b[31m red\u0007 \u202egnp.exe\u200b\u0000!")).toEqual(["up [31m red gnp.exe !"]);
    expect(cue("3 < 5 and 6 > 5 \\{x\\}")).toEqual(["3 < 5 and 6 > 5 {x}"]);
    expect(cue("<00:00.500><c>karaoke</c>")).toEqual(["karaoke"]);
    expect(cue("<b></b> \u200b")).toEqual([]);
  });

  it("skips cues whose times make no sense", () => {
    const text = vtt(
      "00:05.000 --> 00:04.000\nbackwards",
      "00:05.000 --> 00:05.000\nno time",
      "00:99.000 --> 01:00.000\nno such second",
      "soon --> later\nno times",
      "00:01.000 --> 00:02.000\nfine",
    );
    expect(textsOf(text)).toEqual(["fine"]);
  });

  it.each(["", "1\n00:00:01,000 --> 00:00:02,000\nSubRip", "WEBVTTX\n\n00:00.000 --> 00:01.000\nx", "<html>"])(
    "finds nothing in what is no WebVTT: %j",
    (text) => expect(parseWebVtt(text)).toEqual([]),
  );

  it("holds its limits against a hostile file", () => {
    const cue = (i: number) => `00:${String(i % 60).padStart(2, "0")}.000 --> 59:59.000\n${i} ${"x".repeat(600)}`;
    const lines = parseWebVtt(vtt(...Array.from({ length: 25_000 }, (_, i) => cue(i))));
    expect(lines.length).toBeLessThanOrEqual(LINE_LIMITS.maxLines);
    expect(lines.length).toBeGreaterThan(10_000);
    for (const { text } of lines) expect(text.length).toBeLessThanOrEqual(LINE_LIMITS.maxLineCharacters);
    const started = performance.now();
    parseWebVtt(vtt(`00:00.000 --> 00:01.000\n${"<".repeat(300_000)}${"A".repeat(300_000)}`));
    parseWebVtt(vtt(`00:00.000 --> 00:01.000\n${"<v a".repeat(50_000)}`));
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it("never throws, and whatever comes out is a line inside time", () => {
    const piece = fc.oneof(
      fc.constantFrom("WEBVTT", "\n\n", "\n", "00:01.000 --> 00:02.000", "-->", "<v ", ">", "NOTE", "A: b"),
      fc.string({ unit: "binary", maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        for (const { startSeconds, endSeconds, text, speaker } of parseWebVtt(`WEBVTT\n\n${pieces.join("")}`)) {
          expect(startSeconds).toBeGreaterThanOrEqual(0);
          expect(endSeconds).toBeGreaterThan(startSeconds);
          expect(text).not.toBe("");
          expect(text + (speaker ?? "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        }
      }),
    );
  });
});
