import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { baseUrlOf, type PlayerServer, servePlayer, whoListens } from "../../../bots/web/serve-player.ts";
import { aPlayer, aTurn, type TestPlayer } from "../../support/player-deps.ts";

const SPAN = { startSeconds: 12.5, endSeconds: 15 };
const INFO = { durationSeconds: 60, container: "mov", video: { codec: "h264", width: 640, height: 360 } };
/** Large enough that it cannot arrive in one read. */
const BYTES = randomBytes(3 * 1024 * 1024 + 17);

describe("the player", () => {
  let folder: string;
  let path: string;
  let player: TestPlayer;
  let server: PlayerServer;
  let page: string;
  let clip: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "damo-player-"));
    path = join(folder, `dog's "best" <b>day.mp4`);
    await writeFile(path, BYTES);
  });
  beforeEach(async () => {
    player = await aPlayer(path, INFO, [aTurn("When does the <i>dog</i> appear?", [SPAN])]);
    server = await servePlayer(player.deps, { host: "127.0.0.1", port: 0 });
    page = player.linkTo(server.baseUrl, SPAN);
    clip = `${page.split("?")[0]}/clip`;
    return () => server.close();
  });
  afterAll(() => rm(folder, { recursive: true }));

  describe("page", () => {
    it("holds the clip at its second, the thread and its times", async () => {
      const response = await fetch(page);
      const text = await response.text();
      expect(response.status).toBe(200);
      expect(text).toContain(`src="${new URL(clip).pathname}#t=12.5"`);
      expect(text).toContain('href="?t=12.5#t=12.5,15" data-start="12.5" data-end="15"');
      expect(text).toContain("0:12 to 0:15");
      expect(text).toContain("The dog appears.");
    });

    it("escapes titles and questions", async () => {
      const text = await (await fetch(page)).text();
      expect(text).toContain("When does the &lt;i&gt;dog&lt;/i&gt; appear?");
      expect(text).not.toContain("<b>day");
    });

    it("allows no script, style or request that is not its own", async () => {
      const response = await fetch(page);
      const policy = response.headers.get("Content-Security-Policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain("unsafe");
      expect(response.headers.get("Referrer-Policy")).toBe("same-origin");
      expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(response.headers.get("X-Frame-Options")).toBe("DENY");
      const text = await response.text();
      expect(text).not.toMatch(/<script(?![^>]* src="\/assets\/player\.js\?v=)| style=| on\w+="|(src|href)="https?:/);
      const assets = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1]);
      expect(assets.length).toBe(1);
      // The one style sheet that stands in the page is named by its hash.
      const styles = [...text.matchAll(/<style>([\s\S]*?)<\/style>/g)].map((match) => match[1] as string);
      expect(styles.length).toBe(1);
      const hash = createHash("sha256")
        .update(styles[0] as string)
        .digest("base64");
      expect(policy).toContain(`style-src 'sha256-${hash}'`);
      for (const asset of assets) {
        const answer = await fetch(server.baseUrl + asset);
        expect(answer.status).toBe(200);
        expect(answer.headers.get("Cache-Control")).toContain("immutable");
      }
      expect((await fetch(`${server.baseUrl}/assets/..%2fassets.ts`)).status).toBe(404);
    });

    it.each([["nonsense"], ["-5"], ["1e9"]])("starts inside the clip for t=%s", async (t) => {
      const text = await (await fetch(page.replace("t=12.5#", `t=${t}#`))).text();
      const start = Number(/data-start="([^"]+)"/.exec(text)?.[1]);
      expect(start).toBeGreaterThanOrEqual(0);
      expect(start).toBeLessThanOrEqual(60);
    });

    it("offers an audio player for a clip without a picture", async () => {
      const sound = await aPlayer(path, { durationSeconds: 60, container: "mp3" }, []);
      const text = await askPlayer(sound);
      expect(text).toMatch(/<audio\s+id="media"/);
      expect(text).not.toContain("<video");
    });
  });

  describe("links", () => {
    it.each([
      ["tampered", (link: string) => link.replace(/\/c\/(.)/, (_, c) => `/c/${c === "A" ? "B" : "A"}`)],
      ["cut off", (link: string) => link.replace(/\/c\/([^?]{60})[^?]*/, "/c/$1")],
    ])("are refused when they are %s, page and clip alike", async (_, change) => {
      for (const address of [change(page), `${change(page).split("?")[0]}/clip`]) {
        const response = await fetch(address);
        expect(response.status).toBe(403);
        expect(await response.text()).toContain("This link is not valid");
      }
    });

    it("are refused when they have expired", async () => {
      player.world.nowMs += 61_000;
      const response = await fetch(page);
      expect(response.status).toBe(403);
      expect(await response.text()).toContain("This link has expired");
      expect((await fetch(clip)).status).toBe(403);
    });

    it("open nothing of another tenant", async () => {
      const response = await fetch(player.linkTo(server.baseUrl, SPAN, { tenantId: "other" }));
      expect(response.status).toBe(410);
    });

    it("say that a clip was forgotten", async () => {
      player.world.memories = [];
      for (const address of [page, clip]) expect((await fetch(address)).status).toBe(410);
    });

    it("say that the file is gone, known to be or found to be, and still show what was said", async () => {
      player.world.media = { path: join(folder, "gone.mp4"), copied: false };
      expect((await fetch(clip)).status).toBe(404);
      player.world.media = undefined;
      expect((await fetch(clip)).status).toBe(404);
      const text = await (await fetch(page)).text();
      expect(text).toContain("file is gone");
      expect(text).toContain("The dog appears.");
      expect(text).not.toContain("<video");
    });

    it("from before a clip was forgotten stay closed when it is watched again", async () => {
      const issuedAtMs = player.world.nowMs;
      const before = player.linkTo(server.baseUrl, SPAN, { issuedAtMs });
      expect((await fetch(before)).status).toBe(200);
      player.world.nowMs += 30_000;
      player.world.memories = player.world.memories.map((memory) => ({ ...memory, createdAtMs: player.world.nowMs }));
      expect((await fetch(before)).status).toBe(410);
      const after = player.linkTo(server.baseUrl, SPAN, { issuedAtMs: player.world.nowMs });
      expect((await fetch(after)).status).toBe(200);
    });

    it("made with an older key open while that key is still listed", async () => {
      const { linkSecret, ...deps } = player.deps;
      const fresh = "a newer secret, also of more than 32 characters";
      for (const [oldLinkSecrets, status] of [
        [[linkSecret], 200],
        [[], 403],
      ] as const) {
        const other = await servePlayer({ ...deps, linkSecret: fresh, oldLinkSecrets }, { host: "127.0.0.1", port: 0 });
        expect((await fetch(player.linkTo(other.baseUrl, SPAN))).status).toBe(status);
        await other.close();
      }
    });

    it("lead to a page of ours when they are no link at all", async () => {
      const response = await fetch(`${server.baseUrl}/wp-login.php`);
      expect(response.status).toBe(404);
      expect(await response.text()).toContain("There is nothing here");
    });
  });

  describe("clip", () => {
    it("comes whole, with its size and type", async () => {
      const response = await fetch(clip);
      expect(response.status).toBe(200);
      expect(response.headers.get("Accept-Ranges")).toBe("bytes");
      expect(response.headers.get("Content-Type")).toBe("video/mp4");
      expect(response.headers.get("Content-Length")).toBe(String(BYTES.length));
      expect(Buffer.from(await response.arrayBuffer()).equals(BYTES)).toBe(true);
    });

    it.each([
      ["bytes=0-0", 0, 0],
      ["bytes=1000000-2000000", 1_000_000, 2_000_000],
      ["bytes=3145000-", 3_145_000, BYTES.length - 1],
      ["bytes=-17", BYTES.length - 17, BYTES.length - 1],
    ])("comes in part for %s", async (range, first, last) => {
      const response = await fetch(clip, { headers: { Range: range } });
      expect(response.status).toBe(206);
      expect(response.headers.get("Content-Range")).toBe(`bytes ${first}-${last}/${BYTES.length}`);
      expect(response.headers.get("Content-Length")).toBe(String(last - first + 1));
      expect(Buffer.from(await response.arrayBuffer()).equals(BYTES.subarray(first, last + 1))).toBe(true);
    });

    it("refuses a part beyond its end, and says how long it is", async () => {
      const response = await fetch(clip, { headers: { Range: `bytes=${BYTES.length}-` } });
      expect(response.status).toBe(416);
      expect(response.headers.get("Content-Range")).toBe(`bytes */${BYTES.length}`);
    });

    it("answers HEAD with headers alone, also when a range is asked for", async () => {
      const response = await fetch(clip, { method: "HEAD", headers: { Range: "bytes=0-5" } });
      expect(response.status).toBe(200);
      expect(response.headers.get("Content-Length")).toBe(String(BYTES.length));
      expect((await response.arrayBuffer()).byteLength).toBe(0);
    });

    it("gives the part only while the tag still fits, else the whole", async () => {
      const etag = (await fetch(clip, { method: "HEAD" })).headers.get("ETag") as string;
      const statusFor = async (ifRange: string) =>
        (await fetch(clip, { headers: { Range: "bytes=0-5", "If-Range": ifRange } })).status;
      expect(await statusFor(etag)).toBe(206);
      expect(await statusFor('"another"')).toBe(200);
      expect(await statusFor(`W/${etag}`)).toBe(200);
      expect(await statusFor("Fri, 20 Nov 2026 00:00:00 GMT")).toBe(200);
    });

    it("is not sent again to who has it", async () => {
      const etag = (await fetch(clip, { method: "HEAD" })).headers.get("ETag") as string;
      expect((await fetch(clip, { headers: { "If-None-Match": `"x", ${etag}` } })).status).toBe(304);
    });

    it("can be saved under its own name, whatever is in it", async () => {
      const response = await fetch(`${clip}?download=1`, { method: "HEAD" });
      const name = /filename\*=UTF-8''(\S+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "";
      expect(path.endsWith(decodeURIComponent(name))).toBe(true);
      expect(decodeURIComponent(name)).toContain("best");
    });

    it.skipIf(!existsSync("/proc/self/fd"))("lets the file go when the reader leaves", async () => {
      await new Promise<void>((resolve) => {
        const leaving = httpRequest(clip, (response) => {
          response.once("data", () => leaving.destroy());
          response.once("close", resolve);
        });
        leaving.on("error", () => {});
        leaving.end();
      });
      // Our own test process serves it, so its open files can be counted.
      await expect.poll(() => openFilesAt(path)).toBe(0);
      expect((await fetch(clip, { headers: { Range: "bytes=0-0" } })).status).toBe(206);
    });

    it("takes no folder for a clip", async () => {
      player.world.media = { path: folder, copied: false };
      expect((await fetch(clip)).status).toBe(404);
    });
  });

  async function askPlayer(other: TestPlayer): Promise<string> {
    const otherServer = await servePlayer(other.deps, { host: "127.0.0.1", port: 0 });
    try {
      return await (await fetch(other.linkTo(otherServer.baseUrl, SPAN))).text();
    } finally {
      await otherServer.close();
    }
  }
});

/** How often this process has the file open; Linux only. */
const openFilesAt = (path: string): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false; // closed between the listing and the look
    }
  }).length;

describe("the player's port", () => {
  it("tells our player, another program and nobody apart", async () => {
    const other = createServer((_, response) => response.end("hello"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const port = (other.address() as AddressInfo).port;
    const url = baseUrlOf({ host: "127.0.0.1", port });
    expect(await whoListens(url)).toBe("other");
    const deps = {} as Parameters<typeof servePlayer>[0];
    await expect(servePlayer(deps, { host: "127.0.0.1", port })).rejects.toMatchObject({
      code: "config.invalid",
      details: { problem: expect.stringContaining("is in use by another program") },
    });
    await new Promise((resolve) => other.close(resolve));
    expect(await whoListens(url)).toBe("nobody");
    const ours = await servePlayer(deps, { host: "127.0.0.1", port });
    expect(await whoListens(url)).toBe("player");
    await ours.close();
  });

  it("is opened on this machine even when it listens on all addresses", () => {
    expect(baseUrlOf({ host: "0.0.0.0", port: 80 })).toBe("http://127.0.0.1:80");
    expect(baseUrlOf({ host: "::1", port: 80 })).toBe("http://[::1]:80");
  });
});
