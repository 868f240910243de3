/** /admin: what is remembered, what is under way, and wiping with a receipt. Behind DAMO_ADMIN_TOKEN (guard.ts). */
import { stat } from "node:fs/promises";
import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type {
  ClipId,
  ClipMemoryStore,
  ClipMemorySummary,
  ForgetReceipt,
  MediaStore,
  TenantId,
  WorkQueue,
} from "../../core/index.ts";
import { type AdminClip, adminPage, receiptPage } from "./admin-page.ts";
import type { Guard, Session } from "./guard.ts";
import { homeClipPath, newestFirst } from "./home-routes.ts";
import type { Measurements } from "./measurements.ts";
import type { PlayableClips } from "./playable-clips.ts";
import type { Plot } from "./plot.ts";

export interface AdminDeps {
  /** Whose clips are shown: all of them, on one page. */
  readonly tenants: () => Promise<readonly TenantId[]>;
  /** The use case core/forget-clip.ts, and whatever else has to let go of the clip. */
  readonly forget: (tenantId: TenantId, clipId: ClipId) => Promise<ForgetReceipt>;
  readonly queue?: Pick<WorkQueue, "counts">;
  /** More plots, e.g. of the workers. */
  readonly plots?: () => Promise<readonly Plot[]>;
  readonly linkTtlMs: number;
}

export interface AdminRoutesDeps {
  readonly memories: Pick<ClipMemoryStore, "list">;
  readonly media: Pick<MediaStore, "find">;
  readonly playable?: PlayableClips | undefined;
  readonly measurements: Measurements;
  readonly linkSecret: string;
  readonly now: () => number;
}

const MAX_FORM_BYTES = 8 * 1024;

export function adminRoutes(app: Hono, guard: Guard, admin: AdminDeps, deps: AdminRoutesDeps): void {
  const remembered = async (): Promise<readonly ClipMemorySummary[]> => {
    const lists = await Promise.all((await admin.tenants()).map((tenantId) => deps.memories.list(tenantId)));
    return lists.flatMap(newestFirst);
  };
  const forget = async (memory: ClipMemorySummary) => {
    const { tenantId, clipId } = memory.key;
    await deps.playable?.cancel(tenantId, clipId);
    return { ...(await admin.forget(tenantId, clipId)), title: memory.title };
  };

  app.get("/admin", async (c) => {
    const session = await guard.enter(c, "admin");
    if (session instanceof Response) return session;
    const clips = await Promise.all((await remembered()).map((memory) => adminClip(memory, admin, deps)));
    return c.html(
      adminPage({
        formToken: session.formToken,
        clips,
        // A queue that cannot be reached must not hide what is remembered.
        queue: await admin.queue?.counts().catch(() => undefined),
        preparing: deps.playable?.length ?? 0,
        answers: deps.measurements.counts,
        plots: [...deps.measurements.plots(), ...((await admin.plots?.()) ?? [])],
      }),
      200,
      { "Cache-Control": "private, no-store" },
    );
  });

  app.post("/admin/forget", bodyLimit({ maxSize: MAX_FORM_BYTES }), async (c) => {
    const form = await formOf(c, guard);
    if (form instanceof Response) return form;
    const meant = (await remembered()).filter(
      ({ key }) => key.tenantId === form["tenant"] && key.clipId === form["clip"],
    );
    return c.html(receiptPage(await inTurn(meant, forget)));
  });

  app.post("/admin/forget-all", bodyLimit({ maxSize: MAX_FORM_BYTES }), async (c) => {
    const form = await formOf(c, guard);
    if (form instanceof Response) return form;
    return c.html(receiptPage(form["sure"] === "yes" ? await inTurn(await remembered(), forget) : []));
  });
}

async function adminClip(memory: ClipMemorySummary, admin: AdminDeps, deps: AdminRoutesDeps): Promise<AdminClip> {
  const { tenantId, clipId } = memory.key;
  const media = await deps.media.find(tenantId, clipId);
  const facts = media && (await stat(media.path).catch(() => undefined)); // gone between the two looks
  return {
    memory,
    media: media && facts && { sizeBytes: facts.size, copied: media.copied },
    path: homeClipPath({ tenantId, linkTtlMs: admin.linkTtlMs }, deps, clipId),
  };
}

/** The fields of a form that this session was given. */
async function formOf(c: Context, guard: Guard): Promise<Readonly<Record<string, unknown>> | Response> {
  const form = await c.req.parseBody();
  const session: Session | Response = await guard.enterToChange(c, "admin", String(form["form"] ?? ""));
  return session instanceof Response ? session : form;
}

/** One after the other: each takes the store for itself. */
async function inTurn<T, R>(values: readonly T[], act: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const value of values) results.push(await act(value));
  return results;
}
