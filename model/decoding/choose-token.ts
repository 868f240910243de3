/** Picks the next token from the decoder's logits, among those that the grammar allows. */

export interface ChooseOptions {
  /** 0 = the most likely token; above, sampled from softmax(logits / temperature). */
  readonly temperature: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * softmax over the allowed tokens, 0 elsewhere.
 *
 * @param logits  [V] float32
 * @returns       [V] float32, sums to 1
 */
export function allowedProbabilities(logits: Float32Array, allows: (token: number) => boolean): Float32Array {
  const probabilities = new Float32Array(logits.length);
  let highest = Number.NEGATIVE_INFINITY;
  for (let token = 0; token < logits.length; token += 1) {
    if (!allows(token)) continue;
    probabilities[token] = 1;
    highest = Math.max(highest, logits[token] as number);
  }
  let total = 0;
  for (let token = 0; token < logits.length; token += 1) {
    if (probabilities[token] === 0) continue;
    probabilities[token] = Math.exp((logits[token] as number) - highest);
    total += probabilities[token] as number;
  }
  for (let token = 0; token < logits.length; token += 1)
    probabilities[token] = (probabilities[token] as number) / total;
  return probabilities;
}

/** @param probabilities  [V], as `allowedProbabilities` makes them */
export function chooseToken(probabilities: Float32Array, { temperature, random }: ChooseOptions): number {
  let best = 0;
  for (let token = 1; token < probabilities.length; token += 1) {
    if ((probabilities[token] as number) > (probabilities[best] as number)) best = token;
  }
  if (temperature === 0) return best;

  // p ** (1 / temperature) relative to the best: the same distribution as softmax(logits / temperature), no overflow.
  const highest = probabilities[best] as number;
  const weights = probabilities.map((probability) => (probability / highest) ** (1 / temperature));
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let token = 0; token < weights.length; token += 1) {
    left -= weights[token] as number;
    if (left < 0) return token;
  }
  return best;
}

/** mulberry32: 32 bits of state, the same sequence for the same seed on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
