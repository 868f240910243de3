/** The clip that the link of a request opens, or the page that says why it does not. */
import type { Context } from "hono";
import type { ClipMemoryStore, ClipMemorySummary } from "../../core/index.ts";
import { type JumpLinkClaims, verifyJumpLinkToken } from "../jump-link.ts";
import { messagePage } from "./layout.ts";

export interface OpenLinkDeps {
  readonly memories: Pick<ClipMemoryStore, "list">;
  /** The key that signs. */
  readonly linkSecret: string;
  /** Keys that signed before; their links still open. */
  readonly oldLinkSecrets?: readonly string[];
  /** Wall time, ms since the epoch. */
  readonly now: () => number;
}

export interface OpenedLink {
  readonly claims: JumpLinkClaims;
  readonly summary: ClipMemorySummary;
  /** `/c/TOKEN` */
  readonly path: string;
}

/**
 * A page opens with a fresh look at the memories. What it then loads (the clip in ranges, frames) may rely on that look
 * for a moment: listing reads every memory of the tenant, and a browser asks for dozens of ranges.
 */
const LOOK_LASTS_MS = 2000;

/** How much earlier than its clip's memory a link may have been made: clocks of several machines differ a little. */
const CLOCK_TOLERANCE_MS = 5000;

export function linkOpener(deps: OpenLinkDeps) {
  const looks = new Map<string, { readonly atMs: number; readonly summary: ClipMemorySummary | undefined }>();

  const look = async ({ tenantId, clipId }: JumpLinkClaims, fresh: boolean) => {
    const id = `${clipId} ${tenantId}`;
    const before = looks.get(id);
    if (before && !fresh && deps.now() - before.atMs < LOOK_LASTS_MS) return before.summary;
    const memories = (await deps.memories.list(tenantId)).filter((memory) => memory.key.clipId === clipId);
    // Several bundles may have watched it. The newest is shown; the oldest says since when the clip is remembered.
    const newest = memories.at(-1);
    const summary = newest && { ...newest, createdAtMs: (memories[0] as ClipMemorySummary).createdAtMs };
    if (looks.size > 1000) looks.clear();
    looks.set(id, { atMs: deps.now(), summary });
    return summary;
  };

  /** @param kind  `part`: something that an open page loads */
  return async (c: Context, kind: "page" | "part"): Promise<OpenedLink | Response> => {
    const token = c.req.param("token") ?? "";
    const check = verifyJumpLinkToken([deps.linkSecret, ...(deps.oldLinkSecrets ?? [])], token, deps.now());
    if (!check.ok) {
      const [says, advice] =
        check.reason === "expired"
          ? ["This link has expired", "Ask again to get a new one."]
          : [
              "This link is not valid",
              "It was changed, cut off, or made by another damo-bot. Copy the whole link, or ask again to get a new one.",
            ];
      return c.html(messagePage(says, advice), 403);
    }
    const { claims } = check;
    const summary = await look(claims, kind === "page");
    const isFromBefore =
      summary && claims.issuedAtMs !== undefined && claims.issuedAtMs + CLOCK_TOLERANCE_MS < summary.createdAtMs;
    if (!summary || isFromBefore) {
      return c.html(messagePage("This clip was forgotten", "Watch it again to talk about it."), 410);
    }
    return { claims, summary, path: `/c/${token}` };
  };
}
