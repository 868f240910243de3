import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXIT_BUG, exitCodeOf } from "../../../bots/cli/exit-code.ts";
import { answerText, replyForCode, replyForError, replyForWarning } from "../../../bots/replies.ts";
import { DomainError, ERROR_CODES, type ErrorCode } from "../../../core/index.ts";

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

/** Rows of the table in docs/errors.md. */
const rows = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.slice(2, -2).split(" | "));

describe("error codes, docs and replies", () => {
  it("list the same codes in the same order", () => {
    expect(rows.map(([code]) => code)).toEqual(CODES.map((code) => `\`${code}\``));
  });

  it.each(CODES)("say the same of %s", (code) => {
    const row = rows.find(([name]) => name === `\`${code}\``) as string[];
    const { says, advice } = replyForCode(code);
    const retry = ERROR_CODES[code].retryable ? "yes" : "no";
    expect(row.slice(1, 5)).toEqual([String(exitCodeOf(code)), retry, says, advice]);
    expect(row[5]).toMatch(/\.$/);
  });

  it.each(CODES)("are one short sentence and one piece of advice for %s, without our inner words", (code) => {
    const { says, advice } = replyForCode(code);
    expect(says).toMatch(/^[A-Zf].{5,90}\.$/);
    expect(advice).toMatch(/\.$/);
    expect(says).not.toMatch(/onnx|lmdb|tensor|schema|undefined|invalid argument/i);
    expect(exitCodeOf(code)).not.toBe(EXIT_BUG);
  });
});

describe("replyForError", () => {
  it("adds the details that help", () => {
    const tooLarge = new DomainError("clip.too_large", "x", { details: { sizeBytes: 3 * 2 ** 30, maxBytes: 2 ** 30 } });
    expect(replyForError(tooLarge).says).toBe(
      "This file is larger than this bot opens: it has 3.0 GB, the limit is 1.0 GB.",
    );
    const config = new DomainError("config.invalid", "x", { details: { problems: ["DAMO_WEB_PORT: too big"] } });
    expect(replyForError(config).says).toBe("The configuration has a mistake: DAMO_WEB_PORT: too big.");
  });

  it("names the permission that Slack misses", () => {
    const refused = new DomainError("source.no_access", "x", {
      details: { scope: "files:read", method: "files.info" },
    });
    expect(replyForError(refused).says).toBe("I am not allowed to fetch this clip: the Slack app lacks files:read.");
  });

  it("shows neither the message nor unknown details", () => {
    const error = new DomainError("memory.unavailable", "token xoxb-1", { details: { secret: "xoxb-2" } });
    expect(JSON.stringify(replyForError(error))).not.toContain("xoxb");
  });
});

describe("replyForWarning", () => {
  it("words a known warning and shows an unknown one as it is", () => {
    expect(replyForWarning("clip.truncated")).toMatch(/^The file ends early/);
    expect(replyForWarning("clip.something_new")).toBe("clip.something_new");
  });
});

describe("answerText", () => {
  it.each([
    ["found", "The dog appears at 0:04.", "The dog appears at 0:04."],
    ["unsure", "The dog appears at 0:04.", "I am not sure, but the dog appears at 0:04."],
    ["unsure", "A dog is there.", "I am not sure, but a dog is there."],
    ["unsure", "TV noise at 0:04.", "I am not sure, but TV noise at 0:04."],
    ["unsure", "I hear a dog.", "I am not sure, but I hear a dog."],
    ["absent", "That is not in this clip.", "That is not in this clip."],
    ["absent", "", "That is not in this clip, as far as I can tell."],
  ] as const)("words a %s answer", (verdict, text, expected) => expect(answerText({ verdict, text })).toBe(expected));

  it("says how far the clip was watched when that was not to its end", () => {
    expect(answerText({ verdict: "found", text: "At 0:04.", watchedUpToSeconds: 72 })).toBe(
      "At 0:04. (I have watched up to 1:12 so far.)",
    );
  });
});
