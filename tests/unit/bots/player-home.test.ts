/** `/`, sign-in and /admin: who may use them, and what they do. Real stores, the fake model. */
import { existsSync, readdirSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { isLocalOnly, playerParts } from "../../../bots/cli/player-parts.ts";
import { type PlayerServer, servePlayer } from "../../../bots/web/serve-player.ts";
import { createFakeServices } from "../../support/fake-services.ts";
import { scratchFolder } from "../../support/scratch-folder.ts";
import { sessionFrom, type WebSession } from "../../support/web-session.ts";

const ADMIN_TOKEN = "an admin token for tests";
const CLIP = "dog bark dog";

let home: string;
beforeEach(async () => {
  home = await scratchFolder();
});

/** A player as `damo web` makes it, ended with the test. */
async function aServer(env: Readonly<Record<string, string>> = {}): Promise<PlayerServer> {
  const services = await createFakeServices({ DAMO_HOME: home, DAMO_WEB_PORT: "0", ...env });
  const parts = await playerParts(services, Date.now);
  const server = await servePlayer(parts.deps, { host: "127.0.0.1", port: 0 });
  // Not afterEach: the folder of the clips goes away before it.
  onTestFinished(async () => {
    await server.close();
    await parts.close();
    await services.close();
  });
  return server;
}

const send = (server: PlayerServer, session: WebSession | undefined, body: string, more: Record<string, string> = {}) =>
  fetch(`${server.baseUrl}/clips`, {
    method: "POST",
    body,
    headers: {
      "X-Clip-Name": encodeURIComponent("día de <perros>.words"),
      ...(session && { Cookie: session.cookie, "X-Damo-Form": session.formToken }),
      ...more,
    },
  });
const openHome = async (server: PlayerServer) => sessionFrom(await fetch(server.baseUrl));

async function signIn(server: PlayerServer, token = ADMIN_TOKEN): Promise<WebSession> {
  const body = new URLSearchParams({ token, to: "/admin" });
  const signedIn = await fetch(`${server.baseUrl}/sign-in`, { method: "POST", body, redirect: "manual" });
  expect(signedIn.status).toBe(303);
  const cookie = signedIn.headers.get("Set-Cookie")?.split(";")[0] ?? "";
  return sessionFrom(await fetch(server.baseUrl, { headers: { Cookie: cookie } }), { cookie, formToken: "" });
}

const watched = (clipPage: string) =>
  expect
    .poll(async () => ((await (await fetch(`${clipPage}/status`)).json()) as { complete: boolean }).complete, {
      timeout: 20_000,
    })
    .toBe(true);

/** fetch does not let anybody choose the Host header. */
const statusFor = (server: PlayerServer, path: string, headers: Record<string, string>) =>
  new Promise<number>((resolve, reject) => {
    const { hostname, port } = new URL(server.baseUrl);
    httpRequest({ hostname, port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode as number);
    })
      .on("error", reject)
      .end();
  });

describe("the page at /", () => {
  it("takes a clip, watches it, and opens the page where it can be asked about", async () => {
    const server = await aServer();
    const sent = await send(server, await openHome(server), CLIP);
    expect(sent.status).toBe(201);
    const { page } = (await sent.json()) as { page: string };
    const text = await (await fetch(server.baseUrl + page)).text();
    expect(text).toContain("día de &lt;perros&gt;.words");

    await watched(server.baseUrl + page);
    const body = new URLSearchParams({ question: "where is the bark?" });
    const headers = { Accept: "text/event-stream" };
    const answer = await (await fetch(`${server.baseUrl}${page}/ask`, { method: "POST", body, headers })).text();
    expect(answer).toMatch(/event: text\ndata: "It "/);
    expect(answer).toMatch(/event: answered\ndata: .*data-start=\\"8\\"/);
    const moments = (await (await fetch(`${server.baseUrl}${page}/moments`)).json()) as {
      moments: { label: string }[];
    };
    expect(moments.moments.map(({ label }) => label)).toEqual(["dog", "bark", "dog"]);
    // Listed from now on; nothing is left on the way.
    expect(await (await fetch(server.baseUrl)).text()).toContain("día de &lt;perros&gt;.words");
    expect(readdirSync(join(home, "incoming"))).toEqual([]);
  });

  it("tells what is no clip, and keeps nothing of it", async () => {
    const server = await aServer();
    const refused = await send(server, await openHome(server), "  ");
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ says: "This file is empty (0 bytes)." });
    const media = join(home, "media");
    const kept = existsSync(media) ? readdirSync(media, { recursive: true, withFileTypes: true }) : [];
    expect(kept.filter((entry) => entry.isFile())).toEqual([]);
    expect(readdirSync(join(home, "incoming"))).toEqual([]);
  });

  it("refuses a clip that is too large, announced or not", async () => {
    const server = await aServer({ DAMO_MAX_CLIP_BYTES: "10" });
    const session = await openHome(server);
    expect((await send(server, session, CLIP)).status).toBe(413);
    const unannounced = new Blob([CLIP]).stream();
    const sent = await fetch(`${server.baseUrl}/clips`, {
      method: "POST",
      body: unannounced,
      duplex: "half",
      headers: { Cookie: session.cookie, "X-Damo-Form": session.formToken },
    } as RequestInit);
    expect(sent.status).toBe(413);
    expect(await sent.json()).toMatchObject({ says: expect.stringContaining("the limit is 10 bytes") });
  });

  it("shows no names of files of this machine in its errors", async () => {
    const server = await aServer();
    const text = await (await send(server, await openHome(server), " ")).text();
    expect(text).not.toContain(home);
  });

  it.each([
    ["without a session", () => undefined, {}],
    ["without the form token", (session: WebSession) => ({ ...session, formToken: "" }), {}],
    ["with another session's form token", (session: WebSession) => ({ ...session, formToken: "x".repeat(43) }), {}],
    ["from another site", (session: WebSession) => session, { Origin: "https://evil.example" }],
    ["from another site, as browsers say", (session: WebSession) => session, { "Sec-Fetch-Site": "cross-site" }],
  ])("takes no clip %s", async (_, change, headers) => {
    const server = await aServer();
    const session = await openHome(server);
    expect((await send(server, change(session), CLIP, headers as Record<string, string>)).status).toBe(403);
    expect((await send(server, session, CLIP)).status).toBe(201);
  });

  it.each([
    ["a rebound name", { Host: "evil.example" }],
    ["a name that only begins like this machine", { Host: "localhost.evil.example:7717" }],
    ["a proxy that says so", { "X-Forwarded-For": "203.0.113.9" }],
    ["a proxy that says so otherwise", { Via: "1.1 proxy" }],
  ])("is closed to %s", async (_, headers) => {
    const server = await aServer();
    expect(await statusFor(server, "/", { Host: "localhost:1", ...headers })).toBe(403);
    expect(await statusFor(server, "/", { Host: "localhost:1" })).toBe(200);
  });

  it.each([
    [{ host: "127.0.0.1" }, true],
    [{ host: "localhost" }, true],
    [{ host: "::1" }, true],
    [{ host: "0.0.0.0" }, false],
    [{ host: "127.evil.example" }, false],
    [{ host: "127.0.0.1", publicUrl: "https://damo.example.com" }, false],
  ])("knows whether only this machine reaches %j", (web, expected) => {
    expect(isLocalOnly({ publicUrl: undefined, ...web })).toBe(expected);
  });

  it("is closed where others reach it and no token is set, open with the token", async () => {
    const publicUrl = { DAMO_PUBLIC_URL: "https://damo.example.com" };
    expect((await fetch((await aServer(publicUrl)).baseUrl)).status).toBe(403);
    const server = await aServer({ ...publicUrl, DAMO_ADMIN_TOKEN: ADMIN_TOKEN });
    expect((await fetch(server.baseUrl)).status).toBe(401);
    const { cookie } = await signIn(server);
    const session = await sessionFrom(await fetch(server.baseUrl, { headers: { Cookie: cookie } }), {
      cookie,
      formToken: "",
    });
    expect((await send(server, session, CLIP)).status).toBe(201);
  });
});

describe("signing in", () => {
  it("takes the token alone, and slows down who guesses", async () => {
    const server = await aServer({ DAMO_ADMIN_TOKEN: ADMIN_TOKEN });
    const attempt = (token: string) =>
      fetch(`${server.baseUrl}/sign-in`, { method: "POST", body: new URLSearchParams({ token }), redirect: "manual" });
    const wrong = await attempt("not the token at all");
    expect(wrong.status).toBe(403);
    expect(wrong.headers.get("Set-Cookie")).toBeNull();
    expect(await wrong.text()).toContain("That is not the token.");
    const statuses: number[] = [];
    for (let guess = 0; guess < 12; guess++) statuses.push((await attempt(`guess number ${guess}`)).status);
    expect(statuses.slice(0, 9)).toEqual(Array(9).fill(403));
    expect(statuses.at(-1)).toBe(429);
  });

  it("gives a cookie that no script reads and no other site sends", async () => {
    const server = await aServer();
    const cookie = (await fetch(server.baseUrl)).headers.get("Set-Cookie") ?? "";
    expect(cookie).toContain("HttpOnly");
    expect(cookie).toContain("SameSite=Strict");
  });

  it("believes no cookie that was made up or changed, nor one that a token before had opened", async () => {
    const server = await aServer({ DAMO_ADMIN_TOKEN: ADMIN_TOKEN });
    const { cookie } = await signIn(server);
    const adminStatus = async (value: string, at = server) =>
      (await fetch(`${at.baseUrl}/admin`, { headers: { Cookie: value } })).status;
    expect(await adminStatus(cookie)).toBe(200);
    expect(await adminStatus(`${cookie.slice(0, -2)}xx`)).toBe(401);
    expect(await adminStatus(cookie.replace(/=\w/, "=z"))).toBe(401);
    const other = await aServer({ DAMO_ADMIN_TOKEN: "another admin token for tests" });
    expect(await adminStatus(cookie, other)).toBe(401);
  });
});

describe("/admin", () => {
  it("is closed without a token, on this machine as well", async () => {
    const answer = await fetch(`${(await aServer()).baseUrl}/admin`);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain("Set DAMO_ADMIN_TOKEN");
  });

  it("lists what is remembered, forgets it, and gives a receipt", async () => {
    const server = await aServer({ DAMO_ADMIN_TOKEN: ADMIN_TOKEN });
    const session = await signIn(server);
    const { page } = (await (await send(server, session, CLIP)).json()) as { page: string };
    const clipPage = server.baseUrl + page;
    await watched(clipPage);
    await fetch(`${clipPage}/ask`, { method: "POST", body: new URLSearchParams({ question: "where is the dog?" }) });

    const admin = await (await fetch(`${server.baseUrl}/admin`, { headers: { Cookie: session.cookie } })).text();
    expect(admin).toContain("día de &lt;perros&gt;.words");
    expect(admin).toMatch(/<strong>1<\/strong> <span>clip remembered/);
    expect(admin).toMatch(/<strong>1<\/strong> <span>answers since the start/);
    expect(admin).toContain("First word of an answer: now ");
    const clip = /name="clip" value="([0-9a-f]{64})"/.exec(admin)?.[1] ?? "";

    const forget = (form: string) =>
      fetch(`${server.baseUrl}/admin/forget`, {
        method: "POST",
        body: new URLSearchParams({ form, tenant: "local", clip }),
        headers: { Cookie: session.cookie },
      });
    expect((await forget("made up")).status).toBe(403);
    expect((await fetch(clipPage)).status).toBe(200);
    const receipt = await (await forget(session.formToken)).text();
    expect(receipt).toContain("<dd>1 removed</dd>");
    expect(receipt).toContain(clip);
    expect((await fetch(clipPage)).status).toBe(410);
    expect((await fetch(`${clipPage}/clip`)).status).toBe(410);
    expect(
      readdirSync(join(home, "media"), { recursive: true, withFileTypes: true }).filter((e) => e.isFile()),
    ).toEqual([]);
  });

  it("wipes everything only when one is sure", async () => {
    const server = await aServer({ DAMO_ADMIN_TOKEN: ADMIN_TOKEN });
    const session = await signIn(server);
    for (const words of ["dog", "cat"]) await send(server, session, words);
    const wipe = async (more: Record<string, string>) => {
      const body = new URLSearchParams({ form: session.formToken, ...more });
      return (
        await fetch(`${server.baseUrl}/admin/forget-all`, { method: "POST", body, headers: { Cookie: session.cookie } })
      ).text();
    };
    expect(await wipe({})).toContain("Nothing was remembered");
    expect((await wipe({ sure: "yes" })).match(/<dt>Memory<\/dt><dd>removed/g)).toHaveLength(2);
  });
});
