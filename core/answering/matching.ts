/**
 * From the logits of the matching head to probabilities and spans. The numbers are in the bundle (`answering.matching`),
 * fitted on held-out clips by `damo models fit`; docs/decisions/2026-11-21-matching-says-when.md says why it is asked.
 */
import type { BundleManifest } from "../bundle.ts";
import type { MomentSpan, Span } from "../clip.ts";

export type Matching = NonNullable<BundleManifest["answering"]["matching"]>;

/** How well a thing matches a piece of the clip, half a second long. */
export interface Match extends Span {
  readonly logit: number;
}

/** 0..1: a thing that somebody asks about is in the clip. @param highest  its highest logit */
export const askedPresence = ({ asked }: Matching, highest: number): number =>
  logistic(asked.scale * highest + asked.bias);

/** 0..1: a thing that nobody asked about is in a window. Most things are not. @param highest  its highest logit there */
export const listedPresence = ({ listed }: Matching, highest: number): number =>
  logistic(listed.scale * highest + listed.bias);

/** 0..1: the thing is there, and this span says when. @param presence  of the thing @param highest  logit inside the span */
export const spanConfidence = ({ spans }: Matching, presence: number, highest: number): number =>
  presence * logistic(spans.scale * highest + spans.bias);

/**
 * Where a thing is: runs of pieces whose chance is at least `share` of the highest chance of all of them, and somewhere at
 * least `peakShare` of it.
 *
 * @param matches  in order of time
 * @returns        in order of time; `logit` is the run's highest, `evidenceSeconds` the middle of that piece
 */
export function runsAbove(
  matches: readonly Match[],
  { share, peakShare }: Pick<Matching, "share" | "peakShare">,
): (Match & { readonly evidenceSeconds: number })[] {
  const highest = logistic(Math.max(...matches.map((match) => match.logit)));
  const least = share * highest;
  const runs: { startSeconds: number; endSeconds: number; logit: number; evidenceSeconds: number }[] = [];
  for (const { startSeconds, endSeconds, logit: value } of matches) {
    if (logistic(value) < least) continue;
    const evidenceSeconds = (startSeconds + endSeconds) / 2;
    const last = runs.at(-1);
    if (last === undefined || startSeconds > last.endSeconds + TOUCHING_SECONDS) {
      runs.push({ startSeconds, endSeconds, logit: value, evidenceSeconds });
      continue;
    }
    last.endSeconds = endSeconds;
    if (value > last.logit) Object.assign(last, { logit: value, evidenceSeconds });
  }
  return runs.filter((run) => logistic(run.logit) >= peakShare * highest);
}

/** Less than any piece: only rounding lies between two that follow each other. */
const TOUCHING_SECONDS = 1e-3;

/**
 * The pieces of one or more windows, none past the end.
 *
 * @param logits  [windows x Q], window after window
 */
export function matchesOf(
  windows: readonly Span[],
  logits: Float32Array,
  { pieces, windowSeconds, limitSeconds }: { pieces: number; windowSeconds: number; limitSeconds: number },
): Match[] {
  const seconds = windowSeconds / pieces;
  return windows.flatMap((window, place) => {
    const end = Math.min(window.endSeconds, limitSeconds);
    return Array.from({ length: pieces }, (_, piece) => {
      const startSeconds = window.startSeconds + piece * seconds;
      return {
        startSeconds,
        endSeconds: Math.min(startSeconds + seconds, end),
        logit: logits[place * pieces + piece] as number,
      };
    }).filter(({ startSeconds, endSeconds }) => startSeconds < endSeconds);
  });
}

/** Spans for an answer. */
export const asSpans = (
  matching: Matching,
  presence: number,
  runs: ReturnType<typeof runsAbove>,
): readonly MomentSpan[] =>
  runs.map(({ logit: highest, ...span }) => ({ ...span, confidence: spanConfidence(matching, presence, highest) }));

/** Platt scaling: a confidence as the share of answers that are right. */
export const platt = ({ scale, bias }: { readonly scale: number; readonly bias: number }, confidence: number): number =>
  logistic(scale * logit(confidence) + bias);

export const logistic = (value: number): number => 1 / (1 + Math.exp(-value));

export function logit(probability: number): number {
  const inside = Math.min(Math.max(probability, 1e-6), 1 - 1e-6); // infinite at 0 and 1
  return Math.log(inside / (1 - inside));
}

/** One observation: features, and whether it was so. */
export interface Observation {
  readonly features: readonly number[];
  readonly right: boolean;
}

/**
 * Logistic regression by Newton's method, with a small ridge so that separable data has an end.
 *
 * @returns a weight for each feature, then the bias
 */
export function fitLogistic(observations: readonly Observation[]): readonly number[] {
  const size = (observations[0]?.features.length ?? 0) + 1;
  let weights = new Array<number>(size).fill(0);
  for (let step = 0; step < 30; step += 1) {
    const gradient = weights.map((weight) => -RIDGE * weight);
    const curvature = weights.map((_, row) => weights.map((_, column) => (row === column ? RIDGE : 0)));
    for (const { features, right } of observations) {
      const inputs = [...features, 1];
      const expected = logistic(inputs.reduce((sum, input, index) => sum + input * (weights[index] as number), 0));
      for (const [row, input] of inputs.entries()) {
        gradient[row] = (gradient[row] as number) + (Number(right) - expected) * input;
        for (const [column, other] of inputs.entries()) {
          const line = curvature[row] as number[];
          line[column] = (line[column] as number) + expected * (1 - expected) * input * other;
        }
      }
    }
    const change = solve(curvature, gradient);
    weights = weights.map((weight, index) => weight + (change[index] as number));
    if (Math.max(...change.map(Math.abs)) < 1e-9) break;
  }
  return weights;
}

const RIDGE = 1e-3;

/** Gauss-Jordan with pivoting; a few unknowns. */
function solve(matrix: readonly (readonly number[])[], values: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, values[index] as number]);
  for (let column = 0; column < rows.length; column += 1) {
    const pivot = rows.reduce(
      (best, row, index) =>
        index >= column && Math.abs(row[column] as number) > Math.abs((rows[best] as number[])[column] as number)
          ? index
          : best,
      column,
    );
    [rows[column], rows[pivot]] = [rows[pivot] as number[], rows[column] as number[]];
    const lead = rows[column] as number[];
    const factor = lead[column] as number;
    rows[column] = lead.map((value) => value / factor);
    for (const [index, row] of rows.entries()) {
      if (index === column) continue;
      const times = row[column] as number;
      rows[index] = row.map((value, at) => value - times * ((rows[column] as number[])[at] as number));
    }
  }
  return rows.map((row) => row[row.length - 1] as number);
}
