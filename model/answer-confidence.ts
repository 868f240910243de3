/** What the token probabilities say about an answer: its verdict, how sure it is, and of which spans. */

import type { BundleManifest } from "../core/bundle.ts";
import type { MomentSpan, Span } from "../core/clip.ts";
import type { Verdict } from "../core/conversation.ts";
import type { AnswerPart } from "./answer-text.ts";
import type { GeneratedToken } from "./decoding/generate-answer.ts";

type Answering = BundleManifest["answering"];

export interface AnswerJudgement {
  readonly verdict: Verdict;
  /** 0..1, calibrated on held-out clips. */
  readonly confidence: number;
  /** In order of start; none when the verdict is `absent`. */
  readonly spans: readonly MomentSpan[];
}

/**
 * The raw confidence, before calibration, is
 *   absent:            P(<absent>)
 *   found, with times: P(<found>) * geometric mean over the times' tokens (right to one offset step)
 *   found, words only: P(<found>) * geometric mean over the words' tokens
 *
 * Words around a time are not counted: they have many good phrasings, the time has one.
 *
 * @param tokens  the whole answer, verdict first
 * @param parts   the same, read by answer-text.ts
 */
export function judgeAnswer(
  tokens: readonly GeneratedToken[],
  parts: readonly AnswerPart[],
  isAbsent: boolean,
  answering: Answering,
): AnswerJudgement {
  const verdictProbability = tokens[0]?.probability ?? 0;
  if (isAbsent) return { verdict: "absent", confidence: calibrate(verdictProbability, answering), spans: [] };

  const times = parts.filter((part) => part.type === "time");
  const evidence =
    times.length > 0 ? times.map((part) => part.probability) : tokens.slice(1).map((token) => token.probability);
  const confidence = calibrate(verdictProbability * geometricMean(evidence), answering);
  return {
    verdict: confidence < answering.unsureThreshold ? "unsure" : "found",
    confidence,
    spans: mergedSpans(parts, (probability) => calibrate(verdictProbability * probability, answering)),
  };
}

/** Platt scaling: 1 / (1 + exp(-(scale * logit(raw) + bias))). */
export function calibrate(raw: number, { calibration: { scale, bias } }: Answering): number {
  const inside = Math.min(Math.max(raw, 1e-6), 1 - 1e-6); // logit is infinite at 0 and 1
  return 1 / (1 + Math.exp(-(scale * Math.log(inside / (1 - inside)) + bias)));
}

/** Words that may stand between two spans of one thing: "from 0:04 to 0:08 and again from 0:08 to 0:09". */
const SAME_THING = /^(?:\s|,|and|again|from|at)*$/;

/** Spans of one thing that touch or overlap are one moment; spans of different things stay apart. */
function mergedSpans(parts: readonly AnswerPart[], confidenceOf: (probability: number) => number): MomentSpan[] {
  const spans: MomentSpan[] = [];
  let sameThing = false;
  for (const part of parts) {
    if (part.type === "words") {
      sameThing = SAME_THING.test(part.text);
      continue;
    }
    const { startSeconds, endSeconds } = part.span;
    if (endSeconds <= startSeconds) continue;
    const confidence = confidenceOf(part.probability);
    const last = spans.at(-1);
    if (sameThing && last !== undefined && startSeconds <= last.endSeconds && endSeconds >= last.startSeconds) {
      // Strongest is the part that the model is surest of.
      const evidenceSeconds = confidence > last.confidence ? middle(part.span) : last.evidenceSeconds;
      spans[spans.length - 1] = {
        startSeconds: Math.min(last.startSeconds, startSeconds),
        endSeconds: Math.max(last.endSeconds, endSeconds),
        confidence: Math.max(last.confidence, confidence),
        ...(evidenceSeconds !== undefined && { evidenceSeconds }),
      };
    } else {
      spans.push({ startSeconds, endSeconds, confidence, evidenceSeconds: middle(part.span) });
    }
    sameThing = true;
  }
  return spans.sort((a, b) => a.startSeconds - b.startSeconds || a.endSeconds - b.endSeconds);
}

const middle = ({ startSeconds, endSeconds }: Span): number => (startSeconds + endSeconds) / 2;

const geometricMean = (values: readonly number[]): number =>
  values.length === 0 ? 1 : Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
