import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../model/decoding/choose-token.ts";
import { roundToFloat16 } from "../../../model/float16.ts";

const round = (value: number) => roundToFloat16(Float32Array.of(value))[0] as number;

/** Every finite, not negative float16, straight from its definition: an oracle that shares nothing with the code. */
const everyFloat16 = Array.from({ length: 31 * 1024 }, (_, bits) => {
  const [exponent, fraction] = [bits >>> 10, bits & 1023];
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
});

describe("roundToFloat16", () => {
  it("leaves every float16 value as it is", () => {
    const values = Float32Array.from(everyFloat16);
    expect(roundToFloat16(values)).toEqual(values);
    expect(roundToFloat16(values.map((value) => -value))).toEqual(values.map((value) => -value));
  });

  it("goes to the nearest, and to the even one of two that are equally near", () => {
    const random = seededRandom(5);
    for (let trial = 0; trial < 5000; trial += 1) {
      const index = Math.floor(random() * (everyFloat16.length - 1));
      const [low, high] = [everyFloat16[index] as number, everyFloat16[index + 1] as number];
      expect(round((low + high) / 2)).toBe(index % 2 === 0 ? low : high);
      expect(round(low + (high - low) * 0.4375)).toBe(low);
      expect(round(low + (high - low) * 0.5625)).toBe(high);
    }
  });

  it("turns what is too large into the largest finite value", () => {
    expect(round(1e9)).toBe(65_504);
    expect(round(-65_520)).toBe(-65_504);
    expect(round(Number.POSITIVE_INFINITY)).toBe(65_504);
  });

  it("does not touch its input", () => {
    const values = Float32Array.of(0.1);
    roundToFloat16(values);
    expect(values[0]).toBe(Math.fround(0.1));
  });
});
