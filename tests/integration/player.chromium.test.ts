/** The page of a clip in a real browser. Skipped with a printed reason where there is no Chromium or no ffmpeg. */
import { createHash } from "node:crypto";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PlayerDeps } from "../../bots/web/player-app.ts";
import { type PlayerServer, servePlayer } from "../../bots/web/serve-player.ts";
import {
  accessibilityProblems,
  canTestPages,
  frameOf,
  makeClip,
  mediaOf,
  screenshot,
  startChromium,
} from "../support/chromium.ts";
import { aPlayer, askAboutABall, aTurn, type TestPlayer } from "../support/player-deps.ts";

const SPANS = [
  { startSeconds: 12.5, endSeconds: 15 },
  { startSeconds: 20, endSeconds: 21 },
];
const INFO = { durationSeconds: 30, container: "mp4", video: { codec: "h264", width: 320, height: 180 } };
const TURNS = [aTurn("When does the dog appear?", SPANS)];
const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

const GIBIBYTE = 1024 ** 3;

/**
 * An MP4 as cameras write it, its index last, with a gap of 1 GiB before the index. The gap is a `free` box, which
 * readers skip, and a hole in the file, which takes no room.
 */
async function aHugeClip(path: string) {
  const small = makeClip(`${path}.small.mp4`, 20, ["-movflags", "0"]);
  const bytes = await readFile(small);
  const index = bytes.indexOf("moov") - 4;
  const file = await open(path, "w");
  await file.write(bytes.subarray(0, index));
  const free = Buffer.from("\0\0\0\0free", "latin1");
  free.writeUInt32BE(GIBIBYTE);
  await file.write(free);
  await file.write(bytes.subarray(index), 0, undefined, index + GIBIBYTE);
  await file.close();
  return { path, info: { ...INFO, durationSeconds: 20 } };
}

describe.skipIf(!canTestPages)("the page of a clip in Chromium", () => {
  let folder: string;
  let clip: string;
  let browser: Browser;
  let page: Page;
  let player: TestPlayer;
  let server: PlayerServer;
  const requested: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "damo-chromium-"));
    clip = makeClip(join(folder, "clip.mp4"), 30);
    const jpeg = frameOf(clip, 13);
    const deps: Partial<PlayerDeps> = {
      ask: askAboutABall,
      listMoments: async () => [
        { label: "a dog", startSeconds: 12.5, endSeconds: 15, confidence: 0.9 },
        { label: "dog bark (heard)", startSeconds: 24, endSeconds: 27, confidence: 0.7 },
      ],
      frames: { nearest: async (_tenant, _clip, atSeconds) => ({ atSeconds, jpeg }) },
    };
    player = await aPlayer(clip, INFO, TURNS, deps);
    server = await servePlayer(player.deps, { host: "127.0.0.1", port: 0 });
    browser = await startChromium();
  });
  beforeEach(async () => {
    page = await openPage({ viewport: { width: 1280, height: 800 } });
    return () => page.close();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true });
  });

  async function openPage(options: Parameters<Browser["newPage"]>[0]): Promise<Page> {
    requested.length = 0;
    complaints.length = 0;
    const opened = await browser.newPage(options);
    opened.on("request", (request) => requested.push(request.url()));
    opened.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    opened.on("pageerror", (error) => complaints.push(error.message));
    return opened;
  }
  const linkTo = (startSeconds: number, endSeconds: number) =>
    player.linkTo(server.baseUrl, { startSeconds, endSeconds });
  const loopIsOn = async () => (await page.locator("#loop").getAttribute("aria-pressed")) === "true";

  it.each([0, 12.5, 27.33])("opens at second %s of the link", async (startSeconds) => {
    await page.goto(linkTo(startSeconds, startSeconds + 2));
    await mediaOf(page).expectAt(startSeconds);
    expect(complaints).toEqual([]);
  });

  it("asks nobody but its own server for anything", async () => {
    await page.goto(linkTo(12.5, 15));
    await mediaOf(page).settled();
    await page.locator("#chapters a").first().waitFor();
    expect(requested.length).toBeGreaterThanOrEqual(4);
    for (const url of requested) expect(url.startsWith(server.baseUrl) || url.startsWith("data:")).toBe(true);
    expect(complaints).toEqual([]);
  });

  it("plays a clicked moment and stops at its end", async () => {
    const { settled, eventually, inPage } = mediaOf(page);
    await page.goto(linkTo(0, 2));
    await settled();
    const stoppedAt: number[] = [];
    // Watched at every drawn frame, not four times a second. A busy machine draws some frames late, so not the only try.
    for (let tries = 0; tries < 3 && !((stoppedAt.at(-1) ?? 99) < 21.3); tries++) {
      await page.getByRole("link", { name: "0:20 to 0:21" }).click();
      await eventually("media.currentTime >= 21 && media.paused");
      stoppedAt.push((await inPage("media.currentTime")) as number);
    }
    expect(Math.min(...stoppedAt)).toBeLessThan(21.3);
    expect(page.url()).toContain("?t=20#t=20,21");
  });

  it("repeats a moment until it is told to stop", async () => {
    const { settled, eventually } = mediaOf(page);
    await page.goto(linkTo(20, 21));
    await settled();
    await page.evaluate(
      `window.starts = 0; document.getElementById("media").addEventListener("seeked", () => window.starts++)`,
    );
    await page.getByRole("button", { name: "Loop" }).click();
    expect(await loopIsOn()).toBe(true);
    await page.keyboard.press("k");
    await expect.poll(() => page.evaluate("window.starts"), { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
    await eventually("!media.paused && media.currentTime >= 19.8 && media.currentTime < 21.3");
    await page.getByRole("button", { name: "Loop" }).click();
    await eventually("media.paused");
    expect(await loopIsOn()).toBe(false);
  });

  it("answers a question in place: streamed, marked on the bar, its time a click away", async () => {
    const { settled, eventually, expectAt } = mediaOf(page);
    await page.goto(linkTo(0, 2));
    await settled();
    await page.getByLabel("Your question about this clip").fill("Where is <b>the ball</b>?");
    await page.keyboard.press("Enter");
    const answer = page.locator("article", { hasText: "A ball is seen" });
    await answer.getByRole("link", { name: "0:20 to 0:22" }).waitFor();
    expect(await answer.locator("h3").innerText()).toBe("Where is <b>the ball</b>?");
    expect(await page.locator('#spans a[data-start="20"][data-end="22"]').count()).toBe(1);
    await answer.getByRole("link", { name: "0:20", exact: true }).click();
    await eventually("media.currentTime >= 20");
    await page.keyboard.press("k");
    await page.evaluate("document.getElementById('media').pause()");
    await page.goto(linkTo(0, 2));
    await expectAt(0);
  });

  it("says kindly what is wrong with a question", async () => {
    await page.goto(linkTo(0, 2));
    await page.getByLabel("Your question about this clip").fill("???");
    await page.getByRole("button", { name: "Ask" }).click();
    await page.locator("article", { hasText: "There is no question." }).waitFor();
    // It can be mended without writing it again.
    expect(await page.getByLabel("Your question about this clip").inputValue()).toBe("???");
  });

  it("can be used by keyboard alone", async () => {
    const { settled, expectAt, eventually, inPage } = mediaOf(page);
    await page.goto(linkTo(0, 2));
    await settled();
    for (const [key, seconds] of [
      ["n", 12.5],
      ["n", 20],
      ["p", 12.5],
      ["ArrowRight", 17.5],
      ["ArrowLeft", 12.5],
      ["j", 2.5],
      [".", 2.54],
      [",", 2.5],
    ] as const) {
      await page.keyboard.press(key);
      await expectAt(seconds);
    }
    for (const key of [" ", "k"]) {
      await page.keyboard.press(key);
      await eventually("!media.paused");
      await page.keyboard.press(key);
      await eventually("media.paused");
    }
    await page.keyboard.press("l");
    expect(await loopIsOn()).toBe(true);
    await page.keyboard.press("l");
    expect(await loopIsOn()).toBe(false);
    await page.keyboard.press("m");
    expect(await inPage("media.muted")).toBe(true);
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    // At once, as quick hands do: before the browser has drawn the page without the dialog.
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type("a ball n p");
    expect(await page.getByLabel("Your question about this clip").inputValue()).toBe("a ball n p");
    await page.keyboard.press("Enter");
    const time = page.getByRole("link", { name: "0:20 to 0:22" });
    await time.waitFor();
    // Tab leads from the question box back to the answer.
    for (let presses = 0; presses < 5 && !(await time.evaluate("(e) => e === document.activeElement")); presses++) {
      await page.keyboard.press("Shift+Tab");
    }
    await page.keyboard.press("Enter");
    // The two seconds may be over before this looks.
    await eventually("media.played.length > 0 && media.played.end(media.played.length - 1) > 20");
  });

  it("goes where the bar is clicked, and shows the frame of where it is pointed at", async () => {
    await page.goto(linkTo(0, 2));
    await mediaOf(page).settled();
    const bar = page.locator("#timeline svg");
    const box = await bar.boundingBox();
    await bar.hover({ position: { x: (box?.width ?? 0) / 3, y: 30 } });
    await page.locator("#peek").waitFor({ state: "visible" });
    // A pixel is a 30th of a second.
    expect(await page.locator("#peek span").innerText()).toMatch(/^0:(09|10)$/);
    await expect.poll(() => page.evaluate("document.querySelector('#peek img').naturalWidth")).toBe(320);
    await bar.click({ position: { x: (box?.width ?? 0) / 3, y: 34 } });
    await mediaOf(page).expectAt(10);
  });

  it("lists what is in the clip, each a click away", async () => {
    await page.goto(linkTo(0, 2));
    await page.getByRole("link", { name: "0:24 dog bark (heard)" }).click();
    await mediaOf(page).eventually("media.currentTime >= 24");
    expect(await page.locator("#marks a").count()).toBe(2);
  });

  it("gives a link to this second", async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(linkTo(12.5, 15));
    await mediaOf(page).expectAt(12.5);
    await page.getByRole("button", { name: /Copy link at 0:12/ }).click();
    await page.getByText("Link copied.").waitFor();
    const copied = (await page.evaluate("navigator.clipboard.readText()")) as string;
    expect(copied).toMatch(/\/c\/[\w.-]+\?t=12\.5#t=12\.5$/);
    await page.goto("about:blank");
    await page.goto(copied);
    await mediaOf(page).expectAt(12.5);
  });

  it("follows a link to another second of the clip that is open", async () => {
    await page.goto(linkTo(0, 2));
    await mediaOf(page).settled();
    await page.evaluate("location.hash = '#t=20,21'");
    await mediaOf(page).eventually("media.currentTime >= 20");
  });

  it("works without scripts: the media fragment brings it there, the form asks", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const plain = await context.newPage();
    await plain.goto(linkTo(12.5, 15));
    expect(await plain.locator("video").getAttribute("src")).toMatch(/#t=12\.5$/);
    expect(await plain.getByRole("link", { name: "0:20 to 0:21" }).getAttribute("href")).toBe("?t=20#t=20,21");
    await plain.getByLabel("Your question about this clip").fill("a ball?");
    await plain.getByRole("button", { name: "Ask" }).click();
    await plain.waitForURL(/#ask$/);
    expect(await plain.locator("video").count()).toBe(1);
    await context.close();
  });

  it("says kindly that a clip cannot be played, and offers the file", async () => {
    const notes = join(folder, "notes.avi");
    await writeFile(notes, "no browser plays this");
    const video = { codec: "x", width: 1, height: 1 };
    const broken = await aPlayer(notes, { durationSeconds: 5, container: "avi", video }, []);
    const brokenServer = await servePlayer(broken.deps, { host: "127.0.0.1", port: 0 });
    await page.goto(broken.linkTo(brokenServer.baseUrl, { startSeconds: 0, endSeconds: 1 }));
    const trouble = page.getByRole("alert");
    await trouble.waitFor({ state: "visible" });
    expect(await trouble.innerText()).toContain("cannot play this kind of clip");
    const download = (await trouble.getByRole("link").getAttribute("href")) as string;
    expect((await fetch(new URL(download, brokenServer.baseUrl))).status).toBe(200);
    await brokenServer.close();
  });

  it("seeks in a clip of 1 GiB without loading what it does not show", async () => {
    const { info, path } = await aHugeClip(join(folder, "huge.mp4"));
    const huge = await aPlayer(path, info, [], {}, createHash("sha256").update("huge").digest("hex"));
    const hugeServer = await servePlayer(huge.deps, { host: "127.0.0.1", port: 0 });
    const before = process.memoryUsage().rss;
    await page.goto(huge.linkTo(hugeServer.baseUrl, { startSeconds: 17, endSeconds: 18 }));
    await mediaOf(page).expectAt(17);
    await page.keyboard.press("ArrowLeft");
    await mediaOf(page).expectAt(12);
    const clipAddress = huge.linkTo(hugeServer.baseUrl, { startSeconds: 0, endSeconds: 1 }).replace("?", "/clip?");
    const tail = await fetch(clipAddress, { headers: { Range: "bytes=-8" } });
    expect(tail.status).toBe(206);
    expect(Number(tail.headers.get("Content-Range")?.split("/")[1])).toBeGreaterThan(GIBIBYTE);
    expect((await tail.arrayBuffer()).byteLength).toBe(8);
    // This very process serves it: a clip in memory, or a tenth of one, would show.
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 ** 2);
    await hugeServer.close();
  });

  describe.each(["dark", "light"] as const)("on a %s screen", (colorScheme) => {
    it.each([
      ["desk", { viewport: { width: 1280, height: 800 } }],
      ["phone", PHONE],
    ] as const)("of a %s has no accessibility problem and nothing to scroll sideways", async (name, device) => {
      await page.close();
      page = await openPage({ ...device, colorScheme });
      await page.goto(linkTo(12.5, 15));
      await mediaOf(page).expectAt(12.5);
      await page.locator("#chapters a").first().waitFor();
      await screenshot(page, `clip-${name}-${colorScheme}`);
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    });

    it("shows its messages as well without a problem", async () => {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${server.baseUrl}/c/not-a-link`);
      await screenshot(page, `message-${colorScheme}`);
      expect(await accessibilityProblems(page)).toEqual([]);
    });
  });

  it("can be asked from a phone", async () => {
    await page.close();
    page = await openPage(PHONE);
    await page.goto(linkTo(0, 2));
    await page.getByLabel("Your question about this clip").tap();
    await page.keyboard.type("where is the ball?");
    await page.getByRole("button", { name: "Ask" }).tap();
    await page.getByRole("link", { name: "0:20 to 0:22" }).tap();
    await mediaOf(page).eventually("media.currentTime >= 20");
  });
});
