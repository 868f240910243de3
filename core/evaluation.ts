/**
 * How right answers are: grounding (temporal IoU), "not in this clip", and what guessing would have scored.
 * Pure: `damo eval` brings the answers (bots/cli/eval.ts).
 */
import { z } from "zod";
import type { Span } from "./clip.ts";
import type { Verdict } from "./conversation.ts";

const spanPair = z.tuple([z.number().nonnegative(), z.number().positive()]);

/** One line of a suite: a clip, and a dialogue about it whose right answers are known. */
export const suiteClipSchema = z.object({
  /** Relative to the suite's file. */
  clip: z.string().min(1),
  durationSeconds: z.number().positive(),
  /** Everything that happens in it, for `damo models fit`: "dog", "dog bark sound". */
  events: z.array(z.object({ what: z.string().min(1), startSeconds: z.number(), endSeconds: z.number() })).optional(),
  turns: z
    .array(
      z.object({
        question: z.string().min(1),
        family: z.string().min(1),
        /** True when the right answer is "not in this clip". */
        absent: z.boolean(),
        /** `[start, end)` seconds that the answer should point at; empty when it need not. */
        spans: z.array(spanPair),
      }),
    )
    .min(1),
});
export type SuiteClip = z.infer<typeof suiteClipSchema>;

export interface EvaluatedTurn {
  readonly family: string;
  readonly durationSeconds: number;
  readonly wanted: { readonly absent: boolean; readonly spans: readonly Span[] };
  readonly given: { readonly verdict: Verdict; readonly spans: readonly Span[]; readonly confidence: number };
}

export interface GroundingScore {
  readonly questions: number;
  readonly meanIou: number;
  /** Share of questions with an IoU of at least .3, .5, .7. */
  readonly recallAt: { readonly "0.3": number; readonly "0.5": number; readonly "0.7": number };
  /** The same of a guess: a span of a length drawn from the suite's own, placed anywhere. */
  readonly chance: { readonly meanIou: number; readonly "0.5": number };
}

export interface EvaluationReport {
  readonly questions: number;
  readonly grounding: GroundingScore;
  readonly groundingByFamily: Readonly<Record<string, GroundingScore>>;
  /** "Not in this clip" as a yes/no decision over every question. Precision is 1 when it was never said. */
  readonly absent: { readonly precision: number; readonly recall: number; readonly questions: number };
  /** Mean distance of confidence from the share that was right (IoU >= .5 or rightly absent), ten bins. */
  readonly expectedCalibrationError: number;
}

const GUESSES = 200;

/** @param random  0 <= random() < 1; seeded, so that a report can be made again */
export function evaluate(turns: readonly EvaluatedTurn[], random: () => number): EvaluationReport {
  const grounded = turns.filter(({ wanted }) => !wanted.absent && wanted.spans.length > 0);
  const lengths = grounded.flatMap(({ wanted }) => wanted.spans.map(lengthOf));
  const scores = grounded.map((turn) => ({
    family: turn.family,
    iou: temporalIou(turn.wanted.spans, turn.given.spans),
    guesses: Array.from({ length: GUESSES }, () =>
      temporalIou(turn.wanted.spans, [guessSpan(turn.durationSeconds, lengths, random)]),
    ),
  }));
  const families = [...new Set(scores.map(({ family }) => family))].sort();
  const saidAbsent = turns.filter(({ given }) => given.verdict === "absent");
  const isAbsent = turns.filter(({ wanted }) => wanted.absent);
  const rightlyAbsent = saidAbsent.filter(({ wanted }) => wanted.absent).length;
  return {
    questions: turns.length,
    grounding: groundingScore(scores),
    groundingByFamily: Object.fromEntries(
      families.map((family) => [family, groundingScore(scores.filter((score) => score.family === family))]),
    ),
    absent: {
      precision: saidAbsent.length === 0 ? 1 : rightlyAbsent / saidAbsent.length,
      recall: isAbsent.length === 0 ? 1 : rightlyAbsent / isAbsent.length,
      questions: isAbsent.length,
    },
    expectedCalibrationError: calibrationError(turns.map((turn) => [turn.given.confidence, isRight(turn)])),
  };
}

/** Right: rightly absent, or pointing where it should (IoU >= .5); a question without times only needs "it is there". */
export function isRight({ wanted, given }: EvaluatedTurn): boolean {
  if (wanted.absent) return given.verdict === "absent";
  if (given.verdict === "absent") return false;
  return wanted.spans.length === 0 || temporalIou(wanted.spans, given.spans) >= 0.5;
}

/** Seconds in both over seconds in either, of two sets of half-open spans. */
export function temporalIou(one: readonly Span[], other: readonly Span[]): number {
  const edges = [...one, ...other].flatMap(({ startSeconds, endSeconds }) => [startSeconds, endSeconds]);
  const cuts = [...new Set(edges)].sort((a, b) => a - b);
  let both = 0;
  let either = 0;
  for (let index = 1; index < cuts.length; index++) {
    const start = cuts[index - 1] as number;
    const seconds = (cuts[index] as number) - start;
    const inOne = one.some((span) => covers(span, start));
    const inOther = other.some((span) => covers(span, start));
    if (inOne && inOther) both += seconds;
    if (inOne || inOther) either += seconds;
  }
  return either === 0 ? 0 : both / either;
}

const covers = ({ startSeconds, endSeconds }: Span, at: number) => startSeconds <= at && at < endSeconds;
const lengthOf = ({ startSeconds, endSeconds }: Span) => endSeconds - startSeconds;
const mean = (values: readonly number[]) =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
const share = (values: readonly number[], atLeast: number) => mean(values.map((value) => Number(value >= atLeast)));

function guessSpan(durationSeconds: number, lengths: readonly number[], random: () => number): Span {
  const drawn = lengths[Math.floor(random() * lengths.length)] ?? durationSeconds;
  const length = Math.min(drawn, durationSeconds);
  const startSeconds = random() * (durationSeconds - length);
  return { startSeconds, endSeconds: startSeconds + length };
}

function groundingScore(
  scores: readonly { readonly iou: number; readonly guesses: readonly number[] }[],
): GroundingScore {
  const ious = scores.map(({ iou }) => iou);
  const guesses = scores.flatMap((score) => score.guesses);
  return {
    questions: scores.length,
    meanIou: mean(ious),
    recallAt: { "0.3": share(ious, 0.3), "0.5": share(ious, 0.5), "0.7": share(ious, 0.7) },
    chance: { meanIou: mean(guesses), "0.5": share(guesses, 0.5) },
  };
}

function calibrationError(judged: readonly (readonly [confidence: number, right: boolean])[]): number {
  const bins = 10;
  let error = 0;
  for (let bin = 0; bin < bins; bin++) {
    const inside = judged.filter(([confidence]) => Math.min(bins - 1, Math.floor(confidence * bins)) === bin);
    const gap = mean(inside.map(([confidence]) => confidence)) - mean(inside.map(([, right]) => Number(right)));
    error += Math.abs(gap) * inside.length;
  }
  return judged.length === 0 ? 0 : error / judged.length;
}

/** A small seeded generator (mulberry32), good enough to place guesses. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
