import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  type JumpLinkClaims,
  jumpLink,
  MAX_JUMP_LINK_LENGTH,
  signJumpLinkToken,
  timeOf,
  verifyJumpLinkToken,
} from "../../../bots/jump-link.ts";
import { asClipId, asTenantId } from "../../../core/index.ts";

const NOW_MS = Date.UTC(2026, 10, 20);
const SECRET = "a secret of more than 32 characters, kept at home";
const CLAIMS: JumpLinkClaims = {
  tenantId: asTenantId("local"),
  clipId: asClipId(createHash("sha256").update("a clip").digest("hex")),
  threadId: "cli-1",
  expiresAtMs: NOW_MS + 60_000,
};
const SPAN = { startSeconds: 12.5, endSeconds: 15 };
const tokenOf = (link: string) => new URL(link).pathname.slice("/c/".length);

describe("jump links", () => {
  it("carry the second twice: for the page and as a media fragment", () => {
    const link = jumpLink({ baseUrl: "http://127.0.0.1:7717", secret: SECRET, claims: CLAIMS }, SPAN);
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:7717\/c\/[\w.-]+\?t=12\.5#t=12\.5,15$/);
  });

  it("write seconds with two decimals at most, and none before the clip", () => {
    expect(timeOf({ startSeconds: 1 / 3, endSeconds: 2 })).toBe("?t=0.33#t=0.33,2");
    expect(timeOf({ startSeconds: -0.2, endSeconds: 2 })).toBe("?t=0#t=0,2");
  });

  it("give back what was signed", () => {
    expect(verifyJumpLinkToken([SECRET], signJumpLinkToken(SECRET, CLAIMS), NOW_MS)).toEqual({
      ok: true,
      claims: CLAIMS,
    });
    const { threadId: _, ...withoutThread } = CLAIMS;
    const token = signJumpLinkToken(SECRET, withoutThread);
    expect(verifyJumpLinkToken([SECRET], token, NOW_MS)).toEqual({ ok: true, claims: withoutThread });
  });

  it("keep odd tenants and threads apart", () => {
    const odd = { ...CLAIMS, tenantId: asTenantId('a","b\n'), threadId: "C1/1700000000.000100" };
    expect(verifyJumpLinkToken([SECRET], signJumpLinkToken(SECRET, odd), NOW_MS)).toEqual({ ok: true, claims: odd });
  });

  it("are shorter than 512 characters, leaving a long thread's name out", () => {
    const tenantId = asTenantId("T".repeat(40));
    for (const threadId of ["C0123456789/1700000000.000100", "x".repeat(300)]) {
      const claims = { ...CLAIMS, tenantId, threadId };
      const baseUrl = "https://damo.some-company.example.com/clips";
      const link = jumpLink({ baseUrl, secret: SECRET, claims }, { startSeconds: 12345.67, endSeconds: 12399.99 });
      expect(link.length).toBeLessThanOrEqual(MAX_JUMP_LINK_LENGTH);
      const check = verifyJumpLinkToken([SECRET], new URL(link).pathname.split("/").at(-1) as string, NOW_MS);
      expect(check.ok && check.claims.threadId).toBe(threadId.length < 100 ? threadId : undefined);
    }
  });

  it("end when they say", () => {
    const token = signJumpLinkToken(SECRET, CLAIMS);
    expect(verifyJumpLinkToken([SECRET], token, CLAIMS.expiresAtMs - 1).ok).toBe(true);
    expect(verifyJumpLinkToken([SECRET], token, CLAIMS.expiresAtMs)).toEqual({ ok: false, reason: "expired" });
  });

  it("are refused when any character was changed, whatever they say then", () => {
    const token = tokenOf(jumpLink({ baseUrl: "http://h", secret: SECRET, claims: CLAIMS }, SPAN));
    // The last character of the signature carries two unused bits, so all others are tried.
    for (let at = 0; at < token.length - 1; at++) {
      const changed = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
      expect(verifyJumpLinkToken([SECRET], changed, NOW_MS).ok, `character ${at}`).toBe(false);
    }
  });

  it("open with the key that signed them, also after a newer one has taken over", () => {
    const token = signJumpLinkToken(SECRET, CLAIMS);
    const newer = "a newer secret that is more than 32 characters";
    expect(verifyJumpLinkToken([newer, SECRET], token, NOW_MS)).toEqual({ ok: true, claims: CLAIMS });
    expect(verifyJumpLinkToken([newer], token, NOW_MS)).toEqual({ ok: false, reason: "tampered" });
  });

  it("say when they were made, unless they are meant to outlive a wipe", () => {
    const claims = { ...CLAIMS, issuedAtMs: NOW_MS };
    expect(verifyJumpLinkToken([SECRET], signJumpLinkToken(SECRET, claims), NOW_MS)).toEqual({ ok: true, claims });
  });

  it("are refused when another key signed them", () => {
    const foreign = signJumpLinkToken("another secret that is long enough too", CLAIMS);
    expect(verifyJumpLinkToken([SECRET], foreign, NOW_MS)).toEqual({ ok: false, reason: "tampered" });
  });

  it("cannot be moved to another clip or tenant by putting its name in", () => {
    const mine = signJumpLinkToken(SECRET, CLAIMS).split(".");
    const others = { ...CLAIMS, tenantId: asTenantId("other"), clipId: asClipId("0".repeat(64)), threadId: "cli-2" };
    const theirs = signJumpLinkToken(SECRET, others).split(".");
    for (const field of [0, 1, 4]) {
      const forged = mine.map((part, at) => (at === field ? theirs[at] : part)).join(".");
      expect(verifyJumpLinkToken([SECRET], forged, NOW_MS)).toEqual({ ok: false, reason: "tampered" });
    }
  });

  it.each([
    "",
    ".",
    "abc",
    "a.b.c",
    `${"a".repeat(5000)}.${"b".repeat(43)}.z..${"c".repeat(43)}`,
    "\u0000.\u0000",
    "é.é",
  ])("that are no links at all are refused (%j)", (token) =>
    expect(verifyJumpLinkToken([SECRET], token, NOW_MS)).toEqual({ ok: false, reason: "malformed" }),
  );
});
