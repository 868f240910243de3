import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../model/decoding/choose-token.ts";
import { expMinus } from "../../../../model/decoding/exponential.ts";

describe("expMinus", () => {
  it("is e^-x to three units of the last bit, and the same float32", () => {
    const random = seededRandom(11);
    let worst = 0;
    let differing = 0;
    for (let draw = 0; draw < 500_000; draw += 1) {
      const x = Math.fround(104 * random() * random());
      const expected = Math.exp(-x);
      worst = Math.max(worst, Math.abs(expMinus(x) - expected) / expected);
      if (Math.fround(expMinus(x)) !== Math.fround(expected)) differing += 1;
    }
    expect(worst).toBeLessThan(4 * 2 ** -53);
    expect(differing).toBe(0);
  });

  it("is exact at 0, nothing far out, and no number for what is none", () => {
    expect(expMinus(0)).toBe(1);
    for (const x of [104, 1e30, Number.POSITIVE_INFINITY]) {
      expect(expMinus(x)).toBe(0);
      expect(Math.fround(Math.exp(-x))).toBe(0);
    }
    expect(expMinus(Number.NaN)).toBeNaN();
  });
});
