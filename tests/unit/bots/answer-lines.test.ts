import { describe, expect, it } from "vitest";
import { answerClosing, answerOrigin, spanLines, wholeAnswer } from "../../../bots/cli/answer-lines.ts";
import { createTerminal } from "../../../bots/cli/terminal.ts";
import type { Answer } from "../../../core/index.ts";

const ANSWER: Answer = {
  text: "The dog barks from 0:05 to 0:08.",
  spans: [
    { startSeconds: 5, endSeconds: 8, confidence: 0.874 },
    { startSeconds: 3605, endSeconds: 3607, confidence: 0.05 },
  ],
  verdict: "found",
  confidence: 0.874,
  bundle: { name: "damo-mini", version: "0.1.0", fingerprint: "f".repeat(64) },
};
const UNSURE: Answer = { ...ANSWER, verdict: "unsure", watchedUpToSeconds: 72 };
const plain = createTerminal({ stdout: { write: () => {} }, stderr: { write: () => {} }, env: {} }, false).paint;
const linkTo = ({ startSeconds }: { startSeconds: number }) => `http://player/${startSeconds}`;

describe("an answer as lines", () => {
  it("is its text, then one aligned line a span", () => {
    expect(wholeAnswer(ANSWER) + spanLines(ANSWER.spans, linkTo, plain)).toBe(
      [
        "The dog barks from 0:05 to 0:08.",
        "  0:05 to 0:08        87 %  http://player/5",
        "  1:00:05 to 1:00:07   5 %  http://player/3605",
        "",
      ].join("\n"),
    );
  });

  it("has spans without links when there is nowhere to link to", () => {
    expect(spanLines(ANSWER.spans.slice(0, 1), undefined, plain)).toBe("  0:05 to 0:08  87 %\n");
    expect(spanLines([], linkTo, plain)).toBe("");
  });

  it("hedges before the words, or after them when they have been read already", () => {
    const upTo = "(I have watched up to 1:12 so far.)";
    expect(wholeAnswer(UNSURE)).toBe(`I am not sure, but the dog barks from 0:05 to 0:08. ${upTo}\n`);
    expect(answerClosing(UNSURE)).toBe(`\nI am not sure about this one. ${upTo}\n`);
    expect(answerClosing(ANSWER)).toBe("\n");
  });

  it("says which bundle made it, from what, and how quickly", () => {
    const timing = { firstTokenMs: 38.4, totalMs: 60 };
    expect(answerOrigin(ANSWER, "hit", timing)).toBe("damo-mini 0.1.0, from memory, first word after 38 ms");
    expect(answerOrigin(ANSWER, "resumed", timing)).toContain("watched just now");
  });
});
