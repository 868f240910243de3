/**
 * The player's pages as HTML. Nothing here needs a script to be read: times are links, marks are SVG; player.js makes
 * them seek in place. `html` escapes every value that it is given.
 */
import { html, raw } from "hono/html";
import type { MomentSpan, Turn } from "../../core/index.ts";
import { timeOf } from "../jump-link.ts";
import { answerText } from "../replies.ts";
import { clockSpan, clockTime } from "../time-text.ts";

type Html = ReturnType<typeof html>;

export interface PlayerPage {
  readonly title: string;
  /** `/c/TOKEN`, from which the clip itself is served at `/c/TOKEN/clip`. */
  readonly path: string;
  readonly durationSeconds: number;
  readonly hasPicture: boolean;
  readonly startSeconds: number;
  /** Turns about this clip, oldest first. */
  readonly turns: readonly Turn[];
}

export function playerPage(page: PlayerPage): Html {
  const clip = `${page.path}/clip`;
  const start = Math.min(Math.max(0, page.startSeconds), page.durationSeconds);
  const spans = page.turns.flatMap((turn) => turn.answer.spans);
  const media = html`id="media" controls preload="metadata" src="${clip}#t=${start}" data-start="${start}"`;
  return layout(
    page.title,
    html`
      <h1>${page.title}</h1>
      <div class="stage${page.hasPicture ? "" : " sound-only"}">
        ${
          page.hasPicture
            ? html`<video ${media} playsinline></video>`
            : html`<p>This clip has sound only.</p><audio ${media}></audio>`
        }
      </div>
      <p id="trouble" role="alert" hidden>
        Your browser cannot play this kind of clip. <a href="${clip}?download=1">Download it</a> to open it in another player.
      </p>
      ${spans.length > 0 ? timeline(spans, page.durationSeconds) : ""}
      ${page.turns.length > 0 ? conversation(page.turns) : ""}
      <p class="keys">
        <kbd>space</kbd> play &middot; <kbd>&larr;</kbd> <kbd>&rarr;</kbd> 5 seconds &middot;
        <kbd>p</kbd> <kbd>n</kbd> previous, next moment &middot; <a href="${clip}?download=1">download</a>
      </p>
    `,
    html`<script src="/player.js" defer></script>`,
  );
}

/** A page that says one thing: why there is no clip, and what to do. */
export const messagePage = (says: string, advice: string): Html =>
  layout(says, html`<div class="message"><h1>${says}</h1><p>${advice}</p></div>`, html``);

/** The whole clip as a bar with the spans marked. The same links stand in the conversation, so it is hidden from readers. */
function timeline(spans: readonly MomentSpan[], durationSeconds: number): Html {
  const share = (seconds: number) => ((100 * Math.min(seconds, durationSeconds)) / durationSeconds).toFixed(2);
  return html`<svg class="timeline" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
    <rect class="whole" width="100" height="4"></rect>
    ${spans.map(
      (span) => html`<a ${moment(span)} tabindex="-1"><rect
        x="${share(span.startSeconds)}"
        width="${Math.max(0.6, Number(share(span.endSeconds)) - Number(share(span.startSeconds)))}"
        height="4"
      ></rect></a>`,
    )}
    <line id="playhead" x1="0" x2="0" y1="0" y2="4"></line>
  </svg>`;
}

const conversation = (turns: readonly Turn[]): Html => html`<section aria-label="Questions and answers">
  ${turns.map(
    ({ question, answer }) => html`<article>
      <h2>${question.text}</h2>
      <p>${answerText(answer)}</p>
      ${
        answer.spans.length > 0
          ? html`<p class="times">${answer.spans.map((span) => html`<a class="time" ${moment(span)}>${clockSpan(span)}</a> `)}</p>`
          : ""
      }
    </article>`,
  )}
</section>`;

/** Attributes of a link to a moment: it works as a link, and player.js reads the seconds. */
const moment = (span: MomentSpan): Html =>
  html`href="${timeOf(span)}" data-start="${span.startSeconds}" data-end="${span.endSeconds}" title="Play from ${clockTime(span.startSeconds)}"`;

const layout = (title: string, body: Html, scripts: Html): Html => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="dark light">
    <title>${title}</title>
    <link rel="icon" href="${raw(EMPTY_ICON)}">
    <link rel="stylesheet" href="/player.css">
    ${scripts}
  </head>
  <body><main>${body}</main></body>
</html>`;

/** Keeps browsers from asking for /favicon.ico. */
const EMPTY_ICON = "data:,";
