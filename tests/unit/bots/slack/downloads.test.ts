/** Downloads of Slack's files against nock: Slack's hosts, redirects, sign-in pages, cut connections. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import nock from "nock";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { SlackCalls } from "../../../../bots/slack/slack-calls.ts";
import { SlackFiles } from "../../../../bots/slack/slack-files.ts";
import { scratchFolder } from "../../../support/scratch-folder.ts";

const TOKEN = "xoxb-secret";
const PATH = "/files-pri/T1-F1/download/dog.mp4";
const BYTES = Buffer.concat([Buffer.from("\0\0\0\x20ftypisom"), Buffer.alloc(4000, 7)]);
const PAGE = "<!DOCTYPE html><html><title>Sign in to Slack</title></html>".padEnd(600);
const signal = new AbortController().signal;

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => {
  nock.enableNetConnect();
  nock.restore();
});

const slackHost = () => nock("https://files.slack.com", { reqheaders: { authorization: `Bearer ${TOKEN}` } });

function aFile(file: Record<string, unknown> = {}): void {
  const url_private_download = `https://files.slack.com${PATH}`;
  nock("https://slack.com")
    .post("/api/files.info")
    .reply(200, { ok: true, file: { id: "F1", size: BYTES.length, url_private_download, ...file } });
}

async function download(maxBytes = 1e6): Promise<Buffer> {
  const files = new SlackFiles({ calls: new SlackCalls(TOKEN), token: TOKEN, waitMs: 1 });
  const path = join(await scratchFolder(), "clip");
  await files.download("F1", path, { maxBytes, signal });
  return readFile(path);
}

/** Breaks off after so many bytes. */
const cutAfter = (bytes: Buffer, length: number) =>
  Readable.from(
    (async function* () {
      yield bytes.subarray(0, length);
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error("ECONNRESET");
    })(),
  );

describe("a file of Slack", () => {
  it("is fetched with the token", async () => {
    aFile();
    slackHost().get(PATH).reply(200, BYTES);
    expect(await download()).toEqual(BYTES);
  });

  it("follows a redirect inside Slack with the token, and no other", async () => {
    aFile();
    slackHost().get(PATH).reply(302, "", { location: "https://files-edge.slack.com/x.mp4" });
    nock("https://files-edge.slack.com", { reqheaders: { authorization: `Bearer ${TOKEN}` } })
      .get("/x.mp4")
      .reply(200, BYTES);
    expect(await download()).toEqual(BYTES);

    aFile();
    slackHost().get(PATH).reply(302, "", { location: "https://evil.example/x.mp4" });
    const elsewhere = nock("https://evil.example").get("/x.mp4").reply(200, BYTES);
    await expect(download()).rejects.toMatchObject({ code: "source.blocked" });
    expect(elsewhere.isDone()).toBe(false);
  });

  it("is not fetched from elsewhere, whatever the file says", async () => {
    aFile({ url_private_download: "https://slack.com.evil.example/x.mp4" });
    await expect(download()).rejects.toMatchObject({ code: "source.blocked" });
    aFile({ url_private_download: "http://files.slack.com/x.mp4" });
    await expect(download()).rejects.toMatchObject({ code: "source.blocked" });
  });

  it.each([
    ["with its type", { "content-type": "text/html; charset=utf-8" }],
    ["as if it were the video", { "content-type": "video/mp4" }],
  ])("is not a sign-in page that comes %s: files:read is missing", async (_how, headers) => {
    aFile();
    slackHost().get(PATH).reply(200, PAGE, headers);
    await expect(download()).rejects.toMatchObject({ code: "source.no_access", details: { scope: "files:read" } });
  });

  it("is refused on a redirect to the sign-in page", async () => {
    aFile();
    slackHost().get(PATH).reply(302, "", { location: "https://t.slack.com/?redir=x" });
    nock("https://t.slack.com").get("/?redir=x").reply(200, PAGE, { "content-type": "text/html" });
    await expect(download()).rejects.toMatchObject({ code: "source.no_access" });
  });

  it.each([
    [401, "source.no_access"],
    [403, "source.no_access"],
    [404, "source.gone"],
    [410, "source.gone"],
  ])("ends at once on %i as %s", async (status, code) => {
    aFile();
    slackHost().get(PATH).reply(status, "no");
    await expect(download()).rejects.toMatchObject({ code });
    expect(nock.pendingMocks()).toEqual([]);
  });

  it("goes on by Range where the connection was cut, as long as it is the same file", async () => {
    aFile();
    const etag = { etag: '"v1"', "content-length": String(BYTES.length) };
    slackHost()
      .get(PATH)
      .reply(200, () => cutAfter(BYTES, 1000), etag);
    slackHost()
      .get(PATH)
      .matchHeader("range", "bytes=1000-")
      .matchHeader("if-range", '"v1"')
      .reply(206, BYTES.subarray(1000), { "content-range": `bytes 1000-${BYTES.length - 1}/${BYTES.length}` });
    expect(await download()).toEqual(BYTES);
  });

  it("starts over where the server sends the whole again", async () => {
    const other = Buffer.concat([BYTES.subarray(0, 12), Buffer.alloc(900, 9)]);
    aFile();
    slackHost()
      .get(PATH)
      .reply(200, () => cutAfter(BYTES, 1000), { "content-length": String(BYTES.length) });
    slackHost()
      .get(PATH)
      .reply(200, other, { "content-length": String(other.length) });
    expect(await download()).toEqual(other);
  });

  it("takes a body that ends early for a cut connection", async () => {
    aFile();
    slackHost()
      .get(PATH)
      .reply(206, BYTES.subarray(0, 500), { "content-range": `bytes 0-499/${BYTES.length}` });
    slackHost()
      .get(PATH)
      .matchHeader("range", "bytes=500-")
      .reply(206, BYTES.subarray(500), { "content-range": `bytes 500-${BYTES.length - 1}/${BYTES.length}` });
    expect(await download()).toEqual(BYTES);
  });

  it("waits as long as a 429 says", async () => {
    aFile();
    slackHost().get(PATH).reply(429, "", { "retry-after": "1" });
    slackHost().get(PATH).reply(200, BYTES);
    const startedAt = Date.now();
    expect(await download()).toEqual(BYTES);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(990);
  });

  it("is unreachable once nothing has come five times", async () => {
    aFile();
    slackHost().get(PATH).times(5).reply(503, "");
    await expect(download()).rejects.toMatchObject({ code: "source.unreachable", retryable: true });
    expect(nock.pendingMocks()).toEqual([]);
  });

  it("is refused when it is too large: before, by its header, and on the way", async () => {
    aFile();
    await expect(download(1000)).rejects.toMatchObject({
      code: "clip.too_large",
      details: { sizeBytes: BYTES.length },
    });
    aFile({ size: undefined });
    slackHost()
      .get(PATH)
      .reply(200, BYTES, { "content-length": String(BYTES.length) });
    await expect(download(1000)).rejects.toMatchObject({ code: "clip.too_large" });
    aFile({ size: 10 });
    slackHost()
      .get(PATH)
      .reply(200, () => Readable.from([BYTES.subarray(0, 900), BYTES.subarray(900)]));
    await expect(download(1000)).rejects.toMatchObject({ code: "clip.too_large" });
  });

  it("is gone as a tombstone, and no file of Slack when it lies elsewhere", async () => {
    aFile({ mode: "tombstone" });
    await expect(download()).rejects.toMatchObject({ code: "source.gone" });
    aFile({ is_external: true, external_type: "gdrive" });
    await expect(download()).rejects.toMatchObject({ code: "source.not_media" });
  });

  it("names the scope that Slack misses", async () => {
    nock("https://slack.com")
      .post("/api/files.info")
      .reply(200, { ok: false, error: "missing_scope", needed: "files:read" });
    await expect(download()).rejects.toMatchObject({ code: "source.no_access", details: { scope: "files:read" } });
  });

  it("has subtitles only when they are subtitles", async () => {
    const files = new SlackFiles({ calls: new SlackCalls(TOKEN), token: TOKEN });
    const vtt = "https://files.slack.com/vtt";
    aFile({ vtt });
    slackHost().get("/vtt").reply(200, "WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n");
    expect(await files.subtitles("F1")).toContain("hello");
    aFile({ vtt });
    slackHost().get("/vtt").reply(200, PAGE);
    expect(await files.subtitles("F1")).toBeUndefined();
    aFile();
    expect(await files.subtitles("F1")).toBeUndefined();
  });
});

describe("SlackCalls", () => {
  // A machine that is busy for a second can hold up the other method as well: tried again before it counts.
  it("makes a call again after a 429, not before Retry-After has passed, and holds up no other method", {
    retry: 2,
  }, async () => {
    const calls = new SlackCalls(TOKEN);
    const api = nock("https://slack.com");
    api.post("/api/chat.update").reply(429, "", { "retry-after": "1" });
    api.post("/api/chat.update").times(2).reply(200, { ok: true });
    api.post("/api/auth.test").reply(200, { ok: true });
    const startedAt = Date.now();
    const update = () => calls.run("chat.update", (client) => client.chat.update({ channel: "C", ts: "1", text: "x" }));
    const first = update();
    await calls.run("auth.test", (client) => client.auth.test());
    const atOnce = Date.now() - startedAt;
    await Promise.all([first, update()]);
    expect(atOnce).toBeLessThan(900);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(990);
    expect(calls.rateLimited).toBeGreaterThan(0);
  });

  it("repeats what can be repeated, and never what creates a message", async () => {
    const calls = new SlackCalls(TOKEN);
    nock("https://slack.com").post("/api/files.info").reply(500, "");
    nock("https://slack.com")
      .post("/api/files.info")
      .reply(200, { ok: true, file: { id: "F1" } });
    await calls.run("files.info", (client) => client.files.info({ file: "F1" }));
    nock("https://slack.com").post("/api/chat.postMessage").once().reply(500, "");
    const post = calls.run(
      "chat.postMessage",
      (client) => client.chat.postMessage({ channel: "C", text: "x" }),
      "once",
    );
    await expect(post).rejects.toMatchObject({ code: "source.unreachable" });
    expect(nock.pendingMocks()).toEqual([]);
  });

  it("keeps an error that is our mistake apart from those of the world", async () => {
    nock("https://slack.com").post("/api/chat.postMessage").reply(200, { ok: false, error: "invalid_blocks" });
    const post = new SlackCalls(TOKEN).run("chat.postMessage", (client) =>
      client.chat.postMessage({ channel: "C", text: "x" }),
    );
    await expect(post).rejects.not.toHaveProperty("retryable");
  });
});
