/** Questions, answers and moments as HTML. Times are links, so they work without a script; with one they seek in place. */
import { html } from "hono/html";
import type { MomentSpan, Span, Turn } from "../../core/index.ts";
import { timeOf } from "../jump-link.ts";
import { answerText } from "../replies.ts";
import { clockSpan, clockTime } from "../time-text.ts";
import type { Html } from "./layout.ts";

/** Pictures beside the times of an answer: more of them would push the next question out of sight. */
const MAX_PICTURES = 4;

export interface TurnOptions {
  /** `/c/TOKEN`. */
  readonly path: string;
  readonly hasFrames: boolean;
}

export function turnHtml({ question, answer }: Turn, { path, hasFrames }: TurnOptions): Html {
  const { spans } = answer;
  const text = answerText(answer);
  return html`<article class="turn ${answer.verdict}">
    <h3>${question.text}</h3>
    <p>${withTimes(text, spans)}</p>
    ${
      spans.length === 0
        ? ""
        : html`<p class="times">${spans.map(
            (span, at) =>
              html`<a class="time${hasFrames && at < MAX_PICTURES ? " pictured" : ""}" ${moment(span)}>${
                hasFrames && at < MAX_PICTURES ? picture(path, span) : ""
              }<span>${clockSpan(span)}</span></a> `,
          )}</p>`
    }
  </article>`;
}

/** Attributes of a link to a moment: it works as a link, and the page's script reads the seconds. */
export const moment = (span: Span): Html =>
  html`href="${timeOf(span)}" data-start="${span.startSeconds}" data-end="${span.endSeconds}" title="Play from ${clockTime(span.startSeconds)}"`;

/** The frame kept nearest to where the span is strongest. The time beside it says what it is. */
const picture = (path: string, span: MomentSpan): Html => {
  const at = span.evidenceSeconds ?? (span.startSeconds + span.endSeconds) / 2;
  return html`<img src="${path}/frame?t=${at.toFixed(2)}" width="160" height="90" alt="" loading="lazy">`;
};

/** `m:ss`, `h:mm:ss`, with tenths as the model writes them; not a part of a longer number. */
const TIME = /(?<![\d:.])(?:(\d{1,2}):)?(\d{1,2}):([0-5]\d(?:\.\d)?)(?![\d:])/g;

/** An answer's words, its times turned into links. A time that opens a span plays the span. */
function withTimes(text: string, spans: readonly MomentSpan[]): (Html | string)[] {
  const parts: (Html | string)[] = [];
  let from = 0;
  for (const match of text.matchAll(TIME)) {
    const seconds = Number(match[1] ?? 0) * 3600 + Number(match[2]) * 60 + Number(match[3]);
    const opened = spans.find((span) => Math.abs(span.startSeconds - seconds) < 0.51);
    parts.push(text.slice(from, match.index));
    parts.push(
      html`<a class="at" ${moment({ startSeconds: seconds, endSeconds: opened?.endSeconds ?? seconds })}>${match[0]}</a>`,
    );
    from = match.index + match[0].length;
  }
  return [...parts, text.slice(from)];
}
