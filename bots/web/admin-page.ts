/** /admin as HTML: what is remembered and how large it is, what is under way, how fast it goes, and wiping. No script. */
import { html } from "hono/html";
import type { ClipMemorySummary, ForgetReceipt, QueueCounts } from "../../core/index.ts";
import { clockTime, sizeText } from "../time-text.ts";
import { BRAND, type Html, layout } from "./layout.ts";
import { type Plot, plot } from "./plot.ts";

export interface AdminClip {
  readonly memory: ClipMemorySummary;
  /** `undefined`: the file is gone. */
  readonly media: { readonly sizeBytes: number; readonly copied: boolean } | undefined;
  /** Opens its page. */
  readonly path: string;
}

export interface AdminPage {
  readonly formToken: string;
  /** Newest first. */
  readonly clips: readonly AdminClip[];
  readonly queue: QueueCounts | undefined;
  /** Versions for browsers that are waiting or being made. */
  readonly preparing: number;
  readonly answers: { readonly answered: number; readonly failed: number };
  readonly plots: readonly Plot[];
}

export function adminPage(page: AdminPage): Html {
  const { clips, queue, answers } = page;
  const memoryBytes = clips.reduce((sum, { memory }) => sum + memory.sizeBytes, 0);
  const copyBytes = clips.reduce((sum, { media }) => sum + (media?.copied ? media.sizeBytes : 0), 0);
  const jobs = queue && [queue.watch, queue.answer].reduce((sum, { waiting, running }) => sum + waiting + running, 0);
  return layout({
    title: "damo: admin",
    bodyAttributes: html`class="front admin"`,
    body: html`
      <header class="bar"><h1><a class="home" href="/" aria-label="damo: all clips">${BRAND}</a></h1><a href="/admin">Look again</a></header>
      <main>
        <h2>Now</h2>
        <ul class="tiles">
          ${tile(String(clips.length), clips.length === 1 ? "clip remembered" : "clips remembered")}
          ${tile(sizeText(memoryBytes), "of memory")}
          ${tile(sizeText(copyBytes), "of copies to play")}
          ${tile(String(answers.answered), answers.failed > 0 ? `answers, ${answers.failed} failed` : "answers since the start")}
          ${tile(String(page.preparing), "clips being prepared")}
          ${jobs === undefined ? "" : tile(String(jobs), "jobs waiting or running")}
        </ul>
        ${queue ? queueTable(queue) : ""}
        <h2>Lately</h2>
        <div class="plots">${page.plots.map(plot)}</div>
        <h2>Remembered</h2>
        ${clips.length === 0 ? html`<p class="empty">Nothing is remembered.</p>` : clipTable(page)}
        ${
          clips.length === 0
            ? ""
            : html`<h2>Wipe everything</h2>
          <form method="post" action="/admin/forget-all" class="wipe">
            <input type="hidden" name="form" value="${page.formToken}">
            <label><input type="checkbox" name="sure" value="yes" required> Forget every clip, with all that was asked and answered about it</label>
            <button type="submit" class="danger">Wipe everything</button>
          </form>`
        }
      </main>
    `,
  });
}

export const receiptPage = (receipts: readonly (ForgetReceipt & { readonly title: string })[]): Html =>
  layout({
    title: "Forgotten",
    bodyAttributes: html`class="front admin"`,
    body: html`
      <header class="bar"><h1>${BRAND}</h1><a href="/admin">Back</a></header>
      <main>
        <h2>Forgotten</h2>
        <p>${receipts.length === 0 ? "Nothing was remembered." : "Gone for good; links to it open no more. Files of your own were not touched."}</p>
        ${receipts.map(
          (receipt) => html`<article class="turn receipt">
            <h3>${receipt.title}</h3>
            <dl>
              <div><dt>Memory</dt><dd>${receipt.memoryRemoved ? "removed" : "there was none"}</dd></div>
              <div><dt>Questions and answers</dt><dd>${receipt.turnsRemoved} removed</dd></div>
              <div><dt>Copies and where its file lies</dt><dd>${receipt.mediaRemoved ? "removed" : "there were none"}</dd></div>
              <div><dt>Frames</dt><dd>${receipt.framesRemoved ? "removed" : "there were none"}</dd></div>
              <div><dt>Subtitles</dt><dd>${receipt.linesRemoved ? "removed" : "there were none"}</dd></div>
              <div><dt>When</dt><dd>${new Date(receipt.forgottenAtMs).toISOString()}</dd></div>
              <div><dt>Clip</dt><dd><code>${receipt.clipId}</code></dd></div>
            </dl>
          </article>`,
        )}
      </main>
    `,
  });

const tile = (value: string, says: string): Html => html`<li><strong>${value}</strong> <span>${says}</span></li>`;

const queueTable = (queue: QueueCounts): Html => html`<div class="wide"><table>
  <thead><tr><th scope="col">Queue</th><th scope="col">Waiting</th><th scope="col">Running</th><th scope="col">Failed</th></tr></thead>
  <tbody>${(["watch", "answer"] as const).map(
    (kind) => html`<tr><th scope="row">${kind === "watch" ? "Watching" : "Answering"}</th>
      <td>${queue[kind].waiting}</td><td>${queue[kind].running}</td><td>${queue[kind].failed}</td></tr>`,
  )}</tbody>
</table></div>`;

const clipTable = ({
  clips,
  formToken,
}: AdminPage): Html => html`<div class="wide" tabindex="0" role="region" aria-label="Remembered clips"><table>
  <thead><tr><th scope="col">Clip</th><th scope="col">Length</th><th scope="col">Memory</th><th scope="col">File</th>
    <th scope="col">Watched</th><th scope="col">Model</th><th scope="col"><span class="visually-hidden">Forget</span></th></tr></thead>
  <tbody>${clips.map(
    ({ memory, media, path }) => html`<tr>
      <th scope="row"><a href="${path}">${memory.title}</a></th>
      <td>${clockTime(memory.info.durationSeconds)}</td>
      <td>${sizeText(memory.sizeBytes)}</td>
      <td>${media ? html`${sizeText(media.sizeBytes)}${media.copied ? ", copy" : ", yours"}` : "gone"}</td>
      <td>${memory.complete ? new Date(memory.createdAtMs).toISOString().slice(0, 16).replace("T", " ") : `${memory.windowCount} windows so far`}</td>
      <td>${memory.bundle.name} ${memory.bundle.version}</td>
      <td><details><summary class="button">Forget</summary>
        <form method="post" action="/admin/forget">
          <input type="hidden" name="form" value="${formToken}">
          <input type="hidden" name="tenant" value="${memory.key.tenantId}">
          <input type="hidden" name="clip" value="${memory.key.clipId}">
          <button type="submit" class="danger">Yes, forget ${memory.title}</button>
        </form></details></td>
    </tr>`,
  )}</tbody>
</table></div>`;
