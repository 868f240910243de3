/**
 * Compares two durations on a machine that has other work to do. Such work only ever adds time: the two sides are timed in
 * turn, and the quicker ones of each side count.
 */

export interface ComparedTimes {
  /** ms; the low quartile. */
  readonly usual: number;
  /** ms; the low quartile. */
  readonly other: number;
  /** `other` for each `usual`. */
  readonly ratio: number;
}

/** @returns the value that a share of `percent` of the values does not exceed (nearest rank) */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] as number;
}

const BLOCKS = 3;

/**
 * @param options.usual, options.other  do it once, and tell how long it took, ms; given the number of the round
 * @param options.rounds  of each side before the first look
 * @param options.bound  of the ratio: above it the measurement goes on, to three times as many rounds, and takes them all
 */
export async function compareTimes(options: {
  readonly usual: (round: number) => Promise<number>;
  readonly other: (round: number) => Promise<number>;
  readonly rounds: number;
  readonly bound: number;
}): Promise<ComparedTimes> {
  const [usual, other]: [number[], number[]] = [[], []];
  for (let block = 1; ; block++) {
    while (usual.length < block * options.rounds) {
      const round = usual.length;
      // Who comes first changes: the second finds warm what the first has warmed.
      const sides = [() => options.usual(round).then((ms) => usual.push(ms))];
      sides[round % 2 ? "unshift" : "push"](() => options.other(round).then((ms) => other.push(ms)));
      for (const side of sides) await side();
    }
    const [base, compared] = [percentile(usual, 25), percentile(other, 25)];
    const found = { usual: base, other: compared, ratio: compared / base };
    if (found.ratio <= options.bound || block === BLOCKS) return found;
    console.info(`a ratio of ${found.ratio.toFixed(2)} after ${usual.length} rounds: measured on`);
  }
}
