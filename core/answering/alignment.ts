/**
 * From cosines to probabilities. The numbers are in the bundle (`answering.alignment`), fitted on held-out clips by
 * `damo models fit`; docs/decisions/2026-11-21-embeddings-say-whether.md says why embeddings are asked at all.
 */
import type { BundleManifest } from "../bundle.ts";

export type Alignment = NonNullable<BundleManifest["answering"]["alignment"]>;

/** 0..1: a thing that somebody asks about is in a clip whose most similar window has this cosine. */
export const askedPresence = ({ asked }: Alignment, similarity: number): number =>
  logistic(asked.scale * similarity + asked.bias);

/** 0..1: a thing that nobody asked about is in a window of this cosine. Most things are not. */
export const listedPresence = ({ listed }: Alignment, similarity: number): number =>
  logistic(listed.scale * similarity + listed.bias);

/** 0..1: spans are right, from how likely the thing is there and how sure the language model is of the times. */
export const spansConfidence = ({ spans }: Alignment, presence: number, timesConfidence: number): number =>
  logistic(spans.presence * logit(presence) + spans.times * logit(timesConfidence) + spans.bias);

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
