import { describe, expect, it } from "vitest";
import { chooseToken, probabilityOf, seededRandom, weighTokens } from "../../../../model/decoding/choose-token.ts";

const probabilities = (...logits: number[]): number[] => {
  const weights = weighTokens(Float32Array.from(logits));
  return logits.map((_, token) => probabilityOf(weights, token));
};

describe("weighTokens", () => {
  it("is the softmax of the logits", () => {
    expect(probabilities(0, Math.log(2), Math.log(5)).map((p) => p.toFixed(4))).toEqual(["0.1250", "0.2500", "0.6250"]);
  });

  it("shares out the probability of forbidden tokens", () => {
    expect(probabilities(0, 0, Number.NEGATIVE_INFINITY)).toEqual([0.5, 0.5, 0]);
  });

  it("stays finite with extreme logits", () => {
    expect(probabilities(-1e30, 3e4, 1e30)).toEqual([0, 0, 1]);
  });

  it("knows the most likely token, the first of equals", () => {
    expect(weighTokens(Float32Array.of(-3, 2, -1, 2)).best).toBe(1);
  });

  it("gives nothing to what is no token", () => {
    const weights = weighTokens(Float32Array.of(0, 1));
    expect([probabilityOf(weights, -1), probabilityOf(weights, 2)]).toEqual([0, 0]);
  });
});

describe("chooseToken", () => {
  const weights = weighTokens(Float32Array.of(Math.log(0.1), Math.log(0.6), Math.log(0.3), Number.NEGATIVE_INFINITY));

  it("takes the most likely token at temperature 0, whatever the dice say", () => {
    expect(chooseToken(weights, { temperature: 0, random: () => 0.99 })).toBe(1);
  });

  it("samples in proportion to the probabilities at temperature 1", () => {
    const random = seededRandom(3);
    const counts = [0, 0, 0, 0];
    for (let draw = 0; draw < 4000; draw += 1) {
      const token = chooseToken(weights, { temperature: 1, random });
      counts[token] = (counts[token] as number) + 1;
    }
    // Three standard deviations of 4,000 draws are below 100.
    expect(Math.abs((counts[0] as number) - 400)).toBeLessThan(100);
    expect(Math.abs((counts[1] as number) - 2400)).toBeLessThan(100);
    expect(counts[3]).toBe(0);
  });

  it("repeats itself with the same seed and not with another", () => {
    const draws = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 20 }, () => chooseToken(weights, { temperature: 2, random })).join("");
    };
    expect(draws(7)).toBe(draws(7));
    expect(draws(7)).not.toBe(draws(8));
  });
});
