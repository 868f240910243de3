/**
 * `damo bench ask CLIP`: how soon answers come from a clip that was watched before. Every question is asked twice in a
 * thread of its own, so that the first and the second turn can be told apart.
 */
import { randomUUID } from "node:crypto";
import { askThread, listMoments, suggestQuestions } from "../../core/index.ts";
import type { CommandContext } from "./context.ts";
import type { AskSummary } from "./json-lines.ts";
import { takeUpClip } from "./take-up-clip.ts";

export interface BenchAskOptions {
  /** How often every question is asked. */
  readonly rounds: number;
}

interface Measured {
  readonly turn: 1 | 2;
  readonly firstTextMs: number;
  readonly totalMs: number;
  /** Made by the language model, for all of its passes of this answer. */
  readonly tokens: number;
  readonly outsideShare: number;
}

/** Answers of at least this many tokens stand for "a 30-token answer". */
const LONG_ANSWER_TOKENS = 30;

export async function benchAsk(context: CommandContext, clipName: string, { rounds }: BenchAskOptions): Promise<void> {
  const { terminal, signal } = context;
  const services = await context.services();
  const { tenantId } = services;
  const { clip, memory } = await takeUpClip(context, services, clipName);
  const model = await services.model();
  const { memories, threads } = await services.stores();
  const { clipId } = clip;

  // Whatever is made once (sessions, bridged windows, lists) is made here, as the first question of a day would.
  const { moments } = await listMoments({ model, memories }, { tenantId, clipId, signal });
  const suggested = await suggestQuestions({ model }, { memory, signal });
  const labels = [...new Set(moments.map(({ label }) => label.replace(" (heard)", "")))];
  const [one = "dog", other = "bell"] = labels;
  const questions = [
    `when does the ${one} appear?`,
    `is there a ${other}?`,
    `is the ${one} before the ${other}?`,
    "what happens at 0:05?",
    "what happens in this clip?",
    ...suggested,
  ];

  const measured: Measured[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const question of questions) {
      const threadId = `bench-${randomUUID()}`;
      try {
        for (const turn of [1, 2] as const) {
          const before = await model.effort?.();
          const startedAtMs = performance.now();
          let firstTextMs: number | undefined;
          for await (const _ of askThread(
            { model, memories, threads },
            { tenantId, threadId, clipId, question, signal },
          )) {
            firstTextMs ??= performance.now() - startedAtMs;
          }
          const totalMs = performance.now() - startedAtMs;
          const after = await model.effort?.();
          const graphMs = after && before ? after.graphMs - before.graphMs : 0;
          const tokens = after && before ? after.tokens - before.tokens : 0;
          measured.push({
            turn,
            firstTextMs: firstTextMs ?? totalMs,
            totalMs,
            tokens,
            outsideShare: 1 - graphMs / totalMs,
          });
        }
      } finally {
        await threads.delete(tenantId, threadId);
      }
    }
  }

  const line = {
    type: "benchAsk" as const,
    clipId,
    durationSeconds: memory.info.durationSeconds,
    windows: memory.windows.length,
    questions: questions.length,
    rounds,
    firstTurn: summaryOf(measured.filter(({ turn }) => turn === 1)),
    secondTurn: summaryOf(measured.filter(({ turn }) => turn === 2)),
    longAnswers: summaryOf(measured.filter(({ tokens }) => tokens >= LONG_ANSWER_TOKENS)),
    bundle: model.bundle,
  };
  terminal.line(line);
  const row = (name: string, { answers, firstTextMs, totalMs, tokens, outsideShare }: AskSummary) =>
    [
      name.padEnd(30),
      String(answers).padStart(7),
      tokens.toFixed(0).padStart(7),
      pair(firstTextMs).padStart(14),
      pair(totalMs).padStart(14),
      `${(100 * outsideShare).toFixed(0)} %`.padStart(9),
    ].join("  ");
  const pair = ({ p50, p95 }: AskSummary["totalMs"]) => `${p50.toFixed(0)} / ${p95.toFixed(0)}`;
  terminal.result(
    [
      `${clip.title}: ${memory.info.durationSeconds.toFixed(1)} s, ${memory.windows.length} windows, ${model.bundle.name} ${model.bundle.version}`,
      `${"ms, p50 / p95".padEnd(30)}  answers   tokens      first text           whole    outside`,
      row("first turn of a thread", line.firstTurn),
      row("the same again", line.secondTurn),
      row(`answers of ${LONG_ANSWER_TOKENS} tokens or more`, line.longAnswers),
      "",
    ].join("\n"),
  );
}

function summaryOf(measured: readonly Measured[]): AskSummary {
  const usedModel = measured.filter(({ tokens }) => tokens > 0);
  const total = usedModel.reduce((sum, { totalMs }) => sum + totalMs, 0);
  const outside = usedModel.reduce((sum, { totalMs, outsideShare }) => sum + totalMs * outsideShare, 0);
  return {
    answers: measured.length,
    tokens: measured.reduce((sum, { tokens }) => sum + tokens, 0) / Math.max(1, measured.length),
    firstTextMs: quantiles(measured.map(({ firstTextMs }) => firstTextMs)),
    totalMs: quantiles(measured.map(({ totalMs }) => totalMs)),
    outsideShare: total === 0 ? 0 : outside / total,
  };
}

function quantiles(values: readonly number[]): AskSummary["totalMs"] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
}
