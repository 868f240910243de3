/**
 * The decoding loop: read the prompt (but for the prefix that the thread has read before), then one token a pass.
 * It runs in the answering thread, beside the decoder's session, so that no cache ever crosses a thread border.
 */
import { type AnswerGrammarTable, createAnswerGrammar } from "./answer-grammar.ts";
import { chooseToken, probabilityOf, seededRandom, type TokenWeights, weighTokens } from "./choose-token.ts";
import { KeyValueCache, type KeyValueCaches, type PositionKey } from "./key-value-cache.ts";

/** A run of prompt positions: tokens, or the bridged embeddings `[n, H]` of one window over a token each. */
export type PromptSegment =
  | { readonly tokens: readonly number[] }
  | {
      readonly embeddings: Float32Array;
      /** Stands under every row: the slot token of the window. */
      readonly token: number;
      /** Names the content: equal keys mean equal embeddings. */
      readonly key: string;
    };

/** Plain data: it crosses a thread border. */
export interface GenerateRequest {
  readonly prompt: readonly PromptSegment[];
  readonly grammar: AnswerGrammarTable;
  readonly maxTokens: number;
  /** P(`<absent>`) at or above this starts the answer with `<absent>`. */
  readonly absentThreshold: number;
  readonly temperature: number;
  readonly seed: number;
  /** Absent: nothing is kept. */
  readonly threadId?: string;
}

export interface GeneratedToken {
  readonly token: number;
  /** Of this token among those that the grammar allowed, at temperature 1. */
  readonly probability: number;
  /** The same, summed over this token id and its two neighbours: for an offset token, "right to one step". */
  readonly nearProbability: number;
}

export interface GenerateSummary {
  readonly promptPositions: number;
  /** Prompt positions whose keys and values the thread had already. */
  readonly reusedPositions: number;
}

export interface DecoderShape {
  /** H */
  readonly width: number;
  /** layers * 2 * heads * headDim */
  readonly positionFloats: number;
}

/** Room for an answer of the usual length; a cache grows when one is longer. */
const USUAL_TOKENS = 24;

/** One pass: `tokens`, `soft` and `softMask` of L positions after `past`; see docs/bundle.md, graph `decoder`. */
export type DecoderPass = (input: {
  readonly tokens: BigInt64Array;
  readonly soft: Float32Array;
  readonly softMask: Float32Array;
  readonly past: KeyValueCache;
}) => Promise<{ readonly logits: Float32Array; readonly present: Float32Array }>;

/**
 * Yields the answer's tokens, the verdict first, `<eos>` never. Stops when the consumer stops.
 *
 * Implements  DaMO, LLM prompted by [bridged embeddings ; user query] (row 9 of PAPER.md).
 */
export async function* generateAnswer(
  pass: DecoderPass,
  shape: DecoderShape,
  caches: KeyValueCaches,
  request: GenerateRequest,
): AsyncGenerator<GeneratedToken, GenerateSummary | undefined> {
  const grammar = createAnswerGrammar(request.grammar);
  const random = seededRandom(request.seed);
  const positions = layOut(request.prompt, shape.width);
  const cache =
    (request.threadId === undefined ? undefined : caches.take(request.threadId)) ??
    new KeyValueCache(shape.positionFloats, positions.keys.length + Math.min(request.maxTokens, USUAL_TOKENS));
  try {
    // The last position is always read again: its logits are where the answer starts.
    const reused = Math.min(cache.commonPrefix(positions.keys), positions.keys.length - 1);
    cache.truncate(reused);
    let { logits, present } = await pass({
      tokens: positions.tokens.slice(reused),
      soft: positions.soft.slice(reused * shape.width),
      softMask: positions.softMask.slice(reused),
      past: cache,
    });
    cache.append(positions.keys.slice(reused), present);

    const scratch = new Float32Array(logits.length);
    const soft = new Float32Array(shape.width);
    const softMask = new Float32Array(1);
    for (let count = 0; count < request.maxTokens; count += 1) {
      grammar.forbid(logits);
      const weights = weighTokens(logits, scratch);
      const token =
        count === 0
          ? chooseVerdict(weights, request)
          : chooseToken(weights, { temperature: request.temperature, random });
      if (token === request.grammar.end) break;
      grammar.accept(token);
      yield {
        token,
        probability: probabilityOf(weights, token),
        nearProbability:
          probabilityOf(weights, token - 1) + probabilityOf(weights, token) + probabilityOf(weights, token + 1),
      };
      if (count + 1 === request.maxTokens) break;
      ({ logits, present } = await pass({
        tokens: BigInt64Array.of(BigInt(token)),
        soft,
        softMask,
        past: cache,
      }));
      cache.append([token], present);
    }
    return { promptPositions: positions.keys.length, reusedPositions: reused };
  } finally {
    if (request.threadId !== undefined) caches.put(request.threadId, cache);
  }
}

/** The bundle's threshold, not the larger of the two, decides whether the clip holds an answer. */
function chooseVerdict(weights: TokenWeights, { grammar, absentThreshold }: GenerateRequest): number {
  return probabilityOf(weights, grammar.absent) >= absentThreshold ? grammar.absent : grammar.found;
}

/** The prompt as the decoder's inputs: tokens [L], soft [L, H], softMask [L]; and a key for each position. */
function layOut(prompt: readonly PromptSegment[], width: number) {
  const length = prompt.reduce(
    (sum, segment) => sum + ("tokens" in segment ? segment.tokens.length : segment.embeddings.length / width),
    0,
  );
  const keys: PositionKey[] = [];
  const tokens = new BigInt64Array(length);
  const soft = new Float32Array(length * width);
  const softMask = new Float32Array(length);
  for (const segment of prompt) {
    if ("tokens" in segment) {
      for (const token of segment.tokens) {
        tokens[keys.length] = BigInt(token);
        keys.push(token);
      }
      continue;
    }
    const rows = segment.embeddings.length / width;
    tokens.fill(BigInt(segment.token), keys.length, keys.length + rows);
    soft.set(segment.embeddings, keys.length * width);
    softMask.fill(1, keys.length, keys.length + rows);
    for (let row = 0; row < rows; row += 1) keys.push(`${segment.token}+${segment.key}#${row}`);
  }
  return { keys, tokens, soft, softMask };
}
