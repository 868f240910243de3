import { describe, expect, it } from "vitest";
import { verifyTurns, type WrittenTurn } from "../../../../../bots/langchain/augment/verify-turns.ts";

const VIDEO = {
  id: "v",
  durationSeconds: 40,
  events: [
    { startSeconds: 0.53, endSeconds: 6.25, text: "A man runs across a field." },
    { startSeconds: 12, endSeconds: 20, text: "He jumps over a fence." },
  ],
};
const aTurn = (more: Partial<WrittenTurn> = {}): WrittenTurn => ({
  question: "When does the man jump?",
  answer: "He jumps from 0:12 to 0:20.",
  family: "when",
  spans: [[12, 20]],
  ...more,
});
const verdict = (more: Partial<WrittenTurn>) => verifyTurns([aTurn(more)], VIDEO);

describe("verifyTurns", () => {
  it("keeps what repeats the source, with the source's own times", () => {
    expect(verdict({}).kept).toEqual([{ ...aTurn(), absent: false }]);
    expect(
      verdict({ spans: [[0.5, 6.3]], answer: "At 0:00, for 5.7 seconds.", question: "How long does he run?" }).kept[0]
        ?.spans,
    ).toEqual([[0.53, 6.25]]);
  });

  it.each([
    ["a span that is no event", { spans: [[12, 19]] }, /12 to 19 is no event/],
    ["a span over two events", { spans: [[0.5, 20]] }, /no event/],
    ["a time in the answer that no span has", { answer: "He jumps at 0:31." }, /^answer: .*31/],
    [
      "a time of an event that the turn does not name",
      { answer: "He runs at 0:06 and jumps at 0:12." },
      /^answer: .*6/,
    ],
    ["a time in the question that no span has", { question: "What happens at 0:31?" }, /^question: .*31/],
    ["an unclear time", { answer: "He jumps a few seconds later." }, /unclear/],
    ["no span at all", { spans: [] }, /points nowhere/],
    ["absent with a span", { family: "absent" }, /points somewhere/],
    [
      "absent, but there",
      { family: "absent", spans: [], question: "When is there a fence?", answer: "There is none." },
      /the source has it/,
    ],
    ["a link", { answer: "See https://x.example at 0:12." }, /link/],
  ] as [string, Partial<WrittenTurn>, RegExp][])("rejects %s", (_, more, why) => {
    const { kept, rejected } = verdict(more);
    expect(kept).toEqual([]);
    expect(rejected).toMatchObject([{ why: expect.stringMatching(why) }]);
  });

  it("keeps what is truly absent, and drops what is asked twice", () => {
    const absent = {
      family: "absent",
      spans: [],
      question: "When does a horse appear?",
      answer: "There is no horse.",
    } as const;
    expect(verdict({ ...absent, spans: [] }).kept).toMatchObject([{ absent: true, spans: [] }]);
    const twice = verifyTurns([aTurn(), aTurn({ question: "when does the man JUMP?" })], VIDEO);
    expect(twice).toMatchObject({ kept: [{}], rejected: [{ why: "asked twice" }] });
  });
});
