/**
 * Who may use `/` (drop a clip, see all clips) and /admin. Links to single clips need none of this.
 *
 *     a browser on this machine, no DAMO_ADMIN_TOKEN   may use `/`, not /admin
 *     anyone else                                      signs in with DAMO_ADMIN_TOKEN first; without one, both are closed
 *
 * "On this machine" is believed only when the server listens on loopback, nothing was forwarded by a proxy, and the Host
 * header is a loopback name: a page of another site that was rebound to 127.0.0.1 sends its own name there.
 * Whatever changes something also needs the session's form token and comes from this very origin, so that no other site
 * can send it in the person's name. Sessions are signed, not stored: they end with their expiry or with the link key.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { getCookie, setCookie } from "hono/cookie";
import { html } from "hono/html";
import { messagePage } from "./layout.ts";
import { RateLimit } from "./rate-limit.ts";

export interface GuardDeps {
  readonly adminToken?: string | undefined;
  /** The server listens on loopback alone, and no public address leads to it. */
  readonly localOnly: boolean;
  /** Signs sessions as well; each use has its own context. */
  readonly linkSecret: string;
  /** Wall time, ms since the epoch. */
  readonly now: () => number;
}

export type Area = "home" | "admin";

export interface Guard {
  /** The session of this request, or the page that asks to sign in or says why not. A fresh one is set as a cookie. */
  enter(c: Context, area: Area): Promise<Session | Response>;
  /** As `enter`, for requests that change something. */
  enterToChange(c: Context, area: Area, formToken: string | undefined): Promise<Session | Response>;
  /** Adds `/sign-in`. */
  routes(app: Hono): void;
}

export interface Session {
  /** Goes into forms and into the header X-Damo-Form. */
  readonly formToken: string;
}

const COOKIE = "damo_session";
const SESSION_MS = 12 * 3_600_000;

/** For the whole server, as addresses can be forged behind a proxy: 10 at once, then one in 10 s, 8,640 a day. */
const SIGN_INS = { burst: 10, everyMs: 10_000 };

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;
const FORWARDED = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via"];

export function createGuard(deps: GuardDeps): Guard {
  const signIns = new RateLimit({ ...SIGN_INS, now: deps.now });
  const mac = (context: string, text: string) =>
    createHmac("sha256", deps.linkSecret).update(`${context}\n${text}`).digest("base64url");

  const isSigned = (value: string): boolean => {
    const [, payload = "", expiry = "", signature = ""] = /^((\w+)\.[\w-]+)\.([\w-]{43})$/.exec(value) ?? [];
    // The token is signed along: another one ends all sessions that the one before opened.
    return (
      same(signature, mac(`damo.session.v1 ${deps.adminToken ?? ""}`, payload)) &&
      Number.parseInt(expiry, 36) * 1000 > deps.now()
    );
  };
  const begin = (c: Context): string => {
    const payload = `${Math.floor((deps.now() + SESSION_MS) / 1000).toString(36)}.${randomBytes(12).toString("base64url")}`;
    const value = `${payload}.${mac(`damo.session.v1 ${deps.adminToken ?? ""}`, payload)}`;
    const secure = c.req.header("X-Forwarded-Proto") === "https" || new URL(c.req.url).protocol === "https:";
    setCookie(c, COOKIE, value, { httpOnly: true, sameSite: "Strict", path: "/", secure, maxAge: SESSION_MS / 1000 });
    return value;
  };
  const sessionOf = (value: string): Session => ({ formToken: mac("damo.form.v1", value) });
  const current = (c: Context): string | undefined => {
    const value = getCookie(c, COOKIE);
    return value !== undefined && isSigned(value) ? value : undefined;
  };
  const isFromHere = (c: Context) =>
    deps.localOnly &&
    LOOPBACK_HOST.test(c.req.header("Host") ?? "") &&
    FORWARDED.every((name) => c.req.header(name) === undefined);
  const isOpen = (c: Context, area: Area) => area === "home" && deps.adminToken === undefined && isFromHere(c);

  const refuse = async (c: Context, area: Area): Promise<Response> => {
    if (deps.adminToken !== undefined) return signInPage(c, c.req.path, 401);
    const advice =
      area === "admin"
        ? "Set DAMO_ADMIN_TOKEN and start damo again to use this page."
        : "This page is open on the machine that damo runs on only. To use it from elsewhere, set DAMO_ADMIN_TOKEN and start damo again.";
    const says = area === "admin" ? "The admin page is closed" : "damo-bot is here";
    return c.html(messagePage(says, `${advice} Links to single clips open as always.`), 403);
  };

  const guard: Guard = {
    async enter(c, area) {
      if (isOpen(c, area)) return sessionOf(current(c) ?? begin(c));
      const session = deps.adminToken === undefined ? undefined : current(c);
      return session === undefined ? refuse(c, area) : sessionOf(session);
    },

    async enterToChange(c, area, formToken) {
      const value = current(c);
      const mayEnter = value !== undefined && (isOpen(c, area) || deps.adminToken !== undefined);
      if (!mayEnter) return refuse(c, area);
      const session = sessionOf(value);
      if (!comesFromThisOrigin(c) || !same(formToken ?? "", session.formToken)) {
        return c.html(messagePage("This form is too old", "Load the page again, then repeat it."), 403);
      }
      return session;
    },

    routes(app) {
      app.post("/sign-in", bodyLimit({ maxSize: 4096 }), async (c) => {
        const { token, to } = await c.req.parseBody();
        const target = to === "/admin" ? "/admin" : "/";
        if (deps.adminToken === undefined || !comesFromThisOrigin(c)) return refuse(c, "admin");
        const waitMs = signIns.take("sign-in");
        if (waitMs > 0) {
          c.header("Retry-After", String(Math.ceil(waitMs / 1000)));
          return c.html(messagePage("Too many attempts", "Wait a minute, then sign in again."), 429);
        }
        if (!same(String(token ?? ""), deps.adminToken)) return signInPage(c, target, 403, "That is not the token.");
        begin(c);
        return c.redirect(target, 303);
      });
    },
  };
  return guard;
}

async function signInPage(c: Context, to: string, status: 401 | 403, problem?: string): Promise<Response> {
  const form = html`${problem === undefined ? "" : html`<p role="alert" class="note">${problem}</p>`}
    <form method="post" action="/sign-in">
      <input type="hidden" name="to" value="${to}">
      <label for="token" class="visually-hidden">Admin token</label>
      <input id="token" type="password" name="token" required autocomplete="current-password" placeholder="Admin token">
      <button type="submit" class="primary">Sign in</button>
    </form>`;
  const page = messagePage("Sign in", "With the token that DAMO_ADMIN_TOKEN holds.", form);
  return c.html(page, status);
}

/** Browsers say where a POST comes from; what says nothing (curl) carries no cookie that it was not given. */
function comesFromThisOrigin(c: Context): boolean {
  const site = c.req.header("Sec-Fetch-Site");
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  const origin = c.req.header("Origin");
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === c.req.header("Host"));
}

/** In constant time. */
function same(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHmac("sha256", "compare").update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(left, right);
}
