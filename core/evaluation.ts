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
  /** Relative to the suite's file, or to the folder of `--clips`. */
  clip: z.string().min(1),
  /** Clips that were shared before it in the same conversation. */
  with: z.array(z.string().min(1)).optional(),
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
        /** One of these stands in the text, whatever its case. */
        says: z.array(z.string()).optional(),
        /** None of these stands in the text. */
        notSaid: z.array(z.string()).optional(),
        /** The things that the text names, and no others that the bundle or the suite has a name for: F1 of at least .5. */
        names: z.array(z.string()).optional(),
        /** Every span reaches into this one. */
        within: spanPair.optional(),
        /** It is refused, with this code. */
        error: z.string().optional(),
        /** The clip that it is about, as the suite calls it. */
        about: z.string().optional(),
      }),
    )
    .min(1),
});
export type SuiteClip = z.infer<typeof suiteClipSchema>;

export interface EvaluatedTurn {
  readonly family: string;
  readonly durationSeconds: number;
  readonly wanted: WantedAnswer;
  readonly given: GivenAnswer;
}

export interface JudgedTurn {
  readonly turn: EvaluatedTurn;
  readonly right: boolean;
}

export interface WantedAnswer {
  readonly absent: boolean;
  readonly spans: readonly Span[];
  readonly says?: readonly string[] | undefined;
  readonly notSaid?: readonly string[] | undefined;
  readonly names?: readonly string[] | undefined;
  readonly within?: Span | undefined;
  readonly error?: string | undefined;
  readonly about?: string | undefined;
}

export interface GivenAnswer {
  readonly verdict: Verdict;
  readonly spans: readonly Span[];
  readonly confidence: number;
  readonly text: string;
  /** The clip that it was about, as the suite calls it. */
  readonly about: string;
  /** Set when the question was refused; then the rest says nothing. */
  readonly error?: string | undefined;
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
  /** Of those, questions that can only be understood from the turn before: "and the bell?", "how often?". */
  readonly followUps: { readonly questions: number; readonly right: number };
  /** By family: how many questions, and how many were answered right in every way that the suite asks for. */
  readonly right: Readonly<Record<string, { readonly questions: number; readonly right: number }>>;
  readonly grounding: GroundingScore;
  readonly groundingByFamily: Readonly<Record<string, GroundingScore>>;
  /** "Not in this clip" as a yes/no decision over every question. Precision is 1 when it was never said. */
  readonly absent: { readonly precision: number; readonly recall: number; readonly questions: number };
  /** Mean distance of confidence from the share that was right (IoU >= .5 or rightly absent), ten bins. */
  readonly expectedCalibrationError: number;
}

const GUESSES = 200;

/** By family, as docs/conversation.md and training/damo_train/language/questions.py name them. */
const leansOnEarlierTurns = (family: string): boolean => /^(follow|second_time$|other_clip$)/.test(family);

/**
 * @param judged  questions, each with what `isRight` says of its answer
 * @param random  0 <= random() < 1; seeded, so that a report can be made again
 */
export function evaluate(judged: readonly JudgedTurn[], random: () => number): EvaluationReport {
  const turns = judged.map(({ turn }) => turn);
  const answered = judged.filter(({ turn }) => turn.given.error === undefined);
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
  // Refusals, and questions whose words alone count, say nothing about what is in a clip.
  const decided = turns.filter(
    ({ wanted, given }) => given.error === undefined && (wanted.absent || wanted.spans.length > 0),
  );
  const saidAbsent = decided.filter(({ given }) => given.verdict === "absent");
  const isAbsent = decided.filter(({ wanted }) => wanted.absent);
  const rightlyAbsent = saidAbsent.filter(({ wanted }) => wanted.absent).length;
  const leaning = judged.filter(({ turn }) => leansOnEarlierTurns(turn.family));
  return {
    questions: turns.length,
    followUps: { questions: leaning.length, right: leaning.filter(({ right }) => right).length },
    right: Object.fromEntries(
      [...new Set(turns.map(({ family }) => family))].sort().map((family) => {
        const own = judged.filter(({ turn }) => turn.family === family);
        return [family, { questions: own.length, right: own.filter(({ right }) => right).length }];
      }),
    ),
    grounding: groundingScore(scores),
    groundingByFamily: Object.fromEntries(
      families.map((family) => [family, groundingScore(scores.filter((score) => score.family === family))]),
    ),
    absent: {
      precision: saidAbsent.length === 0 ? 1 : rightlyAbsent / saidAbsent.length,
      recall: isAbsent.length === 0 ? 1 : rightlyAbsent / isAbsent.length,
      questions: isAbsent.length,
    },
    expectedCalibrationError: calibrationError(answered.map(({ turn, right }) => [turn.given.confidence, right])),
  };
}

/**
 * Right: rightly refused or rightly absent; else pointing where it should (IoU >= .5), saying what it should, about the
 * clip that was meant. A question without times only needs "it is there".
 *
 * @param names  all names that an answer could give: to name one too many counts against it
 */
export function isRight({ wanted, given }: EvaluatedTurn, names: readonly string[] = []): boolean {
  if (wanted.error !== undefined || given.error !== undefined) return wanted.error === given.error;
  const text = given.text.toLowerCase();
  if (wanted.about !== undefined && wanted.about !== given.about) return false;
  if (wanted.notSaid?.some((words) => text.includes(words.toLowerCase()))) return false;
  if (wanted.absent) return given.verdict === "absent";
  if (wanted.says && !wanted.says.some((words) => text.includes(words.toLowerCase()))) return false;
  if (wanted.names && nameScore(text, wanted.names, names) < 0.5) return false;
  const { within } = wanted;
  if (
    within &&
    given.spans.some((span) => span.startSeconds >= within.endSeconds || span.endSeconds <= within.startSeconds)
  )
    return false;
  if (wanted.spans.length > 0) return given.verdict !== "absent" && temporalIou(wanted.spans, given.spans) >= 0.5;
  // What is judged by its words alone may well point nowhere.
  return (
    wanted.says !== undefined ||
    wanted.notSaid !== undefined ||
    wanted.about !== undefined ||
    given.verdict !== "absent"
  );
}

/** F1 of the names that stand in a text; of "bell" and "bell pepper" the longer one counts. */
function nameScore(text: string, wanted: readonly string[], names: readonly string[]): number {
  let rest = text;
  const said = [...names]
    .sort((a, b) => b.length - a.length)
    .filter((name) => {
      const pattern = new RegExp(`(?<![a-z])${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![a-z])`, "g");
      const found = pattern.test(rest);
      rest = rest.replace(pattern, " ");
      return found;
    });
  const right = said.filter((name) => wanted.includes(name)).length;
  return right === 0 ? 0 : (2 * right) / (said.length + wanted.length);
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
