/**
 * Turns the decoder's tokens into people's text, while they come: "<found> the dog , from <w0><t8><to><w0><t14>"
 * becomes "The dog, from 0:04 to 0:07." Text is handed out at word ends only, and a time or a span only when it is
 * whole, so nobody ever sees half of one.
 */
import type { Span } from "../core/clip.ts";
import type { GeneratedToken } from "./decoding/generate-answer.ts";
import { formatTime, pointToSeconds, type TimeGrid } from "./time-tokens.ts";
import type { BundleTokenizer } from "./tokenizer.ts";

/** An answer in parts: words, and the times between them (already clamped to the clip). */
export type AnswerPart =
  | { readonly type: "words"; readonly text: string }
  | {
      readonly type: "time";
      readonly span: Span;
      /** True for `TIME <to> TIME`; a single time points at one offset step. */
      readonly isSpan: boolean;
      /** Geometric mean over the tokens of this time, an offset counting as right within one step. */
      readonly probability: number;
    };

export interface AnswerTextOptions {
  readonly grid: TimeGrid;
  readonly durationSeconds: number;
}

export interface AnswerText {
  /** @returns the text that is certain now and was not handed out before; often "" */
  push(token: GeneratedToken): string;
  /** Takes a token and hands nothing out: for who wants the whole only. */
  hold(token: GeneratedToken): void;
  /** @returns the rest, and the whole */
  finish(): { readonly rest: string; readonly text: string; readonly parts: readonly AnswerPart[] };
}

export function createAnswerText(tokenizer: BundleTokenizer, options: AnswerTextOptions): AnswerText {
  const tokens: GeneratedToken[] = [];
  let shown = "";
  const show = (text: string): string => {
    const more = text.slice(shown.length);
    shown = text;
    return more;
  };
  return {
    push(token) {
      tokens.push(token);
      // The last word may still grow, and a space may still turn out to stand before a comma.
      const text = spell(readAnswer(tokenizer, tokens, options)).trimEnd();
      return show(plain(text.slice(0, Math.max(0, text.lastIndexOf(" ")))));
    },
    hold(token) {
      tokens.push(token);
    },
    finish() {
      const parts = readAnswer(tokenizer, tokens, options);
      const text = plain(spell(parts)).trimEnd();
      const rest = show(/[a-z0-9)]$/i.test(text) ? `${text}.` : text);
      return { rest, text: shown, parts };
    },
  };
}

/** A time or span that the answer was cut off in is left out. */
export function readAnswer(
  tokenizer: BundleTokenizer,
  tokens: readonly GeneratedToken[],
  { grid, durationSeconds }: AnswerTextOptions,
): AnswerPart[] {
  const { special } = tokenizer;
  const parts: AnswerPart[] = [];
  let words: number[] = [];
  const endWords = (): void => {
    if (words.length > 0) parts.push({ type: "words", text: tokenizer.decode(words) });
    words = [];
  };
  const timeAt = (index: number): { seconds: number; probability: number } | undefined => {
    const [slot, offset] = [tokens[index], tokens[index + 1]];
    if (slot === undefined || offset === undefined) return undefined;
    const point = { slot: special.slots.indexOf(slot.token), offset: special.offsets.indexOf(offset.token) };
    const seconds = point.offset < 0 ? undefined : pointToSeconds(point, grid);
    if (seconds === undefined) return undefined;
    return {
      seconds: Math.min(seconds, durationSeconds),
      probability: Math.sqrt(slot.probability * offset.nearProbability),
    };
  };

  for (let index = 0; index < tokens.length; index += 1) {
    const { token } = tokens[index] as GeneratedToken;
    if (!special.all.includes(token)) {
      words.push(token);
      continue;
    }
    const start = timeAt(index);
    if (start === undefined) continue;
    endWords();
    const end = tokens[index + 2]?.token === special.to ? timeAt(index + 3) : undefined;
    if (end === undefined) {
      const endSeconds = Math.min(start.seconds + grid.offsetSeconds, durationSeconds);
      const span = { startSeconds: start.seconds, endSeconds };
      parts.push({ type: "time", span, isSpan: false, probability: start.probability });
      index += 1;
    } else {
      const span = { startSeconds: start.seconds, endSeconds: end.seconds };
      parts.push({ type: "time", span, isSpan: true, probability: Math.sqrt(start.probability * end.probability) });
      index += 4;
    }
  }
  endWords();
  return parts;
}

/** Stands for the spaces inside a span, so that a text is never cut there. */
const GLUE = "\u00a0";
/** Single bytes that the vocabulary holds must not reach a terminal as an escape sequence. */
const CONTROL_OR_SPACE = /(?:[^\S\u00a0]|\p{Cc})+/gu;
const plain = (text: string): string => text.replaceAll(GLUE, " ");

function spell(parts: readonly AnswerPart[]): string {
  let text = "";
  for (const part of parts) {
    if (part.type === "words") {
      // U+FFFD: a character whose last bytes are still to come.
      text += (/^[a-z0-9(]/i.test(part.text) && text !== "" ? " " : "") + part.text.replace(/\ufffd+$/, "");
    } else {
      const { startSeconds, endSeconds } = part.span;
      const time = part.isSpan
        ? `${formatTime(startSeconds)}${GLUE}to${GLUE}${formatTime(endSeconds)}`
        : formatTime(startSeconds);
      text += (/[\s(]$/.test(text) || text === "" ? "" : " ") + time;
    }
  }
  return text
    .replace(CONTROL_OR_SPACE, " ")
    .replace(/ ([,;:.?!])/g, "$1")
    .trimStart()
    .replace(/(?<![\w'])i(?![\w])/g, "I")
    .replace(/^[a-z]/, (letter) => letter.toUpperCase());
}
