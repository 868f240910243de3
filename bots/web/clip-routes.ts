/**
 * Everything behind a jump link: `/c/TOKEN` is the page, below it lie the clip's bytes, frames and moments, how far
 * things are, and the question box. All open to whoever holds an intact link (bots/jump-link.ts), nothing else.
 */
import { createHash } from "node:crypto";
import type { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { streamSSE } from "hono/streaming";
import {
  type AskThreadEvent,
  type AskThreadRequest,
  type ClipId,
  type ClipMemoryStore,
  type FrameStore,
  isDomainError,
  type ListMomentsRequest,
  type MediaStore,
  type Moment,
  type ThreadStore,
  type Turn,
  watchedSecondsOf,
} from "../../core/index.ts";
import type { Reply } from "../replies.ts";
import { clipResponse } from "./clip-response.ts";
import type { CutMarks } from "./cut-marks.ts";
import { messagePage } from "./layout.ts";
import { linkOpener, type OpenedLink, type OpenLinkDeps } from "./open-link.ts";
import { playabilityOf } from "./playability.ts";
import type { PlayableClips } from "./playable-clips.ts";
import { playerPage } from "./player-page.ts";
import { RateLimit } from "./rate-limit.ts";
import { turnHtml } from "./turn-html.ts";
import { webReply } from "./web-reply.ts";

export interface ClipRoutesDeps extends OpenLinkDeps {
  readonly memories: Pick<ClipMemoryStore, "list" | "readIndex">;
  readonly threads: Pick<ThreadStore, "read">;
  readonly media: Pick<MediaStore, "find">;
  /** The use case core/ask-thread.ts, here or behind a queue. Absent: no question box. */
  readonly ask?: (request: AskThreadRequest) => AsyncIterable<AskThreadEvent>;
  /** The use case core/list-moments.ts. Absent: no chapters. */
  readonly listMoments?: (request: ListMomentsRequest) => Promise<readonly Moment[]>;
  readonly frames?: Pick<FrameStore, "nearest">;
  /** Where shots change. Absent: not marked. */
  readonly cuts?: CutMarks;
  /** Versions for browsers of clips that none plays. Absent: such clips are offered as a download. */
  readonly playable?: PlayableClips;
  /** Why watching a clip ended early. */
  readonly problemOf?: (clipId: ClipId) => Reply | undefined;
  /** Told of every question that was answered or failed, for the plots of /admin. */
  readonly onAnswered?: (facts: {
    readonly firstTextMs: number;
    readonly totalMs: number;
    readonly ok: boolean;
  }) => void;
}

/** In bytes: 2,000 characters of the widest kind, percent-encoded, and the rest of a form. */
const MAX_FORM_BYTES = 32 * 1024;

/** Per link: a talk among several people passes, a loop does not. */
const QUESTIONS = { burst: 10, everyMs: 3000 };
const CONVERSIONS = { burst: 3, everyMs: 30_000 };

export function clipRoutes(app: Hono, deps: ClipRoutesDeps, homePath?: string): void {
  const openLink = linkOpener(deps);
  const questions = new RateLimit({ ...QUESTIONS, now: deps.now });
  const conversions = new RateLimit({ ...CONVERSIONS, now: deps.now });

  app.get("/c/:token", async (c) => {
    const opened = await openLink(c, "page");
    if (opened instanceof Response) return opened;
    const { claims, summary, path } = opened;
    const { tenantId, clipId } = claims;
    const [thread, media, playable, frame] = await Promise.all([
      deps.threads.read(tenantId, threadOf(opened)),
      deps.media.find(tenantId, clipId),
      deps.playable?.find(tenantId, clipId),
      deps.frames?.nearest(tenantId, clipId, 0),
    ]);
    const needsOther = playabilityOf(summary.info) === "never" && playable === undefined;
    const clip = !media ? "gone" : needsOther && deps.playable ? "convert" : "plays";
    return c.html(
      playerPage({
        title: summary.title,
        path,
        info: summary.info,
        startSeconds: Number(c.req.query("t")) || 0,
        turns: (thread?.turns ?? []).filter((turn) => turn.clipId === clipId),
        clip,
        watching: !summary.complete,
        canAsk: deps.ask !== undefined,
        canConvert: deps.playable !== undefined,
        hasMoments: deps.listMoments !== undefined,
        hasCuts: deps.cuts !== undefined && media !== undefined,
        hasFrames: frame !== undefined,
        ...(homePath !== undefined && { homePath }),
      }),
      200,
      { "Cache-Control": "private, no-store" },
    );
  });

  app.get("/c/:token/clip", async (c) => {
    const opened = await openLink(c, "part");
    if (opened instanceof Response) return opened;
    const { claims, summary } = opened;
    const media = await deps.media.find(claims.tenantId, claims.clipId);
    const wantsFile = c.req.query("download") !== undefined;
    const playable = wantsFile ? undefined : await deps.playable?.find(claims.tenantId, claims.clipId);
    const path = playable ?? media?.path;
    const answer =
      media &&
      path !== undefined &&
      (await clipResponse({
        path,
        // The id is the hash of the original's bytes: another version of it needs another tag.
        tag: playable === undefined ? claims.clipId : `${claims.clipId}-playable`,
        method: c.req.method,
        headers: c.req.raw.headers,
        ...(wantsFile && { downloadAs: summary.title }),
      }));
    return (
      answer ||
      c.html(
        messagePage(
          "The clip's file is gone",
          "It was moved, changed or deleted since it was watched. Questions about it still work; to play it, watch it again.",
        ),
        404,
      )
    );
  });

  app.get("/c/:token/frame", async (c) => {
    const opened = await openLink(c, "part");
    if (opened instanceof Response) return opened;
    const at = Number(c.req.query("t"));
    const { tenantId, clipId } = opened.claims;
    const frame = Number.isFinite(at) ? await deps.frames?.nearest(tenantId, clipId, at) : undefined;
    if (!frame) return c.body(null, 404);
    return c.body(new Uint8Array(frame.jpeg), 200, {
      "Content-Type": "image/jpeg",
      "Cache-Control": "private, max-age=300",
    });
  });

  app.get("/c/:token/moments", async (c) => {
    const opened = await openLink(c, "part");
    if (opened instanceof Response) return opened;
    if (!deps.listMoments) return c.json({ moments: [] });
    const { tenantId, clipId } = opened.claims;
    const moments = await deps.listMoments({ tenantId, clipId, signal: c.req.raw.signal }).catch((error) => {
      // A page without chapters is better than none; a bug is still told.
      if (isDomainError(error)) return [];
      throw error;
    });
    return c.json({ moments }, 200, { "Cache-Control": "private, no-store" });
  });

  app.get("/c/:token/cuts", async (c) => {
    const opened = await openLink(c, "part");
    if (opened instanceof Response) return opened;
    const { tenantId, clipId } = opened.claims;
    const media = deps.cuts && (await deps.media.find(tenantId, clipId));
    return c.json({ cuts: media ? await deps.cuts?.of(tenantId, clipId, media.path) : [] });
  });

  app.get("/c/:token/status", async (c) => {
    const opened = await openLink(c, "page");
    if (opened instanceof Response) return opened;
    const { claims, summary } = opened;
    const memory = summary.complete ? undefined : await deps.memories.readIndex(summary.key);
    return c.json(
      {
        complete: summary.complete,
        watchedSeconds: memory ? watchedSecondsOf(memory) : summary.info.durationSeconds,
        durationSeconds: summary.info.durationSeconds,
        problem: summary.complete ? undefined : deps.problemOf?.(claims.clipId),
        playable: (await deps.playable?.status(claims.tenantId, claims.clipId)) ?? { state: "none" },
      },
      200,
      { "Cache-Control": "private, no-store" },
    );
  });

  app.post("/c/:token/playable", async (c) => {
    const opened = await openLink(c, "page");
    if (opened instanceof Response) return opened;
    const { tenantId, clipId } = opened.claims;
    const media = await deps.media.find(tenantId, clipId);
    if (!deps.playable || !media) return c.body(null, 404);
    const waitMs = conversions.take(opened.path);
    if (waitMs > 0) return c.body(null, 429, { "Retry-After": String(Math.ceil(waitMs / 1000)) });
    deps.playable.request({ tenantId, clipId, path: media.path, info: opened.summary.info });
    return c.json(await deps.playable.status(tenantId, clipId), 202);
  });

  app.post("/c/:token/ask", bodyLimit({ maxSize: MAX_FORM_BYTES }), async (c) => {
    const opened = await openLink(c, "page");
    if (opened instanceof Response) return opened;
    const { ask } = deps;
    if (!ask) return c.html(messagePage("Nobody answers here", "This player shows clips only."), 404);
    const question = String((await c.req.parseBody())["question"] ?? "");
    const streams = c.req.header("Accept")?.includes("text/event-stream") ?? false;

    const waitMs = questions.take(opened.path);
    if (waitMs > 0) {
      const retryAfter = { "Retry-After": String(Math.ceil(waitMs / 1000)) };
      return streams ? c.json(TOO_MANY, 429, retryAfter) : c.html(messagePage(TOO_MANY.says, TOO_MANY.advice), 429);
    }
    const { tenantId, clipId } = opened.claims;
    const leaving = new AbortController();
    const request = { tenantId, clipId, threadId: threadOf(opened), question, signal: leaving.signal };
    const startedAtMs = deps.now();
    let firstTextMs: number | undefined;
    const events = ask(request);
    const measured = async function* () {
      let ok = false;
      try {
        for await (const event of events) {
          firstTextMs ??= deps.now() - startedAtMs;
          yield event;
        }
        ok = true;
      } finally {
        const totalMs = deps.now() - startedAtMs;
        if (!leaving.signal.aborted) deps.onAnswered?.({ firstTextMs: firstTextMs ?? totalMs, totalMs, ok });
      }
    };

    if (!streams) {
      try {
        for await (const _ of measured());
      } catch (error) {
        const { says, advice } = webReply(error);
        return c.html(messagePage(says, advice), isDomainError(error) ? 422 : 500);
      }
      return c.redirect(`${opened.path}#ask`, 303);
    }
    return streamSSE(c, async (stream) => {
      stream.onAbort(() => leaving.abort());
      const send = (event: string, data: unknown) => stream.writeSSE({ event, data: JSON.stringify(data) });
      try {
        for await (const event of measured()) {
          if (event.type === "text") await send("text", event.text);
          else {
            const turn: Turn = {
              question: { text: question.trim() },
              answer: event.answer,
              clipId,
              askedAtMs: startedAtMs,
            };
            const first = event.answer.spans[0];
            const frame = first && (await deps.frames?.nearest(tenantId, clipId, first.startSeconds));
            const rendered = turnHtml(turn, { path: opened.path, hasFrames: frame !== undefined });
            await send("answered", { html: String(await rendered), spans: event.answer.spans });
          }
        }
      } catch (error) {
        if (!leaving.signal.aborted) await send("problem", webReply(error));
      }
    });
  });
}

/** A link that carries no conversation has one of its own, which all who hold that link share. */
function threadOf({ claims, path }: OpenedLink): string {
  return claims.threadId ?? `web-${createHash("sha256").update(path).digest("hex").slice(0, 16)}`;
}

const TOO_MANY: Reply = {
  says: "That is a lot of questions at once.",
  advice: "Wait a few seconds, then ask again.",
};
