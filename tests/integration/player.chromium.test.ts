/** The player in a real browser. Skipped with a printed reason where there is no Chromium or no ffmpeg. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type PlayerServer, servePlayer } from "../../bots/web/serve-player.ts";
import { aPlayer, aTurn, type TestPlayer } from "../support/player-deps.ts";

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const browserPath = process.env["CHROMIUM_BIN"] ?? BROWSERS.find(existsSync);

const hasFfmpeg = (() => {
  try {
    execFileSync("ffmpeg", ["-version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();
if (!browserPath) console.warn("skipped: no Chromium (apt-get install chromium, or set CHROMIUM_BIN)");
if (!hasFfmpeg) console.warn("skipped: no ffmpeg on PATH to make a clip with");

/** How far from the link's second the player may stand. */
const TOLERANCE_SECONDS = 0.2;

describe.skipIf(!browserPath || !hasFfmpeg)("the player in Chromium", () => {
  let folder: string;
  let browser: Browser;
  let page: Page;
  let player: TestPlayer;
  let server: PlayerServer;
  const requested: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "damo-chromium-"));
    // One key frame for the whole clip: landing on the second takes an exact seek.
    const picture = ["-f", "lavfi", "-i", "testsrc2=duration=30:size=320x180:rate=25"];
    const sound = ["-f", "lavfi", "-i", "sine=frequency=440:duration=30"];
    const encoding = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "1000", "-pix_fmt", "yuv420p", "-c:a", "aac"];
    const clip = join(folder, "clip.mp4");
    execFileSync("ffmpeg", ["-v", "error", ...picture, ...sound, ...encoding, "-movflags", "+faststart", clip]);
    const info = { durationSeconds: 30, container: "mp4", video: { codec: "h264", width: 320, height: 180 } };
    const spans = [
      { startSeconds: 12.5, endSeconds: 15 },
      { startSeconds: 20, endSeconds: 21 },
    ];
    player = await aPlayer(clip, info, [aTurn("When does the dog appear?", spans)]);
    server = await servePlayer(player.deps, { host: "127.0.0.1", port: 0 });
    browser = await chromium.launch({ executablePath: browserPath as string, args: ["--no-sandbox"] });
  });
  beforeEach(async () => {
    requested.length = 0;
    complaints.length = 0;
    page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
    page.on("request", (request) => requested.push(request.url()));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    return () => page.close();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true });
  });

  const linkTo = (startSeconds: number, endSeconds: number) =>
    player.linkTo(server.baseUrl, { startSeconds, endSeconds });
  // Not page.waitForFunction: it evaluates inside the page, where our Content-Security-Policy forbids it.
  const inPage = (expression: string) => page.evaluate(`((media) => ${expression})(document.getElementById("media"))`);
  const eventually = (expression: string) => expect.poll(() => inPage(expression), { timeout: 10_000 }).toBe(true);
  const settled = () => eventually("media.readyState >= 2 && !media.seeking");
  const expectAt = (seconds: number) =>
    eventually(`!media.seeking && Math.abs(media.currentTime - ${seconds}) < ${TOLERANCE_SECONDS}`);

  it.each([0, 12.5, 27.33])("opens at second %s of the link", async (startSeconds) => {
    await page.goto(linkTo(startSeconds, startSeconds + 2));
    await expectAt(startSeconds);
    expect(complaints).toEqual([]);
  });

  it("asks nobody but its own server for anything", async () => {
    await page.goto(linkTo(12.5, 15));
    await settled();
    expect(requested.length).toBeGreaterThanOrEqual(4);
    for (const url of requested) expect(url.startsWith(server.baseUrl) || url === "data:,").toBe(true);
  });

  it("plays a clicked moment and stops at its end", async () => {
    await page.goto(linkTo(0, 2));
    await settled();
    await page.getByRole("link", { name: "0:20 to 0:21" }).click();
    await eventually("media.currentTime > 20.2");
    await eventually("media.paused");
    // "timeupdate", on which it stops, comes every 0.25 s at the latest.
    expect(await inPage("media.currentTime")).toBeLessThan(21.5);
    expect(page.url()).toContain("?t=20#t=20,21");
  });

  it("can be moved by keyboard", async () => {
    await page.goto(linkTo(0, 2));
    await settled();
    for (const [key, seconds] of [
      ["n", 12.5],
      ["n", 20],
      ["p", 12.5],
      ["ArrowRight", 17.5],
      ["ArrowLeft", 12.5],
    ] as const) {
      await page.keyboard.press(key);
      await expectAt(seconds);
    }
    await page.keyboard.press(" ");
    await eventually("!media.paused");
    await page.keyboard.press(" ");
    await eventually("media.paused");
  });

  it("follows a link to another second of the clip that is open", async () => {
    await page.goto(linkTo(0, 2));
    await settled();
    await page.evaluate("location.hash = '#t=20,21'");
    await eventually("media.currentTime >= 20");
  });

  it("works without scripts: the media fragment alone brings it there", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const plain = await context.newPage();
    await plain.goto(linkTo(12.5, 15));
    expect(await plain.locator("video").getAttribute("src")).toMatch(/#t=12\.5$/);
    expect(await plain.getByRole("link", { name: "0:20 to 0:21" }).getAttribute("href")).toBe("?t=20#t=20,21");
    await context.close();
  });

  it("says kindly that a clip cannot be played, and offers the file", async () => {
    const notes = join(folder, "notes.avi");
    await writeFile(notes, "no browser plays this");
    const broken = await aPlayer(
      notes,
      { durationSeconds: 5, container: "avi", video: { codec: "x", width: 1, height: 1 } },
      [],
    );
    const brokenServer = await servePlayer(broken.deps, { host: "127.0.0.1", port: 0 });
    await page.goto(broken.linkTo(brokenServer.baseUrl, { startSeconds: 0, endSeconds: 1 }));
    const trouble = page.getByRole("alert");
    await trouble.waitFor({ state: "visible" });
    expect(await trouble.innerText()).toContain("cannot play this kind of clip");
    expect(
      (await fetch(new URL((await trouble.getByRole("link").getAttribute("href")) as string, brokenServer.baseUrl)))
        .status,
    ).toBe(200);
    await brokenServer.close();
  });

  it.each(["dark", "light"] as const)("is readable on a %s screen", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.goto(linkTo(12.5, 15));
    await expectAt(12.5);
    const shots = process.env["DAMO_TEST_SCREENSHOTS"];
    if (shots) await page.screenshot({ path: join(shots, `player-${colorScheme}.png`) });
    // WCAG AA asks 4.5 : 1 of normal text.
    for (const selector of ["h1", "article h2", "article p", ".time", ".keys"]) {
      expect(await contrastOf(page, selector), selector).toBeGreaterThanOrEqual(4.5);
    }
  });
});

/** Contrast ratio of WCAG 2.2 (relative luminance, 1.4.3) of the first element, against the nearest painted background. */
async function contrastOf(page: Page, selector: string): Promise<number> {
  return (await page.evaluate(`(() => {
    const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
    const luminance = (color) => {
      const [r, g, b] = rgb(color).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const element = document.querySelector(${JSON.stringify(selector)});
    let painted = element;
    while (rgb(getComputedStyle(painted).backgroundColor)[3] === 0) painted = painted.parentElement;
    const [a, b] = [getComputedStyle(element).color, getComputedStyle(painted).backgroundColor].map(luminance).sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  })()`)) as number;
}
