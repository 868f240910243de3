/**
 * Rounds float32 values to the precision of float16, which is what memory keeps. The pipeline rounds the FUSION queries
 * before it passes them on, so that a clip resumed from memory sees the very same state as one watched in one go.
 */

/** float16 has 10 fraction bits; float32 has 13 more. */
const DROPPED_BITS = 13;
/** Exponent of the smallest normal float16, 2 ** -14; below it the step stays 2 ** -24. */
const SMALLEST_NORMAL = 2 ** -14;
const SUBNORMAL_STEP = 2 ** -24;
/** (2 - 2 ** -10) * 2 ** 15 */
const LARGEST = 65_504;

/**
 * Nearest float16, ties to even; what is too large becomes the largest finite value, since one overflow must not turn
 * a whole memory into NaN.
 *
 * @returns a new array of the same length
 */
export function roundToFloat16(values: Float32Array): Float32Array {
  const rounded = values.slice();
  const bits = new Uint32Array(rounded.buffer);
  for (let index = 0; index < rounded.length; index += 1) {
    const value = rounded[index] as number;
    if (Math.abs(value) < SMALLEST_NORMAL) {
      rounded[index] = roundHalfEven(value / SUBNORMAL_STEP) * SUBNORMAL_STEP;
      continue;
    }
    const word = bits[index] as number;
    const isOdd = (word >>> DROPPED_BITS) & 1;
    bits[index] = ((word + ((1 << (DROPPED_BITS - 1)) - 1) + isOdd) >>> DROPPED_BITS) << DROPPED_BITS;
    if (Math.abs(rounded[index] as number) > LARGEST) rounded[index] = Math.sign(value) * LARGEST;
  }
  return rounded;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
