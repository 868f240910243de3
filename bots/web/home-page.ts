/** The page at `/` as HTML: a place to drop a clip on, and the clips that are remembered. */
import { html } from "hono/html";
import type { ClipMemorySummary } from "../../core/index.ts";
import { clockTime, sizeText } from "../time-text.ts";
import { BRAND, type Html, layout } from "./layout.ts";

export interface HomePage {
  readonly formToken: string;
  readonly maxClipBytes: number;
  /** Newest first. */
  readonly clips: readonly { readonly memory: ClipMemorySummary; readonly path: string }[];
  readonly hasFrames: boolean;
  readonly hasAdmin: boolean;
}

export function homePage({ formToken, maxClipBytes, clips, hasFrames, hasAdmin }: HomePage): Html {
  return layout({
    title: "damo",
    script: "home",
    bodyAttributes: html`class="front" data-form="${formToken}" data-max-bytes="${maxClipBytes}"`,
    body: html`
      <header class="bar">
        <h1>${BRAND}</h1>
        ${hasAdmin ? html`<a href="/admin">Admin</a>` : ""}
      </header>
      <main>
        <section class="intro">
          <h2>Watch once, then ask.</h2>
          <p>Drop a clip. It is watched a single time, on this machine; every answer after that comes from memory and jumps to the second.</p>
        </section>
        <form id="drop" class="drop needs-script">
          <svg viewBox="0 0 120 60" aria-hidden="true"><rect class="line" x="4" y="27" width="112" height="6" rx="3"></rect
            ><rect class="moment" x="46" y="12" width="12" height="36" rx="6"></rect><rect class="moment late" x="84" y="18" width="12" height="24" rx="6"></rect></svg>
          <p><label class="button primary" for="file">Choose a clip</label>
          <input id="file" class="visually-hidden" type="file" accept="video/*,audio/*,.mkv,.avi,.ts,.flv,.gif"></p>
          <p class="hint">or drop it here. Video or sound, up to ${sizeText(maxClipBytes)}.</p>
          <div id="sending" role="status" hidden><p></p><progress max="1" aria-label="Progress"></progress>
            <button type="button" id="stop">Stop</button></div>
          <p id="refused" role="alert" hidden></p>
        </form>
        <noscript><p class="note">Dropping a clip needs scripts. <code>damo watch CLIP</code> does the same.</p></noscript>
        ${
          clips.length === 0
            ? ""
            : html`<section class="clips" aria-labelledby="remembered">
          <h2 id="remembered">Remembered</h2>
          <ul>${clips.map((clip) => card(clip, hasFrames))}</ul>
        </section>`
        }
      </main>
    `,
  });
}

const card = ({ memory, path }: HomePage["clips"][number], hasFrames: boolean): Html => {
  const { durationSeconds, video } = memory.info;
  const picture =
    hasFrames && video
      ? html`<img src="${path}/frame?t=${(durationSeconds / 3).toFixed(1)}" width="320" height="180" alt="" loading="lazy">`
      : "";
  return html`<li><a href="${path}">
    <span class="picture">${picture}<span class="length">${clockTime(durationSeconds)}</span></span>
    <strong>${memory.title}</strong>
    <span class="state">${memory.complete ? (video ? "Video" : "Sound only") : "Being watched"}</span>
  </a></li>`;
};
