/**
 * Jump links: signed URLs that open a clip at a second, built and checked here and nowhere else. Pure functions.
 *
 *     http://127.0.0.1:7717/c/TOKEN?t=12.5#t=12.5,15
 *
 * TOKEN says which clip of which tenant it opens, for whom (a thread, optional), since when and until when; `?t=` is for
 * the page, the media fragment (W3C Media Fragments 1.0, section 4.2.1) for players and people. The second is not signed
 * on purpose: whoever may see the clip may move in it.
 *
 *     TOKEN   = PAYLOAD "." base64url(HMAC-SHA256(secret, "damo.jump-link.v1\n" PAYLOAD))
 *     PAYLOAD = base64url(tenant) "." base64url(clip id) "." issued "." expiry "." base64url(thread)
 *
 * `issued` and `expiry` are seconds since the epoch in base 36; `issued` is empty in a link that outlives a wipe.
 * Keys rotate: links are signed with one key and open with it or any older one that is still listed.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { asClipId, asTenantId, type ClipId, type Span, type TenantId } from "../core/index.ts";

export interface JumpLinkClaims {
  readonly tenantId: TenantId;
  readonly clipId: ClipId;
  /** Whose questions and answers the page shows. Absent: none. */
  readonly threadId?: string;
  /**
   * Wall time, ms since the epoch, whole seconds. A clip that was forgotten and watched again later stays closed to links
   * from before. Absent: it does not.
   */
  readonly issuedAtMs?: number;
  /** As above. */
  readonly expiresAtMs: number;
}

export type JumpLinkCheck =
  | { readonly ok: true; readonly claims: JumpLinkClaims }
  | { readonly ok: false; readonly reason: "malformed" | "tampered" | "expired" };

/** Slack cuts button URLs at 3,000 characters, Discord at 512: the smaller one, so that a link works everywhere. */
export const MAX_JUMP_LINK_LENGTH = 511;

const TOKEN_FORM =
  /^(?<payload>(?<tenant>[\w-]*)\.(?<clip>[\w-]{43})\.(?<issued>[0-9a-z]*)\.(?<expiry>[0-9a-z]+)\.(?<thread>[\w-]*))\.(?<signature>[\w-]{43})$/;
type TokenParts = Record<"payload" | "tenant" | "clip" | "issued" | "expiry" | "thread" | "signature", string>;

/** Keeps a signature made for anything else with the same key from passing as a jump link's. */
const CONTEXT = "damo.jump-link.v1\n";

export function signJumpLinkToken(secret: string, claims: JumpLinkClaims): string {
  const payload = [
    base64url(claims.tenantId),
    Buffer.from(claims.clipId, "hex").toString("base64url"),
    claims.issuedAtMs === undefined ? "" : base36Seconds(claims.issuedAtMs),
    base36Seconds(claims.expiresAtMs),
    base64url(claims.threadId ?? ""),
  ].join(".");
  return `${payload}.${mac(secret, payload).toString("base64url")}`;
}

/**
 * Checks the signature first, in constant time, and only then reads what the token says.
 *
 * @param secrets  the key that signs, then older ones that still open
 */
export function verifyJumpLinkToken(secrets: readonly string[], token: string, nowMs: number): JumpLinkCheck {
  const parts = TOKEN_FORM.exec(token)?.groups as TokenParts | undefined;
  if (!parts || token.length > MAX_JUMP_LINK_LENGTH) return { ok: false, reason: "malformed" };
  const signature = Buffer.from(parts.signature, "base64url");
  if (!secrets.some((secret) => timingSafeEqual(mac(secret, parts.payload), signature))) {
    return { ok: false, reason: "tampered" };
  }
  const expiresAtMs = Number.parseInt(parts.expiry, 36) * 1000;
  if (nowMs >= expiresAtMs) return { ok: false, reason: "expired" };
  return {
    ok: true,
    claims: {
      tenantId: asTenantId(fromBase64url(parts.tenant)),
      clipId: asClipId(Buffer.from(parts.clip, "base64url").toString("hex")),
      ...(parts.thread !== "" && { threadId: fromBase64url(parts.thread) }),
      ...(parts.issued !== "" && { issuedAtMs: Number.parseInt(parts.issued, 36) * 1000 }),
      expiresAtMs,
    },
  };
}

export interface JumpLinkOptions {
  /** e.g. `http://127.0.0.1:7717`, no slash at the end. */
  readonly baseUrl: string;
  /** The key that signs. */
  readonly secret: string;
  readonly claims: JumpLinkClaims;
}

/**
 * A link that opens the clip at the start of `span`. A thread whose name would make it longer than
 * MAX_JUMP_LINK_LENGTH is left out: the page then opens without the conversation, but it opens.
 */
export function jumpLink(options: JumpLinkOptions, span: Span): string {
  const { threadId: _thread, ...withoutThread } = options.claims;
  const build = (claims: JumpLinkClaims) =>
    `${options.baseUrl}/c/${signJumpLinkToken(options.secret, claims)}${timeOf(span)}`;
  const link = build(options.claims);
  return link.length <= MAX_JUMP_LINK_LENGTH ? link : build(withoutThread);
}

/** `?t=12.5#t=12.5,15`: seconds with at most two decimals, as the model does not know better. */
export function timeOf(span: Span): string {
  const start = seconds(span.startSeconds);
  return `?t=${start}#t=${start},${seconds(span.endSeconds)}`;
}

const seconds = (value: number): string => String(Math.round(Math.max(0, value) * 100) / 100);

const base36Seconds = (ms: number): string => Math.floor(ms / 1000).toString(36);

const base64url = (text: string): string => Buffer.from(text).toString("base64url");
const fromBase64url = (text: string): string => Buffer.from(text, "base64url").toString();

const mac = (secret: string, payload: string): Buffer =>
  createHmac("sha256", secret).update(CONTEXT).update(payload).digest();
