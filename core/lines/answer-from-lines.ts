/**
 * Answers what is asked about speech from a clip's lines, word for word and with their times. Called by core/ask-thread.ts
 * in front of the model. The lines are quoted, never obeyed, and never reach the model.
 */
import type { Composed, Composing } from "../answering/answer-kind.ts";
import type { ClipId, MomentSpan, Span, TenantId } from "../clip.ts";
import type { LineStore, TimedLine } from "../ports/line-store.ts";
import { type FoundLines, findLines } from "./find-lines.ts";
import { readSpeechQuestion, type SpeechQuestion } from "./speech-question.ts";

export interface LinesRequest {
  readonly tenantId: TenantId;
  readonly clipId: ClipId;
  readonly question: string;
  /** Spans are cut to this: subtitles may run on after the picture has ended. */
  readonly durationSeconds: number;
}

interface LinesAnswer extends Composed {
  readonly text: string;
}

/** More than this are counted, not quoted. */
const MAX_QUOTES = 5;
const MAX_QUOTE_CHARACTERS = 160;
/** Subtitles are not always word for word, and a search for words does not know what is meant. */
const EXACT_CONFIDENCE = 0.95;
/** Finds below this are said to be a guess. */
const SURE_SCORE = 0.75;

/**
 * As answers are composed, in one piece.
 *
 * @returns undefined when the question is not about speech, or nothing is known of what is said
 */
export async function answerFromLines(
  store: LineStore | undefined,
  { tenantId, clipId, question, durationSeconds }: LinesRequest,
): Promise<Composing | undefined> {
  const asked = store && readSpeechQuestion(question);
  if (!store || !asked) return undefined;
  const tracks = await store.read(tenantId, clipId);
  const lines = bestLines(
    tracks.map((track) => track.lines),
    asked,
    durationSeconds,
  );
  return lines && composed(answerQuestion(lines, asked, durationSeconds));
}

async function* composed({ text, ...rest }: LinesAnswer): Composing {
  yield text;
  return rest;
}

/** Several tracks say the same in several languages: the one that answers best, the first of equals. */
function bestLines(
  tracks: readonly (readonly TimedLine[])[],
  { phrase }: SpeechQuestion,
  durationSeconds: number,
): readonly TimedLine[] | undefined {
  const inside = tracks.map((lines) => lines.filter(({ startSeconds }) => startSeconds < durationSeconds));
  const score = (lines: readonly TimedLine[]) => (phrase === undefined ? 0 : (findLines(lines, phrase)[0]?.score ?? 0));
  return inside.filter((lines) => lines.length > 0).sort((a, b) => score(b) - score(a))[0];
}

function answerQuestion(lines: readonly TimedLine[], asked: SpeechQuestion, durationSeconds: number): LinesAnswer {
  const within = linesWithin(lines, asked.times);
  if (asked.phrase === undefined) return quoteAll(within, durationSeconds, asked.times.length > 0);

  const found = findLines(asked.times.length > 0 ? within : lines, asked.phrase);
  const bestScore = found[0]?.score ?? 0;
  if (bestScore === 0) {
    const text = `Nothing in the subtitles of this clip is about ${quote(asked.phrase)}.`;
    return { text, spans: [], verdict: "absent", confidence: EXACT_CONFIDENCE };
  }
  const best = found.filter(({ score }) => score === bestScore).sort((a, b) => a.startSeconds - b.startSeconds);
  const wanted = asked.occurrence === "first" ? best.slice(0, 1) : asked.occurrence === "last" ? best.slice(-1) : best;
  return tellFinds(wanted, asked, durationSeconds);
}

function tellFinds(found: readonly FoundLines[], { asks }: SpeechQuestion, durationSeconds: number): LinesAnswer {
  const score = (found[0] as FoundLines).score;
  const sure = score >= SURE_SCORE;
  const count = found.length === 1 ? "Once" : `${found.length} times`;
  const opening = `${asks === "count" ? `${count}. ` : asks === "whether" && sure ? "Yes. " : ""}`;
  const near = sure ? "" : "The nearest that the subtitles have: ";
  const quotes = found
    .slice(0, MAX_QUOTES)
    .map(({ lines, startSeconds }) => `${quoteLines(lines)} at ${clock(startSeconds)}`);
  const rest = found.length > MAX_QUOTES ? `, and ${found.length - MAX_QUOTES} more times` : "";
  return {
    text: `${opening}${near}${quotes.join("; ")}${rest}.`,
    spans: found.map((find) => spanOf(find, durationSeconds, EXACT_CONFIDENCE * score)),
    verdict: sure ? "found" : "unsure",
    confidence: EXACT_CONFIDENCE * score,
  };
}

function quoteAll(lines: readonly TimedLine[], durationSeconds: number, atTimes: boolean): LinesAnswer {
  if (lines.length === 0) {
    return {
      text: "Nothing is said there, by the subtitles.",
      spans: [],
      verdict: "absent",
      confidence: EXACT_CONFIDENCE,
    };
  }
  const shown = lines.slice(0, MAX_QUOTES);
  const quotes = shown.map((line) => `${quoteLines([line])} at ${clock(line.startSeconds)}`);
  const more = lines.length - shown.length;
  const rest =
    more > 0
      ? `, and ${more} more ${more === 1 ? "line" : "lines"}${atTimes ? "" : ": ask about a time or a word"}`
      : "";
  return {
    text: `${quotes.join("; ")}${rest}.`,
    spans: shown.map((line) => spanOf(line, durationSeconds, EXACT_CONFIDENCE)),
    verdict: "found",
    confidence: EXACT_CONFIDENCE,
  };
}

/** One time: what is being said then, or else the next line soon after; two: everything between. None: all. */
function linesWithin(lines: readonly TimedLine[], times: readonly number[]): readonly TimedLine[] {
  if (times.length === 0) return lines;
  const [from, to] = [Math.min(...times), Math.max(...times)];
  if (to > from) return lines.filter(({ startSeconds, endSeconds }) => startSeconds < to && endSeconds > from);
  const then = lines.filter(({ startSeconds, endSeconds }) => startSeconds <= from && from < endSeconds);
  if (then.length > 0) return then;
  return lines.filter(({ startSeconds }) => startSeconds >= from && startSeconds <= from + SOON_SECONDS).slice(0, 1);
}

const SOON_SECONDS = 3;

const spanOf = ({ startSeconds, endSeconds }: Span, durationSeconds: number, confidence: number): MomentSpan => ({
  startSeconds,
  endSeconds: Math.min(endSeconds, durationSeconds),
  confidence,
});

function quoteLines(lines: readonly TimedLine[]): string {
  const speaker = lines[0]?.speaker;
  return `${speaker === undefined ? "" : `${speaker}: `}${quote(lines.map(({ text }) => text).join(" "))}`;
}

/** Quotation marks of the text itself become single ones, so that it is clear where the quotation ends. */
function quote(text: string): string {
  const inside = text.replace(/["\u201c\u201d]/g, "'");
  const cut =
    inside.length > MAX_QUOTE_CHARACTERS ? `${inside.slice(0, MAX_QUOTE_CHARACTERS).trimEnd()}\u2026` : inside;
  return `\u201c${cut}\u201d`;
}

/** 65.9 -> "1:05": the second in which it begins. */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}:${two(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
