/**
 * What the decoder reads (docs/bundle.md):
 *
 *     <bos> <w0> 16 x (<w0> + bridged) <w1> 16 x (<w1> + bridged) ... <q> question <a> answer <eos> ... <q> question <a>
 */
import type { Span } from "../core/clip.ts";
import type { Turn } from "../core/conversation.ts";
import { DomainError } from "../core/errors.ts";
import type { FloatTensor } from "../core/tensor.ts";
import type { AnswerGrammarTable } from "./decoding/answer-grammar.ts";
import type { PromptSegment } from "./decoding/generate-answer.ts";
import { findTimes, replaceTimes, secondsToPoint, type TimeGrid } from "./time-tokens.ts";
import { type BundleTokenizer, normaliseWords, type SpecialTokens } from "./tokenizer.ts";

export interface PromptWindow extends Span {
  /** [Q, H], from the bridge. */
  readonly embeddings: FloatTensor;
  /** Names the content of `embeddings`. */
  readonly key: string;
}

export interface PromptLimits {
  readonly questionTokens: number;
  readonly contextTokens: number;
  readonly answerTokens: number;
}

export interface Prompt {
  readonly segments: readonly PromptSegment[];
  readonly grammar: AnswerGrammarTable;
}

/**
 * Asks a question about windows. Earlier turns that no longer fit the context are left out, oldest first, and so are
 * those that name a time outside the windows.
 *
 * @throws DomainError question.empty, question.too_long
 */
export function buildQuestionPrompt(
  tokenizer: BundleTokenizer,
  limits: PromptLimits,
  {
    windows,
    offsetSeconds,
    question,
    history,
  }: {
    readonly windows: readonly PromptWindow[];
    readonly offsetSeconds: number;
    readonly question: string;
    readonly history: readonly Turn[];
  },
): Prompt {
  const { special } = tokenizer;
  const grid = { windows, offsetSeconds };
  const asked = encodeQuestion(tokenizer, question, grid);
  if (asked.length === 0) throw new DomainError("question.empty", "the question holds no words");
  if (asked.length > limits.questionTokens) {
    throw new DomainError("question.too_long", `the question has ${asked.length} tokens of ${limits.questionTokens}`, {
      details: { tokens: asked.length, limit: limits.questionTokens },
    });
  }
  const seen = readWindows(special, windows);
  const last = [special.question, ...asked, special.answer];
  let room = limits.contextTokens - limits.answerTokens - last.length - positionsOf(windows);
  const turns: number[] = [];
  for (const turn of [...history].reverse()) {
    const tokens = encodeTurn(tokenizer, turn, grid);
    if (tokens === undefined) continue;
    room -= tokens.length;
    if (room < 0) break;
    turns.unshift(...tokens);
  }
  return { segments: [...seen, { tokens: [...turns, ...last] }], grammar: grammarFor(special, grid) };
}

/** Asks for the list of moments of one window. */
export function buildListPrompt({ special }: BundleTokenizer, window: PromptWindow, offsetSeconds: number): Prompt {
  return {
    segments: [...readWindows(special, [window]), { tokens: [special.question, special.list, special.answer] }],
    grammar: grammarFor(special, { windows: [window], offsetSeconds }),
  };
}

/** The words of a question that stage 1 compares with window embeddings: no times, no specials. */
export function encodeQuestionWords(tokenizer: BundleTokenizer, question: string, limit: number): number[] {
  const words = replaceTimes(
    question,
    () => " ",
    (text) => text,
  );
  const text = normaliseWords(words).trim();
  return text === "" ? [] : tokenizer.encode(text).slice(0, limit);
}

function encodeQuestion(tokenizer: BundleTokenizer, question: string, grid: TimeGrid): number[] {
  const text = replaceTimes(
    question,
    ({ seconds }) => timeLiteral(tokenizer.special, seconds, grid, "start"),
    normaliseWords,
  );
  return text.trim() === "" ? [] : tokenizer.encode(text);
}

/** @returns undefined when the turn names a time that the windows of this prompt do not hold */
function encodeTurn(tokenizer: BundleTokenizer, { question, answer }: Turn, grid: TimeGrid): number[] | undefined {
  const { special } = tokenizer;
  const times = [...findTimes(question.text), ...findTimes(answer.text)];
  if (times.some(({ seconds }) => secondsToPoint(seconds, grid, "start") === undefined)) return undefined;
  return [
    special.question,
    ...encodeQuestion(tokenizer, question.text, grid),
    special.answer,
    answer.verdict === "absent" ? special.absent : special.found,
    ...tokenizer.encode(modelSpelling(special, answer.text, grid)),
    special.eos,
  ];
}

/** Undoes answer-text.ts: people's spelling of an answer back to what the decoder wrote. */
function modelSpelling(special: SpecialTokens, text: string, grid: TimeGrid): string {
  let closing = false;
  const spelled = replaceTimes(
    text,
    ({ seconds, to }) => {
      const literal = timeLiteral(special, seconds, grid, closing ? "end" : "start");
      closing = !closing && SPAN_FOLLOWS.test(text.slice(to));
      return literal;
    },
    (words) =>
      words
        .replace(/[\s<>]+/g, " ")
        .toLowerCase()
        .replace(/\.$/, "")
        .replace(/\s*([,;])/g, " $1"),
  );
  return spelled.replaceAll(/> to </g, "><to><");
}

/** `<w1><t8>`; undefined when no window of the prompt holds that second. */
function timeLiteral(
  special: SpecialTokens,
  seconds: number,
  grid: TimeGrid,
  edge: "start" | "end",
): string | undefined {
  const point = secondsToPoint(seconds, grid, edge);
  // The last window of a clip may be a little longer than the offset tokens reach.
  return point && `<w${point.slot}><t${Math.min(point.offset, special.offsets.length - 1)}>`;
}

const SPAN_FOLLOWS = /^ to (?=\d)/;

/** `<bos>`, and for each window its slot token and its rows. */
const positionsOf = (windows: readonly PromptWindow[]): number =>
  windows.reduce((sum, { embeddings }) => sum + 1 + (embeddings.dims[0] as number), 1);

const readWindows = (special: SpecialTokens, windows: readonly PromptWindow[]): PromptSegment[] => [
  { tokens: [special.bos] },
  ...windows.flatMap(({ embeddings, key }, slot): PromptSegment[] => {
    const token = special.slots[slot] as number;
    return [{ tokens: [token] }, { embeddings: embeddings.data, key, token }];
  }),
];

function grammarFor(special: SpecialTokens, { windows, offsetSeconds }: TimeGrid): AnswerGrammarTable {
  return {
    found: special.found,
    absent: special.absent,
    to: special.to,
    end: special.eos,
    slots: special.slots.slice(0, windows.length),
    offsets: special.offsets,
    specials: special.all,
    windows: windows.map(({ startSeconds, endSeconds }) => ({
      startSeconds,
      lengthSeconds: endSeconds - startSeconds,
    })),
    offsetSeconds,
  };
}
