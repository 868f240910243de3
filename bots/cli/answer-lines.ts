/** How an answer looks on a terminal and in a pipe. Pure functions. */
import type { Answer, CacheOutcome, MomentSpan } from "../../core/index.ts";
import { answerText, UNSURE_CLOSING, watchedSoFar } from "../replies.ts";
import { clockSpan, elapsedTime } from "../time-text.ts";
import type { LinkTo } from "./jump-links.ts";
import type { Paint } from "./terminal.ts";

export const questionLine = (question: string, paint: Paint): string => `${paint.strong(`> ${question}`)}\n`;

/** The answer in one piece, for pipes. */
export const wholeAnswer = (answer: Answer): string => `${answerText(answer)}\n`;

/** What is said after the text has been streamed, on a new line. */
export function answerClosing(answer: Answer): string {
  const parts = [
    ...(answer.verdict === "unsure" ? [UNSURE_CLOSING] : []),
    ...(answer.watchedUpToSeconds === undefined ? [] : [watchedSoFar(answer.watchedUpToSeconds)]),
  ];
  return parts.length === 0 ? "\n" : `\n${parts.join(" ")}\n`;
}

/** "  0:04 to 0:07  87 %  http://...", one span a line, columns aligned. */
export function spanLines(spans: readonly MomentSpan[], linkTo: LinkTo | undefined, paint: Paint): string {
  const times = spans.map(clockSpan);
  const width = Math.max(0, ...times.map((time) => time.length));
  return spans
    .map((span, index) => {
      const confidence = `${Math.round(100 * span.confidence)} %`.padStart(5);
      const link = linkTo ? `  ${paint.accent(linkTo(span))}` : "";
      return `  ${(times[index] as string).padEnd(width)} ${paint.quiet(confidence)}${link}\n`;
    })
    .join("");
}

export interface AnswerTiming {
  readonly firstTokenMs: number;
  readonly totalMs: number;
}

/** "damo-mini 0.1.0, from memory, first word after 38 ms" */
export function answerOrigin(answer: Answer, cache: CacheOutcome, timing: AnswerTiming): string {
  const source = cache === "hit" ? "from memory" : "watched just now";
  const { name, version } = answer.bundle;
  const words = answer.writtenBy === undefined ? "" : `, in the words of ${answer.writtenBy}`;
  return `${name} ${version}${words}, ${source}, first word after ${elapsedTime(timing.firstTokenMs)}`;
}
