/** The main job with the bundle we ship, on the clip we ship: watched once, asked in a row, right where it says so. */
import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporalIou } from "../../core/evaluation.ts";
import { pictureOf } from "../support/picture-of.ts";
import { type DamoRun, runDamo } from "../support/run-damo.ts";

const demo = fileURLToPath(new URL("../../docs/demo/", import.meta.url));
const truth = JSON.parse(readFileSync(join(demo, "meadow.json"), "utf8")) as {
  events: { kind: "seen" | "heard"; thing: string; startSeconds: number; endSeconds: number }[];
};
const truthOf = (kind: string, thing: string) =>
  truth.events.filter((event) => event.kind === kind && event.thing === thing);

interface AnswerLine {
  readonly spans: { startSeconds: number; endSeconds: number; confidence: number; evidenceSeconds: number }[];
  readonly verdict: string;
  readonly evidence: { frames: (string | null)[] };
  readonly timing: { firstTokenMs: number };
}

describe("damo eval with the shipped bundle", () => {
  it("scores answers, follow-ups and retrieval over clips of the committed theatre", async () => {
    const folder = await mkdtemp(join(tmpdir(), "damo-eval-"));
    try {
      const theatre = fileURLToPath(new URL("../eval/theatre/", import.meta.url));
      const two = readFileSync(join(theatre, "suite.jsonl"), "utf8").split("\n").slice(0, 2).join("\n");
      await writeFile(join(folder, "two.jsonl"), two);
      const run = await runDamo(["eval", join(folder, "two.jsonl"), "--clips", theatre, "--json"], {
        DAMO_HOME: join(folder, "home"),
      });
      expect(run.stderr).toBe("");
      expect(run.exitCode).toBe(0);
      const lines = run.lines();
      const last = lines.at(-1) as unknown as {
        followUps: { questions: number };
        retrieval: { clips: number; byDescription: { questions: number; recallAt: Record<string, number> } };
      };
      expect(lines.filter(({ type }) => type === "evaluated")).toHaveLength(10);
      expect(last).toMatchObject({ type: "evaluation", dialogues: 2, questions: 10 });
      expect(last.followUps.questions).toBe(two.match(/"family": "follow/g)?.length ?? 0);
      expect(last.retrieval).toMatchObject({ clips: 2, byDescription: { questions: 2, recallAt: { "5": 1 } } });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("damo models fit", () => {
  it("refuses clips in which nothing happens, and leaves the bundle as it is", async () => {
    const folder = await mkdtemp(join(tmpdir(), "damo-fit-"));
    try {
      const bundle = join(folder, "bundle");
      await cp(fileURLToPath(new URL("../../model/bundles/damo-mini/", import.meta.url)), bundle, { recursive: true });
      await cp(join(demo, "meadow.mp4"), join(folder, "meadow.mp4"));
      const turns = [{ question: "is there a dog?", family: "absent", absent: true, spans: [] }];
      const clip = { clip: "meadow.mp4", durationSeconds: 24, events: [], turns };
      await writeFile(join(folder, "suite.jsonl"), `${JSON.stringify(clip)}\n`);
      const before = readFileSync(join(bundle, "damo.json"), "utf8");
      const run = await runDamo(["models", "fit", folder], { DAMO_HOME: join(folder, "home"), DAMO_BUNDLE: bundle });
      expect(run.exitCode).toBe(2);
      expect(run.stderr).toContain("nothing happens in the clips");
      expect(readFileSync(join(bundle, "damo.json"), "utf8")).toBe(before);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("damo with the shipped bundle, asked about docs/demo/meadow.mp4", () => {
  let folder: string;
  let clip: string;
  let run: DamoRun;
  let answers: AnswerLine[];
  const questions = ["When does the dog bark?", "How often is the dog bark heard?", "Is there a bus?"];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "damo-shipped-"));
    clip = join(folder, "meadow.mp4");
    await cp(join(demo, "meadow.mp4"), clip);
    run = await runDamo(["ask", clip, ...questions, "--frames", join(folder, "frames"), "--json"], {
      DAMO_HOME: join(folder, "home"),
    });
    answers = run.lines().filter((line) => line["type"] === "answer") as unknown as AnswerLine[];
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("answers every question", () => {
    expect(run.exitCode).toBe(0);
    expect(answers).toHaveLength(questions.length);
  });

  it("points at the dog's bark, and again when asked how often", () => {
    for (const answer of answers.slice(0, 2)) {
      expect(temporalIou(truthOf("heard", "dog bark"), answer.spans)).toBeGreaterThanOrEqual(0.5);
    }
  });

  it("shows a frame of the clip beside each span, taken inside it", async () => {
    for (const { spans, evidence } of answers) {
      for (const [index, { startSeconds, endSeconds, evidenceSeconds }] of spans.entries()) {
        expect(evidenceSeconds).toBeGreaterThanOrEqual(startSeconds);
        expect(evidenceSeconds).toBeLessThanOrEqual(endSeconds);
        const { width, height } = await pictureOf(readFileSync(evidence.frames[index] as string));
        expect({ width, height }).toEqual({ width: 320, height: 180 });
      }
    }
  });

  it("says that there is no bus", () => {
    expect(answers[2]).toMatchObject({ verdict: "absent", spans: [] });
  });

  it("starts the second answer at least 20 times sooner than the first, which had to watch", () => {
    const [first, second] = answers.map(({ timing }) => timing.firstTokenMs) as [number, number];
    expect(first / second).toBeGreaterThanOrEqual(20);
  });

  it("gives the same answers again, without the file", async () => {
    await rm(clip);
    const again = await runDamo(["ask", "meadow.mp4", ...questions, "--json"], { DAMO_HOME: join(folder, "home") });
    const spans = again.lines().map((line) => (line as unknown as AnswerLine).spans);
    expect(spans).toEqual(answers.map((answer) => answer.spans));
  });
});
