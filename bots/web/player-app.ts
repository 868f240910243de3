/**
 * The player: `/c/TOKEN` is the page, `/c/TOKEN/clip` the bytes, both open to whoever holds an intact link (bots/jump-link.ts).
 * Pages load nothing from elsewhere, and say so to the browser in their Content-Security-Policy.
 */
import { readFile } from "node:fs/promises";
import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { ClipMemoryStore, ClipMemorySummary, MediaStore, ThreadStore } from "../../core/index.ts";
import { type JumpLinkClaims, verifyJumpLinkToken } from "../jump-link.ts";
import { clipResponse } from "./clip-response.ts";
import { messagePage, playerPage } from "./player-page.ts";

export interface PlayerDeps {
  readonly memories: Pick<ClipMemoryStore, "list">;
  readonly threads: Pick<ThreadStore, "read">;
  readonly media: Pick<MediaStore, "find">;
  readonly linkSecret: string;
  /** Wall time, ms since the epoch. */
  readonly now: () => number;
}

/** `/healthz` says this, so that `damo ask` can tell our player from another program on the port. */
export const HEALTH_TEXT = "damo-bot player";

const PLAYER_CSS = new URL("./assets/player.css", import.meta.url);
const PLAYER_JS = new URL("./assets/player.js", import.meta.url);

export function createPlayerApp(deps: PlayerDeps): Hono {
  const app = new Hono();

  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        mediaSrc: ["'self'"],
        imgSrc: ["data:"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      // The token is in the address: no other site may learn it.
      referrerPolicy: "no-referrer",
      xFrameOptions: "DENY",
      // Plain http on this machine; a proxy in front of it decides for itself.
      strictTransportSecurity: false,
    }),
  );

  app.get("/", (c) =>
    c.html(messagePage("damo-bot is here", "Open one of the links that it printed under an answer.")),
  );
  app.get("/healthz", (c) => c.text(HEALTH_TEXT));
  app.get("/player.css", async (c) => c.body(await readFile(PLAYER_CSS, "utf8"), 200, asset("text/css")));
  app.get("/player.js", async (c) => c.body(await readFile(PLAYER_JS, "utf8"), 200, asset("text/javascript")));

  app.get("/c/:token", async (c) => {
    const opened = await openLink(deps, c);
    if (opened instanceof Response) return opened;
    const { claims, summary } = opened;
    const thread =
      claims.threadId === undefined ? undefined : await deps.threads.read(claims.tenantId, claims.threadId);
    return c.html(
      playerPage({
        title: summary.title,
        path: `/c/${c.req.param("token")}`,
        durationSeconds: summary.info.durationSeconds,
        hasPicture: summary.info.video !== undefined,
        startSeconds: Number(c.req.query("t")) || 0,
        turns: (thread?.turns ?? []).filter((turn) => turn.clipId === claims.clipId),
      }),
      200,
      { "Cache-Control": "private, no-store" },
    );
  });

  app.get("/c/:token/clip", async (c) => {
    const opened = await openLink(deps, c);
    if (opened instanceof Response) return opened;
    const answer = await clipResponse({
      path: opened.path,
      clipId: opened.claims.clipId,
      method: c.req.method,
      headers: c.req.raw.headers,
      ...(c.req.query("download") === undefined ? {} : { downloadAs: opened.summary.title }),
    });
    return answer ?? fileGone(c);
  });

  app.notFound((c) => c.html(messagePage("There is nothing here", "Check that the whole link was copied."), 404));
  app.onError((error, c) => {
    console.error(error);
    return c.html(messagePage("The player stumbled", "Reload the page; if it happens again, restart `damo web`."), 500);
  });
  return app;
}

interface OpenedLink {
  readonly claims: JumpLinkClaims;
  readonly summary: ClipMemorySummary;
  readonly path: string;
}

/** The clip that the link of this request opens, or the page that says why it does not. */
async function openLink(deps: PlayerDeps, c: Context): Promise<OpenedLink | Response> {
  const check = verifyJumpLinkToken(deps.linkSecret, c.req.param("token") ?? "", deps.now());
  if (!check.ok) {
    const says = check.reason === "expired" ? "This link has expired" : "This link is not valid";
    const advice =
      check.reason === "expired"
        ? "Ask again to get a new one."
        : "It was changed, cut off, or made by another damo-bot. Copy the whole link, or ask again to get a new one.";
    return c.html(messagePage(says, advice), 403);
  }
  const { claims } = check;
  const memories = await deps.memories.list(claims.tenantId);
  const summary = memories.find((memory) => memory.key.clipId === claims.clipId);
  if (!summary) return c.html(messagePage("This clip was forgotten", "Watch it again to talk about it."), 410);
  const media = await deps.media.find(claims.tenantId, claims.clipId);
  return media ? { claims, summary, path: media.path } : fileGone(c);
}

const fileGone = (c: Context) =>
  c.html(
    messagePage(
      "The clip's file is gone",
      "It was moved, changed or deleted since it was watched. Questions about it still work; to play it, watch it again.",
    ),
    404,
  );

const asset = (contentType: string) => ({
  "Content-Type": `${contentType}; charset=utf-8`,
  "Cache-Control": "no-cache",
});
