/**
 * e^-x for the softmax over a vocabulary: 4,096 of them a token, of which `Math.exp` makes 0.1 ms, a twentieth of the
 * pass before it. Here x is split into steps of 1/64, whose powers stand in a table, and a rest that a polynomial takes.
 */

const STEPS = 64;
/** e^-104 is less than half of the smallest float32, 2^-149. */
const FARTHEST = 104;
const POWERS = Float64Array.from({ length: FARTHEST * STEPS + 1 }, (_, step) => Math.exp(-step / STEPS));

/**
 * @param x  0 or more
 * @returns  e^-x, right to 3 units of the last of 53 bits, so the same float32 as `Math.exp` gives but for one in some
 *   ten million; 0 from 104 on
 */
export function expMinus(x: number): number {
  // The other way round, NaN would get through.
  if (!(x < FARTHEST)) return x >= FARTHEST ? 0 : Number.NaN;
  const step = (x * STEPS) | 0;
  const rest = step / STEPS - x; // (-1/64, 0], exact
  // Taylor up to the 6th power: the 7th is below (1/64)^7 / 7! = 2^-54.
  const series =
    1 + rest * (1 + rest * (1 / 2 + rest * (1 / 6 + rest * (1 / 24 + rest * (1 / 120 + rest * (1 / 720))))));
  return (POWERS[step] as number) * series;
}
