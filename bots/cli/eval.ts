/** `damo eval SUITE`: every clip of a suite through the product's own path, scored beside chance (core/evaluation.ts). */
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  askThread,
  asTenantId,
  clipIdOfFile,
  DomainError,
  type EvaluatedTurn,
  type EvaluationReport,
  evaluate,
  type GroundingScore,
  type SuiteClip,
  seededRandom,
  suiteClipSchema,
  watchClip,
} from "../../core/index.ts";
import type { CommandContext } from "./context.ts";

/** Evaluations keep out of people's memories, and clean up behind them. */
const EVALUATION_TENANT = asTenantId("damo-eval");

export async function evalSuite(context: CommandContext, suite: string): Promise<void> {
  const { terminal, signal, now } = context;
  const file = (await stat(suite).catch(() => undefined))?.isDirectory() ? join(suite, "suite.jsonl") : suite;
  const clips = await readSuite(file);
  const services = await context.services();
  const { memories, threads, lines } = await services.stores();
  const model = await services.model();
  const turns: EvaluatedTurn[] = [];
  const tenantId = EVALUATION_TENANT;
  for (const [index, { clip, durationSeconds, turns: asked }] of clips.entries()) {
    const path = join(dirname(file), clip);
    const clipId = await clipIdOfFile(path, { maxBytes: services.config.decode.maxClipBytes, signal });
    const threadId = `eval-${clipId}`;
    try {
      for await (const _ of watchClip(
        { model, memories, lines, now },
        { tenantId, clipId, title: clip, path, signal },
      )) {
        // Progress is of no interest here.
      }
      for (const { question, family, absent, spans } of asked) {
        const request = { tenantId, threadId, clipId, question, signal };
        for await (const event of askThread({ model, memories, threads, lines, now }, request)) {
          if (event.type !== "answered") continue;
          const { answer } = event;
          const wanted = { absent, spans: spans.map(([startSeconds, endSeconds]) => ({ startSeconds, endSeconds })) };
          turns.push({ family, durationSeconds, wanted, given: answer });
          terminal.line({
            type: "evaluated",
            clip,
            family,
            question,
            wanted,
            text: answer.text,
            spans: answer.spans,
            verdict: answer.verdict,
            confidence: answer.confidence,
          });
        }
      }
    } finally {
      await Promise.all([memories.delete(tenantId, clipId), lines.delete(tenantId, clipId)]);
      await threads.delete(tenantId, threadId);
    }
    terminal.note(`${index + 1} of ${clips.length}: ${clip}`);
  }
  const report = evaluate(turns, seededRandom(1));
  terminal.result(reportTable(report));
  terminal.line({ type: "evaluation", suite: file, bundle: model.bundle, ...report });
}

async function readSuite(file: string): Promise<SuiteClip[]> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new DomainError("usage", `no suite at ${file}`, {
      cause,
      details: { problem: `there is no suite at ${file}` },
    });
  });
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, index) => {
      try {
        return suiteClipSchema.parse(JSON.parse(line));
      } catch (cause) {
        throw new DomainError("usage", `line ${index + 1} of ${file} is not a suite clip`, {
          cause,
          details: { problem: `line ${index + 1} of ${file} is not a suite clip` },
        });
      }
    });
}

function reportTable({
  questions,
  grounding,
  groundingByFamily,
  absent,
  expectedCalibrationError,
}: EvaluationReport): string {
  const percent = (value: number) => `${Math.round(100 * value)} %`.padStart(6);
  const row = (name: string, score: GroundingScore) =>
    [
      name.padEnd(18),
      String(score.questions).padStart(9),
      score.meanIou.toFixed(2).padStart(6),
      ...Object.values(score.recallAt).map(percent),
      score.chance.meanIou.toFixed(2).padStart(8),
      percent(score.chance["0.5"]),
    ].join("  ");
  return [
    `${"".padEnd(18)}  questions    mIoU  R@.3    R@.5    R@.7    chance: mIoU  R@.5`,
    row("grounding", grounding),
    ...Object.entries(groundingByFamily).map(([family, score]) => row(`  ${family}`, score)),
    `not in this clip: precision ${percent(absent.precision).trim()}, recall ${percent(absent.recall).trim()} (${absent.questions} of ${questions} questions)`,
    `expected calibration error ${expectedCalibrationError.toFixed(2)}`,
    "",
  ].join("\n");
}
