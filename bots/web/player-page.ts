/**
 * The page of one clip. Nothing here needs a script to be read or used: times are links, marks are SVG, the question is a
 * form; the script (bots/web/page/player.ts) makes them act in place.
 */
import { html } from "hono/html";
import type { ClipInfo, MomentSpan, Turn } from "../../core/index.ts";
import { clockTime } from "../time-text.ts";
import { BRAND, type Html, layout } from "./layout.ts";
import { moment, turnHtml } from "./turn-html.ts";

export interface PlayerPage {
  readonly title: string;
  /** `/c/TOKEN`, from which the clip itself is served at `/c/TOKEN/clip`. */
  readonly path: string;
  readonly info: ClipInfo;
  readonly startSeconds: number;
  /** Turns about this clip, oldest first. */
  readonly turns: readonly Turn[];
  /** `gone`: there is no file to play. `convert`: browsers need another version, which is not made yet. */
  readonly clip: "plays" | "convert" | "gone";
  /** The memory is still growing. */
  readonly watching: boolean;
  readonly canAsk: boolean;
  readonly canConvert: boolean;
  readonly hasMoments: boolean;
  readonly hasCuts: boolean;
  readonly hasFrames: boolean;
  /** The person who runs this bot sees the way back to the list of clips. */
  readonly homePath?: string;
}

export function playerPage(page: PlayerPage): Html {
  const { title, path, info, turns } = page;
  const start = Math.min(Math.max(0, page.startSeconds), info.durationSeconds);
  const spans = turns.flatMap((turn) => turn.answer.spans);
  return layout({
    title,
    script: "player",
    bodyAttributes: html`class="player" data-path="${path}" data-duration="${info.durationSeconds}" data-clip="${page.clip}"
      ${page.watching ? "data-watching" : ""} ${page.hasMoments ? "data-moments" : ""} ${page.hasFrames ? "data-frames" : ""}
      ${page.hasCuts ? "data-cuts" : ""}
      ${page.canConvert ? "data-convert" : ""}`,
    body: html`
      <header class="bar">
        ${page.homePath === undefined ? BRAND : html`<a href="${page.homePath}" class="home" aria-label="All clips">${BRAND}</a>`}
        <h1>${title}</h1>
        <p class="facts">${facts(info)}</p>
      </header>
      <main>
        <section class="theatre" aria-label="The clip">
          ${stage(page, start)}
          <p id="trouble" class="note" role="alert" hidden>
            Your browser cannot play this kind of clip. <a href="${path}/clip?download=1">Download it</a> to open it in another player.
          </p>
          <div id="progress" class="note" role="status" ${page.watching || page.clip === "convert" ? "" : "hidden"}>
            <p>${page.watching ? "The clip is being watched; you can already ask about its beginning." : "This kind of clip has to be prepared for browsers first."}</p>
            <progress max="1" aria-label="Progress"></progress>
          </div>
          ${timeline(spans, info.durationSeconds)}
          ${page.clip === "gone" ? "" : controls(page)}
          <section id="chapters" class="chapters" hidden>
            <h2>In this clip</h2>
            <ol></ol>
          </section>
        </section>
        <section class="talk" aria-label="Questions and answers">
          <div id="turns" class="turns" aria-live="polite">
            ${turns.map((turn) => turnHtml(turn, page))}
            ${turns.length === 0 ? html`<p class="empty">${page.canAsk ? "Nothing was asked about this clip yet." : "No questions came with this link."}</p>` : ""}
          </div>
          ${page.canAsk ? askForm(path) : ""}
        </section>
      </main>
      ${help(page.canAsk)}
    `,
  });
}

function stage({ path, info, clip }: PlayerPage, start: number): Html {
  if (clip === "gone") {
    return html`<div class="stage gone"><p><strong>The clip's file is gone.</strong>
      It was moved, changed or deleted since it was watched. What is remembered of it can still be asked about;
      to play it, watch it again.</p></div>`;
  }
  const source = clip === "convert" ? html`` : html`src="${path}/clip#t=${start}"`;
  const media = html`id="media" controls preload="auto" ${source} data-start="${start}"`;
  return info.video
    ? html`<div class="stage"><video ${media} playsinline></video></div>`
    : html`<div class="stage sound-only"><p>This clip has sound only.</p><audio ${media}></audio></div>`;
}

/**
 * The whole clip as a bar: what the answers point at, and below it, once the script has asked for them, the moments that
 * stand out. The same links stand in the conversation and in the list, so it is hidden from readers.
 */
function timeline(spans: readonly MomentSpan[], durationSeconds: number): Html {
  const share = (seconds: number) => (100 * Math.min(seconds, durationSeconds)) / durationSeconds;
  return html`<div class="timeline" id="timeline">
    <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="whole" width="100" height="10"></rect>
      <g id="cuts"></g>
      <g id="marks"></g>
      <g id="spans">${spans.map(
        (span) => html`<a ${moment(span)} tabindex="-1"><rect
          x="${share(span.startSeconds).toFixed(2)}"
          width="${Math.max(0.5, share(span.endSeconds) - share(span.startSeconds)).toFixed(2)}"
          height="6"
        ></rect></a>`,
      )}</g>
      <line id="playhead" x1="0" x2="0" y1="0" y2="10"></line>
    </svg>
    <p class="ends" aria-hidden="true"><span id="clock">0:00</span><span>${clockTime(durationSeconds)}</span></p>
    <div id="peek" class="peek" hidden aria-hidden="true"><img width="160" height="90" alt=""><span></span></div>
  </div>`;
}

const controls = ({ path }: PlayerPage): Html => html`<div class="controls">
  <span class="needs-script">
    <button type="button" id="previous" title="Previous moment (p)">${icon("M15 5 8 12l7 7M6 5v14")}<span>Previous</span></button>
    <button type="button" id="next" title="Next moment (n)"><span>Next</span>${icon("m9 5 7 7-7 7m9-14v14")}</button>
    <button type="button" id="loop" aria-pressed="false" title="Repeat this moment (l)">${icon("M4 11V9a4 4 0 0 1 4-4h11l-3-3m3 3-3 3M20 13v2a4 4 0 0 1-4 4H5l3 3m-3-3 3-3")}<span>Loop</span></button>
    <button type="button" id="share" title="Copy a link to this second (c)">${icon("M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1m2 4a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1")}<span>Copy link at <span id="share-time">0:00</span></span></button>
    <button type="button" id="keys" title="Keys (?)" aria-haspopup="dialog"><kbd>?</kbd><span>Keys</span></button>
  </span>
  <a class="button" href="${path}/clip?download=1">${icon("M12 4v11m-5-5 5 5 5-5M5 20h14")}<span>Download</span></a>
  <p id="shared" role="status" hidden><span></span><input type="text" readonly aria-label="Link to this second" hidden></p>
</div>`;

const askForm = (path: string): Html => html`<form id="ask" class="ask" method="post" action="${path}/ask">
  <label for="question" class="visually-hidden">Your question about this clip</label>
  <input id="question" name="question" type="text" required maxlength="2000" autocomplete="off" enterkeyhint="send"
    placeholder="Ask about this clip">
  <button type="submit">Ask</button>
</form>`;

const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [["space", "k"], "play, pause"],
  [["←", "→"], "5 seconds back, on"],
  [["j"], "10 seconds back"],
  [[",", "."], "one frame back, on"],
  [["p", "n"], "previous, next moment"],
  [["l"], "repeat this moment"],
  [["m"], "sound off, on"],
  [["f"], "whole screen"],
  [["c"], "copy a link to this second"],
];

const help = (canAsk: boolean): Html => html`<dialog id="help" aria-labelledby="help-title">
  <h2 id="help-title">Keys</h2>
  <dl>
    ${[...KEYS, ...(canAsk ? [[["/"], "ask a question"] as const] : []), [["?"], "these keys"] as const].map(
      ([keys, does]) => html`<div><dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${does}</dd></div>`,
    )}
  </dl>
  <form method="dialog"><button type="submit">Close</button></form>
</dialog>`;

const icon = (path: string): Html =>
  html`<svg class="icon" viewBox="0 0 24 24" width="18" height="18" aria-hidden="true"><path d="${path}"></path></svg>`;

/** "0:24 · 640 × 360 · sound" */
function facts({ durationSeconds, video, audio }: ClipInfo): string {
  const parts = [clockTime(durationSeconds)];
  if (video) parts.push(`${video.width} × ${video.height}`);
  if (audio) parts.push(video ? "with sound" : "sound only");
  return parts.join(" · ");
}
