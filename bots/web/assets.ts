/**
 * The scripts and the style sheet as Vite built them from bots/web/page/ (script/build-page; a test fails when what lies
 * in built/ is older than its source). Addresses carry the content's hash, so browsers may keep them for ever.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { Hono } from "hono";

const BUILT = new URL("./built/", import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

interface Asset {
  readonly bytes: Buffer;
  readonly hash: string;
  readonly contentType: string;
}

/** Read once, when the first page is made. */
let assets: ReadonlyMap<string, Asset> | undefined;

function builtAssets(): ReadonlyMap<string, Asset> {
  assets ??= new Map(
    readdirSync(BUILT).map((name) => {
      const bytes = readFileSync(new URL(name, BUILT));
      const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, 12);
      return [name, { bytes, hash, contentType: TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream" }];
    }),
  );
  return assets;
}

/** The address of a built file, e.g. `/assets/player.js?v=4fZr0aYq1b2c`. */
export function asset(name: string): string {
  const found = builtAssets().get(name);
  if (!found) throw new Error(`bots/web/built/${name} is missing: run script/build-page`);
  return `/assets/${name}?v=${found.hash}`;
}

/**
 * The style sheet, which stands in every page: a phone on a slow line paints one round trip earlier. Its hash goes into the
 * Content-Security-Policy, so that no other style is let in.
 */
export function styleSheet(): { readonly text: string; readonly hash: string } {
  const found = builtAssets().get("page.css");
  if (!found) throw new Error("bots/web/built/page.css is missing: run script/build-page");
  const text = found.bytes.toString("utf8").trim();
  return { text, hash: `'sha256-${createHash("sha256").update(text).digest("base64")}'` };
}

export function serveAssets(app: Hono): void {
  app.get("/assets/:name", (c) => {
    const found = builtAssets().get(c.req.param("name"));
    if (!found) return c.notFound();
    // Scripts import their shared part by its plain name: that one is asked for again, cheaply.
    const lasting = c.req.query("v") === found.hash;
    if (c.req.header("If-None-Match") === `"${found.hash}"`) return c.body(null, 304);
    return c.body(new Uint8Array(found.bytes), 200, {
      "Content-Type": found.contentType,
      "Cache-Control": lasting ? "public, max-age=31536000, immutable" : "no-cache",
      ETag: `"${found.hash}"`,
    });
  });
}
