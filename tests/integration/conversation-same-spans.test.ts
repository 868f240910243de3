/** The shipped bundle, asked the same dialogue twice at temperature 0: the same words, the same spans. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DamoRun, runDamo } from "../support/run-damo.ts";

const clip = fileURLToPath(new URL("../../docs/demo/meadow.mp4", import.meta.url));
const dialogue = [
  "When does the butterfly appear?",
  "And the dog bark?",
  "How long is that?",
  "What happens after that?",
  "What happens in the last ten seconds?",
  "Is the soccer ball before the butterfly?",
  "What happens in this clip?",
  "Give me the chapters",
];

describe("a dialogue with the shipped bundle", () => {
  let home: string;
  let runs: DamoRun[];

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "damo-same-"));
    runs = [];
    for (const thread of ["one", "other"]) {
      runs.push(await runDamo(["ask", clip, ...dialogue, "--thread", thread, "--json"], { DAMO_HOME: home }));
    }
  }, 240_000);
  afterAll(() => rm(home, { recursive: true, force: true }));

  const answersOf = (run: DamoRun | undefined) =>
    (run?.lines() ?? [])
      .filter((line) => line["type"] === "answer")
      .map(({ text, spans, verdict, confidence }) => ({ text, spans, verdict, confidence }));

  it("has an answer for every question, each inside the clip", () => {
    const answers = answersOf(runs[0]);
    expect(answers).toHaveLength(dialogue.length);
    for (const { text, spans } of answers as {
      text: string;
      spans: { startSeconds: number; endSeconds: number }[];
    }[]) {
      expect(text).not.toBe("");
      for (const { startSeconds, endSeconds } of spans) {
        expect(startSeconds).toBeGreaterThanOrEqual(0);
        expect(endSeconds).toBeLessThanOrEqual(24.1);
      }
    }
  });

  it("says the same the next time, in another thread and another process", () => {
    expect(answersOf(runs[1])).toEqual(answersOf(runs[0]));
  });
});
