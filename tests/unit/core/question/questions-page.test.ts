/** docs/questions.md is the list of what is understood; this reads both of its tables. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseQuestion } from "../../../../core/question/parse-question.ts";
import type { ParsedQuestion } from "../../../../core/question/question.ts";
import { findTimeExpression, resolveTime } from "../../../../core/question/time-expression.ts";
import { aVocabulary } from "../../../support/a-vocabulary.ts";

const page = readFileSync(fileURLToPath(new URL("../../../../docs/questions.md", import.meta.url)), "utf8");

const tableUnder = (heading: string): [string, string][] => {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  return [...section.matchAll(/^\| (.+?) \| (.+?) \|$/gm)]
    .map(([, left = "", right = ""]): [string, string] => [left, right])
    .slice(1);
};

const DURATION_SECONDS = 90;
/** What was asked before, for the rows that lean on it. */
const previous: ParsedQuestion = { kind: "when", thing: { name: "dog", sense: "seen", known: true } };

describe("the kinds of docs/questions.md", () => {
  const rows = tableUnder("Kinds");

  it("are a table with every kind but the last resort", () => {
    const kinds = new Set(rows.map(([, kind]) => kind.replaceAll("`", "")));
    const every = "when whether count length order gap neighbour at extreme list that clipLength sure help beyond";
    expect([...kinds].sort()).toEqual(every.split(" ").sort());
  });

  it.each(rows)("%s is %s", (question, kind) => {
    // "the second one" and "and at 0:50?" lean on a turn that named no thing.
    const context = kind === "`that`" || question.startsWith("and at") ? {} : { previous };
    expect(parseQuestion(question, { vocabulary: aVocabulary, ...context }).kind).toBe(kind.replaceAll("`", ""));
  });
});

describe("the times of docs/questions.md", () => {
  const rows = tableUnder("Times");

  it("are a table of at least fifty forms", () => expect(rows.length).toBeGreaterThanOrEqual(50));

  it.each(rows)("%s means %s", (words, meaning) => {
    for (const question of [
      words,
      `what happens ${words}?`,
      `${words.charAt(0).toUpperCase()}${words.slice(1)}, what is there?`,
    ]) {
      const found = findTimeExpression(question);
      // A bare length is a time only when it stands alone.
      if (found === undefined && question !== words && /^(42 s|1m10s)$/.test(words)) continue;
      const span = found && resolveTime(found.expression, DURATION_SECONDS);
      const read = !found ? "not read" : !span ? "past the end" : `${span.startSeconds} to ${span.endSeconds}`;
      expect([question, read]).toEqual([question, meaning]);
    }
  });
});
