/** The frame that every page stands in, and the page that says one thing. `html` escapes every value that it is given. */
import { html, raw } from "hono/html";
import { asset, styleSheet } from "./assets.ts";

export type Html = ReturnType<typeof html>;

export interface Layout {
  readonly title: string;
  readonly body: Html;
  /** The script of this page, by its name in bots/web/page/. Absent: none. */
  readonly script?: "player" | "home";
  /** More attributes of <body>: what the script has to know. */
  readonly bodyAttributes?: Html;
}

export const layout = ({ title, body, script, bodyAttributes }: Layout): Html => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="dark light">
    <meta name="robots" content="noindex">
    <title>${title}</title>
    <link rel="icon" href="${raw(ICON)}">
    <style>${raw(styleSheet().text)}</style>
    ${script ? html`<script type="module" src="${asset(`${script}.js`)}"></script>` : ""}
  </head>
  <body ${bodyAttributes ?? ""}>${body}</body>
</html>`;

/** A page that says one thing: why there is no clip, and what to do. */
export const messagePage = (says: string, advice: string, more: Html | "" = ""): Html =>
  layout({
    title: says,
    body: html`<main class="message">${BRAND}<h1>${says}</h1><p>${advice}</p>${more}</main>`,
  });

/** A moment on a line: the mark of the house. */
export const BRAND: Html = html`<span class="brand"><svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"
  ><rect class="line" x="1" y="10.5" width="22" height="3" rx="1.5"></rect
  ><rect class="moment" x="9" y="5" width="6" height="14" rx="3"></rect></svg>damo</span>`;

const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect x="1" y="10.5" width="22" height="3" rx="1.5" fill="#8a8d94"/><rect x="9" y="5" width="6" height="14" rx="3" fill="#e07a1f"/></svg>',
)}`;
