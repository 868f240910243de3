/**
 * `damo bench ask CLIP`: how soon answers come from a clip that was watched before. Every question is asked twice in a
 * thread of its own, so that the first and the second turn can be told apart: once as people ask it, and once put to the
 * language model itself, which a bundle with a fitted matching head needs seldom.
 */
import { randomUUID } from "node:crypto";
import { askThread, DomainError, listMoments, storedWindows, suggestQuestions, type Turn } from "../../core/index.ts";
import type { CommandContext } from "./context.ts";
import type { AskSummary } from "./json-lines.ts";
import { takeUpClip } from "./take-up-clip.ts";

export interface BenchAskOptions {
  /** How often every question is asked. */
  readonly rounds: number;
}

interface Measured {
  readonly way: "asked" | "spoken";
  readonly turn: 1 | 2;
  readonly firstTextMs: number;
  readonly totalMs: number;
  /** Made by the language model, for all of its passes of this answer. */
  readonly tokens: number;
  /** Not inside ONNX Runtime. */
  readonly outsideMs: number;
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

  const index = await memories.readIndex(memory.key);
  if (!index) throw new DomainError("memory.not_watched", "the memory was forgotten meanwhile");
  const windows = storedWindows(memories, index);
  const { durationSeconds } = memory.info;

  /** When the first text came, ms after the start; `undefined` when there was none. */
  async function ask(question: string, threadId: string): Promise<number | undefined> {
    const startedAtMs = performance.now();
    let firstTextMs: number | undefined;
    const request = { tenantId, threadId, clipId, question, signal };
    for await (const _ of askThread({ model, memories, threads }, request)) {
      firstTextMs ??= performance.now() - startedAtMs;
    }
    return firstTextMs;
  }

  /** The same of the language model; the thread's prefix stays in its cache. */
  async function speak(question: string, threadId: string, history: Turn[]): Promise<number | undefined> {
    const startedAtMs = performance.now();
    let firstTextMs: number | undefined;
    const request = { question, history: [...history], windows, durationSeconds, threadId, signal };
    for await (const event of model.answer(request)) {
      firstTextMs ??= performance.now() - startedAtMs;
      if (event.type !== "answer") continue;
      const { text, spans, verdict, confidence } = event;
      const answer = { text, spans, verdict, confidence, bundle: model.bundle };
      history.push({ question: { text: question }, answer, clipId, askedAtMs: Date.now() });
    }
    return firstTextMs;
  }

  const measured: Measured[] = [];
  async function measure(way: Measured["way"], turn: 1 | 2, work: () => Promise<number | undefined>): Promise<void> {
    const before = await model.effort?.();
    const startedAtMs = performance.now();
    const firstTextMs = await work();
    const totalMs = performance.now() - startedAtMs;
    const after = await model.effort?.();
    const graphMs = after && before ? after.graphMs - before.graphMs : 0;
    const tokens = after && before ? after.tokens - before.tokens : 0;
    const outsideMs = Math.max(0, totalMs - graphMs);
    measured.push({ way, turn, firstTextMs: firstTextMs ?? totalMs, totalMs, tokens, outsideMs });
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const question of questions) {
      const threadId = `bench-${randomUUID()}`;
      const history: Turn[] = [];
      try {
        for (const turn of [1, 2] as const) {
          await measure("asked", turn, () => ask(question, threadId));
          await measure("spoken", turn, () => speak(question, threadId, history));
        }
      } finally {
        await threads.delete(tenantId, threadId);
      }
    }
  }

  const those = (way: Measured["way"], turn: 1 | 2) =>
    summaryOf(measured.filter((one) => one.way === way && one.turn === turn));
  const line = {
    type: "benchAsk" as const,
    clipId,
    durationSeconds: memory.info.durationSeconds,
    windows: memory.windows.length,
    questions: questions.length,
    rounds,
    firstTurn: those("asked", 1),
    secondTurn: those("asked", 2),
    spokenFirstTurn: those("spoken", 1),
    spokenSecondTurn: those("spoken", 2),
    spokenLong: summaryOf(measured.filter(({ tokens }) => tokens >= LONG_ANSWER_TOKENS)),
    bundle: model.bundle,
  };
  terminal.line(line);
  const row = (name: string, { answers, firstTextMs, totalMs, tokens, outsideMs, outsideShare }: AskSummary) =>
    [
      name.padEnd(34),
      String(answers).padStart(7),
      tokens.toFixed(0).padStart(7),
      pair(firstTextMs).padStart(14),
      pair(totalMs).padStart(14),
      `${outsideMs.p50.toFixed(0)} (${(100 * outsideShare).toFixed(0)} %)`.padStart(11),
    ].join("  ");
  const pair = ({ p50, p95 }: AskSummary["totalMs"]) => `${p50.toFixed(0)} / ${p95.toFixed(0)}`;
  terminal.result(
    [
      `${clip.title}: ${memory.info.durationSeconds.toFixed(1)} s, ${memory.windows.length} windows, ${model.bundle.name} ${model.bundle.version}`,
      `${"ms, p50 / p95".padEnd(34)}  answers   tokens      first text           whole      outside`,
      row("first turn of a thread", line.firstTurn),
      row("the same again", line.secondTurn),
      row("language model, first turn", line.spokenFirstTurn),
      row("language model, the same again", line.spokenSecondTurn),
      row(`language model, ${LONG_ANSWER_TOKENS} tokens or more`, line.spokenLong),
      "",
    ].join("\n"),
  );
}

function summaryOf(measured: readonly Measured[]): AskSummary {
  const sum = (part: (one: Measured) => number): number => measured.reduce((total, one) => total + part(one), 0);
  const total = sum(({ totalMs }) => totalMs);
  return {
    answers: measured.length,
    tokens: sum(({ tokens }) => tokens) / Math.max(1, measured.length),
    firstTextMs: quantiles(measured.map(({ firstTextMs }) => firstTextMs)),
    totalMs: quantiles(measured.map(({ totalMs }) => totalMs)),
    outsideMs: quantiles(measured.map(({ outsideMs }) => outsideMs)),
    outsideShare: total === 0 ? 0 : sum(({ outsideMs }) => outsideMs) / total,
  };
}

function quantiles(values: readonly number[]): AskSummary["totalMs"] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
}
