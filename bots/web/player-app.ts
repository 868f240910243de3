/**
 * The player as a web application: pages of clips behind jump links, the page at `/` to drop a clip on, and /admin.
 * Everything it needs is handed in, so that any process can mount it; what is left out is not there.
 * Pages load nothing from elsewhere, and say so to the browser in their Content-Security-Policy.
 */
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { type AdminDeps, adminRoutes } from "./admin-routes.ts";
import { serveAssets, styleSheet } from "./assets.ts";
import { type ClipRoutesDeps, clipRoutes } from "./clip-routes.ts";
import { createGuard, type GuardDeps } from "./guard.ts";
import { type HomeDeps, homeRoutes } from "./home-routes.ts";
import { messagePage } from "./layout.ts";
import { Measurements } from "./measurements.ts";

export interface PlayerDeps extends Omit<ClipRoutesDeps, "onAnswered" | "problemOf"> {
  /** Who may use `/` and /admin. Absent: nobody; links to clips open all the same. */
  readonly access?: Pick<GuardDeps, "adminToken" | "localOnly">;
  /** Needs `access`. */
  readonly home?: HomeDeps;
  /** Needs `access` with a token. */
  readonly admin?: AdminDeps;
  /** `/readyz` and `/metrics` (workers/ops-server.ts). Absent: not here. */
  readonly ops?: (path: string) => Promise<{ status: number; type: string; body: string } | undefined>;
}

/** What came through a proxy came from outside, and how a process is doing is not for the public. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/** `/healthz` says this, so that `damo ask` can tell our player from another program on the port. */
export const HEALTH_TEXT = "damo-bot player";

export function createPlayerApp(deps: PlayerDeps): Hono {
  const app = new Hono();

  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: [() => styleSheet().hash],
        mediaSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
      // The token is in the address: no other site may learn it. ("no-referrer" would also make the browser withhold the
      // Origin of our own forms, which the guard looks at.)
      referrerPolicy: "same-origin",
      xFrameOptions: "DENY",
      permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
      // Plain http on this machine; a proxy in front of it decides for itself.
      strictTransportSecurity: false,
    }),
  );

  app.get("/healthz", (c) => c.text(HEALTH_TEXT));

  app.on("GET", ["/readyz", "/metrics"], async (c) => {
    const isOutside = FORWARDED.some((name) => c.req.header(name) !== undefined);
    const reply = isOutside ? undefined : await deps.ops?.(c.req.path);
    if (!reply) return c.notFound();
    return c.body(reply.body, reply.status as 200, { "Content-Type": reply.type, "Cache-Control": "no-store" });
  });

  const { access, home, admin } = deps;
  const measurements = new Measurements(deps.now);
  app.use(async (_, next) => {
    measurements.look();
    await next();
  });

  serveAssets(app);
  clipRoutes(app, {
    ...deps,
    onAnswered: (facts) => measurements.answered(facts),
    ...(home && { problemOf: (clipId) => home.intake.problemOf(clipId) }),
  });
  if (access) {
    const guard = createGuard({ ...access, linkSecret: deps.linkSecret, now: deps.now });
    guard.routes(app);
    if (home) {
      const hasAdmin = admin !== undefined && access.adminToken !== undefined;
      homeRoutes(app, guard, home, { ...deps, hasFrames: deps.frames !== undefined, hasAdmin });
    }
    if (admin) adminRoutes(app, guard, admin, { ...deps, measurements });
  }
  app.get("/", (c) =>
    c.html(messagePage("damo-bot is here", "Open one of the links that it printed under an answer.")),
  );

  app.notFound((c) => c.html(messagePage("There is nothing here", "Check that the whole link was copied."), 404));
  app.onError((error, c) => {
    console.error(error);
    return c.html(messagePage("The player stumbled", "Reload the page; if it happens again, restart damo."), 500);
  });
  return app;
}
