import { describe, expect, it } from "vitest";
import { FLOAT16_MAX, fromFloat16Bits, toFloat16Bits } from "../../../memory/float16.ts";
import { roundToFloat16 } from "../../../model/float16.ts";

/** Every finite, not negative float16 by its bits, straight from the definition: shares nothing with the code. */
const everyFloat16 = Array.from({ length: 31 * 1024 }, (_, bits) => {
  const [exponent, fraction] = [bits >>> 10, bits & 1023];
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
});

/** The nearest float16 by search, the even one of two that are equally near: slow, and obviously right. */
function nearestBits(value: number): number {
  const magnitude = Math.abs(value);
  let low = 0;
  for (let step = 1 << 14; step > 0; step >>= 1) {
    if (low + step < everyFloat16.length && (everyFloat16[low + step] as number) <= magnitude) low += step;
  }
  // One step beyond the largest stands for infinity, as IEEE 754 rounds.
  const next = everyFloat16[low + 1] ?? 65536;
  const [below, above] = [magnitude - (everyFloat16[low] as number), next - magnitude];
  const bits = below < above || (below === above && low % 2 === 0) ? low : low + 1;
  return (Object.is(value, -0) || value < 0 ? 0x8000 : 0) | bits;
}

const widen = (bits: number): number => {
  const into = new Float32Array(1);
  fromFloat16Bits(Uint16Array.of(bits), into);
  return into[0] as number;
};

describe("float16", () => {
  it("widens every float16 to the value that its bits mean", () => {
    expect(everyFloat16.map((_, bits) => widen(bits))).toEqual(everyFloat16);
    expect(everyFloat16.map((_, bits) => widen(bits | 0x8000))).toEqual(everyFloat16.map((value) => -value));
    expect([widen(0x7c00), widen(0xfc00), widen(0x7c01)]).toEqual([Infinity, -Infinity, Number.NaN]);
  });

  it("gives every float16 its own bits back", () => {
    const numbers = Array.from({ length: 1 << 16 }, (_, bits) => bits).filter((bits) => !Number.isNaN(widen(bits)));
    expect(numbers).toHaveLength(2 * (31 * 1024 + 1));
    expect(numbers.map((bits) => toFloat16Bits(widen(bits)))).toEqual(numbers);
    expect(toFloat16Bits(Number.NaN) & 0x7fff).toBeGreaterThan(0x7c00);
  });

  it("rounds to the nearest, ties to even, next to every float16 and at every tie", () => {
    const float = new Float32Array(1);
    const bits = new Uint32Array(float.buffer);
    for (let i = 0; i < everyFloat16.length; i++) {
      const [value, next] = [everyFloat16[i] as number, everyFloat16[i + 1] ?? 65536];
      for (const near of [value, (value + next) / 2]) {
        float[0] = near;
        const center = bits[0] as number;
        for (const neighbour of [center - 1, center, center + 1]) {
          if (neighbour < 0) continue;
          bits[0] = neighbour;
          const probe = float[0] as number;
          if (toFloat16Bits(probe) !== nearestBits(probe)) expect.fail(`${probe} became ${toFloat16Bits(probe)}`);
          if (toFloat16Bits(-probe) !== nearestBits(-probe)) expect.fail(`${-probe} became ${toFloat16Bits(-probe)}`);
        }
      }
    }
  });

  it("goes to infinity from half a step beyond the largest value on", () => {
    expect(toFloat16Bits(FLOAT16_MAX)).toBe(0x7bff);
    expect(toFloat16Bits(65519.99)).toBe(0x7bff);
    expect(toFloat16Bits(65520)).toBe(0x7c00);
    expect(toFloat16Bits(-1e30)).toBe(0xfc00);
  });

  it("keeps exactly what the model rounds, so that a resumed watch goes on from the very same state", () => {
    const values = Float32Array.from({ length: 10_000 }, (_, i) => Math.sin(i) * 10 ** ((i % 13) - 8));
    const rounded = roundToFloat16(values);
    expect(Float32Array.from(rounded, (value) => widen(toFloat16Bits(value)))).toEqual(rounded);
    expect(Float32Array.from(values, (value) => widen(toFloat16Bits(value)))).toEqual(rounded);
  });
});
