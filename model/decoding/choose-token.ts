/** Picks the next token from the decoder's logits, among those that the grammar allows. */
import { expMinus } from "./exponential.ts";

export interface ChooseOptions {
  /** 0 = the most likely token; above, sampled from softmax(logits / temperature). */
  readonly temperature: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** softmax before it is divided: a token's probability is its weight over the total. */
export interface TokenWeights {
  /** [V] float32, e^(logit - highest logit): 1 for the most likely token, 0 for one that may not come */
  readonly weights: Float32Array;
  readonly total: number;
  /** The most likely token; the first of equals. */
  readonly best: number;
}

/**
 * @param logits  [V] float32, -Infinity for a token that may not come; not all of them are
 * @param into    [V] float32, overwritten: an answer needs one, not one a token
 */
export function weighTokens(logits: Float32Array, into = new Float32Array(logits.length)): TokenWeights {
  let highest = Number.NEGATIVE_INFINITY;
  for (let token = 0; token < logits.length; token += 1) {
    if ((logits[token] as number) > highest) highest = logits[token] as number;
  }
  let total = 0;
  for (let token = 0; token < logits.length; token += 1) {
    const weight = Math.fround(expMinus(highest - (logits[token] as number)));
    into[token] = weight;
    total += weight;
  }
  return { weights: into, total, best: into.indexOf(1) };
}

/** 0 for what is no token. */
export const probabilityOf = ({ weights, total }: TokenWeights, token: number): number =>
  Math.fround((weights[token] ?? 0) / total);

export function chooseToken({ weights, best }: TokenWeights, { temperature, random }: ChooseOptions): number {
  if (temperature === 0) return best;

  // weight ** (1 / temperature): the same distribution as softmax(logits / temperature), no overflow.
  const tempered = weights.map((weight) => weight ** (1 / temperature));
  let left = random() * tempered.reduce((sum, weight) => sum + weight, 0);
  for (let token = 0; token < tempered.length; token += 1) {
    left -= tempered[token] as number;
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
