import { describe, expect, it } from "vitest";
import { allowedProbabilities, chooseToken, seededRandom } from "../../../../model/decoding/choose-token.ts";

const all = () => true;

describe("allowedProbabilities", () => {
  it("is the softmax of the logits when everything is allowed", () => {
    const probabilities = allowedProbabilities(Float32Array.of(0, Math.log(2), Math.log(5)), all);
    expect([...probabilities].map((p) => p.toFixed(4))).toEqual(["0.1250", "0.2500", "0.6250"]);
  });

  it("shares out the probability of forbidden tokens", () => {
    const probabilities = allowedProbabilities(Float32Array.of(0, 0, 100), (token) => token !== 2);
    expect([...probabilities]).toEqual([0.5, 0.5, 0]);
  });

  it("stays finite with extreme logits", () => {
    expect([...allowedProbabilities(Float32Array.of(-1e30, 3e4, 1e30), all)]).toEqual([0, 0, 1]);
  });
});

describe("chooseToken", () => {
  const probabilities = Float32Array.of(0.1, 0.6, 0.3, 0);

  it("takes the most likely token at temperature 0, whatever the dice say", () => {
    expect(chooseToken(probabilities, { temperature: 0, random: () => 0.99 })).toBe(1);
  });

  it("samples in proportion to the probabilities at temperature 1", () => {
    const random = seededRandom(3);
    const counts = [0, 0, 0, 0];
    for (let draw = 0; draw < 4000; draw += 1) {
      const token = chooseToken(probabilities, { temperature: 1, random });
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
      return Array.from({ length: 20 }, () => chooseToken(probabilities, { temperature: 2, random })).join("");
    };
    expect(draws(7)).toBe(draws(7));
    expect(draws(7)).not.toBe(draws(8));
  });
});
