/** `/`: drop a clip, see what is remembered, and go on with any of it. The whole product with no chat platform. */
import type { Hono } from "hono";
import {
  type ClipId,
  type ClipMemoryStore,
  type ClipMemorySummary,
  DomainError,
  type ErrorCode,
  isDomainError,
  type TenantId,
} from "../../core/index.ts";
import { signJumpLinkToken } from "../jump-link.ts";
import type { ClipIntake } from "./clip-intake.ts";
import type { Guard } from "./guard.ts";
import { homePage } from "./home-page.ts";
import { RateLimit } from "./rate-limit.ts";
import { webReply } from "./web-reply.ts";

export interface HomeDeps {
  readonly tenantId: TenantId;
  readonly intake: ClipIntake;
  readonly maxClipBytes: number;
  readonly linkTtlMs: number;
}

export interface HomeRoutesDeps {
  readonly memories: Pick<ClipMemoryStore, "list">;
  readonly linkSecret: string;
  readonly now: () => number;
  readonly hasFrames: boolean;
  readonly hasAdmin: boolean;
}

const CLIPS = { burst: 10, everyMs: 5000 };

export function homeRoutes(app: Hono, guard: Guard, home: HomeDeps, deps: HomeRoutesDeps): void {
  const clips = new RateLimit({ ...CLIPS, now: deps.now });
  const pathOf = (clipId: ClipId) => homeClipPath(home, deps, clipId);

  app.get("/", async (c) => {
    const session = await guard.enter(c, "home");
    if (session instanceof Response) return session;
    const remembered = newestFirst(await deps.memories.list(home.tenantId));
    return c.html(
      homePage({
        formToken: session.formToken,
        maxClipBytes: home.maxClipBytes,
        clips: remembered.map((memory) => ({ memory, path: pathOf(memory.key.clipId) })),
        hasFrames: deps.hasFrames,
        hasAdmin: deps.hasAdmin,
      }),
      200,
      { "Cache-Control": "private, no-store" },
    );
  });

  /** The body is the file itself; its name comes percent-encoded in a header. Answers with the page of the clip. */
  app.post("/clips", async (c) => {
    const session = await guard.enterToChange(c, "home", c.req.header("X-Damo-Form"));
    if (session instanceof Response) return session;
    const waitMs = clips.take("clips");
    if (waitMs > 0) {
      const says = { says: "That is a lot of clips at once.", advice: "Wait a few seconds, then try again." };
      return c.json(says, 429, { "Retry-After": String(Math.ceil(waitMs / 1000)) });
    }
    if (Number(c.req.header("Content-Length")) > home.maxClipBytes) {
      const details = { sizeBytes: Number(c.req.header("Content-Length")), maxBytes: home.maxClipBytes };
      return c.json(webReply(new DomainError("clip.too_large", "too large", { details })), 413);
    }
    try {
      const body = c.req.raw.body ?? new Blob([]).stream();
      const clipId = await home.intake.receive(body, titleOf(c.req.header("X-Clip-Name")));
      return c.json({ page: pathOf(clipId) }, 201);
    } catch (error) {
      return c.json(webReply(error), isDomainError(error) ? statusOf(error.code) : 500);
    }
  });
}

/** The owner's conversation about a clip is one and the same whenever the page is opened from `/`. */
export function homeClipPath(
  home: Pick<HomeDeps, "tenantId" | "linkTtlMs">,
  { linkSecret, now }: Pick<HomeRoutesDeps, "linkSecret" | "now">,
  clipId: ClipId,
): string {
  const threadId = `web-${clipId.slice(0, 16)}`;
  const claims = { tenantId: home.tenantId, clipId, threadId, issuedAtMs: now(), expiresAtMs: now() + home.linkTtlMs };
  return `/c/${signJumpLinkToken(linkSecret, claims)}`;
}

/** Each clip once, whatever bundles have watched it. */
export const newestFirst = (memories: readonly ClipMemorySummary[]): readonly ClipMemorySummary[] =>
  [...new Map(memories.map((memory) => [memory.key.clipId, memory])).values()].reverse();

/** What people call the file: its last part, printable, of sane length. */
function titleOf(header: string | undefined): string {
  let name = "";
  try {
    name = decodeURIComponent(header ?? "");
  } catch {
    // Not percent-encoded: nameless then.
  }
  const last = name.split(/[\\/]/).at(-1) ?? "";
  return last.replace(/\p{C}/gu, "").trim().slice(-200) || "clip";
}

function statusOf(code: ErrorCode): 400 | 413 | 415 | 422 | 503 {
  if (code === "clip.too_large" || code === "clip.too_long") return 413;
  if (code === "clip.not_media") return 415;
  if (code === "cancelled") return 400;
  return code.startsWith("clip.") ? 422 : 503;
}
