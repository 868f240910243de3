/**
 * The whole product in a browser, with no chat platform: drop a clip, see it watched, ask, jump; then /admin, and the wipe.
 * With the shipped model. Skipped with a printed reason where there is no Chromium or no ffmpeg.
 */
import { copyFileSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type PlayerParts, playerParts } from "../../bots/cli/player-parts.ts";
import type { Services } from "../../bots/cli/services.ts";
import { type PlayerServer, servePlayer } from "../../bots/web/serve-player.ts";
import { asTenantId, loadConfig } from "../../core/index.ts";
import { embeddedStores } from "../../memory/index.ts";
import { createClipEncoder, createClipModel, createCutFinder, loadBundle, resolveFfmpeg } from "../../model/index.ts";
import {
  accessibilityProblems,
  canTestPages,
  makeClip,
  mediaOf,
  screenshot,
  startChromium,
} from "../support/chromium.ts";

const DEMO_CLIP = join(import.meta.dirname, "../../docs/demo/meadow.mp4");
const ADMIN_TOKEN = "an admin token for tests";
const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

describe.skipIf(!canTestPages)("the page at / in Chromium", () => {
  let folder: string;
  let browser: Browser;
  let page: Page;
  let services: Services;
  let parts: PlayerParts;
  let server: PlayerServer;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "damo-home-"));
    const config = loadConfig({ DAMO_HOME: join(folder, "home") });
    const stores = embeddedStores(config.home);
    const findFfmpeg = () => resolveFfmpeg({ configured: undefined, searchPath: process.env["PATH"] });
    const bundle = await loadBundle(config.model.bundleFolder);
    const model = createClipModel({ bundle, findFfmpeg }, { ...config.model, decode: config.decode });
    services = {
      config,
      tenantId: asTenantId(config.tenantId),
      stores: async () => stores,
      model: async () => model,
      linkSecret: async () => "a secret of more than 32 characters, for tests",
      cutFinder: async () => createCutFinder({ findFfmpeg }, config.decode),
      clipEncoder: async () => createClipEncoder({ findFfmpeg }, config.decode),
      composer: async () => undefined,
      findFfmpeg,
    } as unknown as Services;
    parts = await playerParts(services, Date.now);
    server = await servePlayer(parts.deps, { host: "127.0.0.1", port: 0 });
    browser = await startChromium();
  });
  beforeEach(async () => {
    await openPage({ viewport: { width: 1280, height: 800 } });
  });
  afterEach(() => page.close());
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await parts?.close();
    await (await services?.model())?.close();
    await rm(folder, { recursive: true, maxRetries: 20, retryDelay: 50 });
  });

  async function openPage(options: Parameters<Browser["newPage"]>[0]): Promise<void> {
    page = await browser.newPage(options);
    complaints.length = 0;
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
  }

  it("takes a clip by keyboard, answers from it, and jumps to the second", async () => {
    const { eventually, expectAt } = mediaOf(page);
    const clip = join(folder, "meadow.mp4");
    copyFileSync(DEMO_CLIP, clip);
    // Before the page is opened: the browser has to be told to hand the dialog over.
    const chooser = page.waitForEvent("filechooser", { timeout: 60_000 });
    await page.goto(server.baseUrl);
    await page.keyboard.press("Tab");
    await expect.poll(() => page.evaluate("document.activeElement.id")).toBe("file");
    await page.keyboard.press("Enter");
    await (await chooser).setFiles(clip);
    await page.waitForURL(/\/c\//, { timeout: 60_000 });
    await mediaOf(page).settled();

    // Watched while the page is open. It may not show yet that it has begun, so its end is asked of the server.
    const status = `${page.url().replace(/[?#].*/, "")}/status`;
    const isWatched = async () => ((await (await page.request.get(status)).json()) as { complete: boolean }).complete;
    await expect.poll(isWatched, { timeout: 120_000 }).toBe(true);
    await page.locator("#progress").waitFor({ state: "hidden", timeout: 120_000 });
    await page.getByLabel("Your question about this clip").fill("When does the dog bark?");
    await page.keyboard.press("Enter");
    const answer = page.locator("article.turn:not(.pending)");
    await answer.waitFor({ timeout: 60_000 });
    const time = answer.locator("a.time").first();
    const start = Number(await time.getAttribute("data-start"));
    expect(start).toBeGreaterThan(0);
    expect(await answer.locator("a.time img").count()).toBeGreaterThan(0);
    await time.focus();
    await page.keyboard.press("Enter");
    await eventually(`media.currentTime >= ${start} - 0.2`);
    await page.keyboard.press("k");
    await page.goto(page.url().replace(/[?#].*/, `?t=${start}#t=${start}`));
    await expectAt(start);
    await screenshot(page, "clip-shipped");
    expect(complaints).toEqual([]);
  }, 240_000);

  it("takes a clip that is dropped on it, and one that no browser plays", async () => {
    const avi = makeClip(join(folder, "old.avi"), 8, ["-c:v", "mpeg4", "-c:a", "mp3"]);
    const bytes = readFileSync(avi).toString("base64");
    await page.goto(server.baseUrl);
    const transfer = await page.evaluateHandle(`(() => {
      const bytes = Uint8Array.from(atob(${JSON.stringify(bytes)}), (c) => c.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], "old.avi", { type: "video/x-msvideo" }));
      return transfer;
    })()`);
    await page.dispatchEvent("#drop", "drop", { dataTransfer: transfer });
    await page.waitForURL(/\/c\//, { timeout: 60_000 });
    // Made once, with its progress shown, then played as if it had always been one.
    await page
      .waitForFunction("document.getElementById('media').readyState >= 2", undefined, { timeout: 1 })
      .catch(() => {});
    await expect.poll(() => mediaOf(page).inPage("media.readyState >= 2"), { timeout: 120_000 }).toBe(true);
    await page.keyboard.press("ArrowRight");
    await mediaOf(page).expectAt(5);
    expect(await page.locator("#trouble").isHidden()).toBe(true);
    const before = (await page.request.get(`${page.url().replace(/[?#].*/, "")}/status`)).json();
    expect(await before).toMatchObject({ playable: { state: "ready" } });
  }, 240_000);

  it("says kindly what is no clip, and lets one try again", async () => {
    await page.goto(server.baseUrl);
    const notes = join(folder, "notes.mp4");
    await writeFile(notes, "<!doctype html><title>Sign in</title>");
    await page.locator("#file").setInputFiles(notes);
    const refused = page.getByRole("alert");
    await refused.waitFor({ timeout: 60_000 });
    expect(await refused.innerText()).toContain("This file is not a video or a sound.");
    expect(await page.getByText("Choose a clip").isVisible()).toBe(true);
  });

  it.each(["dark", "light"] as const)(
    "has no accessibility problem on a %s screen, desk and phone",
    async (colorScheme) => {
      for (const [name, device] of [
        ["desk", { viewport: { width: 1280, height: 800 } }],
        ["phone", PHONE],
      ] as const) {
        await page.close();
        await openPage({ ...device, colorScheme });
        await page.goto(server.baseUrl);
        await screenshot(page, `home-${name}-${colorScheme}`);
        expect(await accessibilityProblems(page)).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      }
    },
  );

  describe("/admin", () => {
    let admin: PlayerServer;
    beforeAll(async () => {
      const access = { adminToken: ADMIN_TOKEN, localOnly: true };
      admin = await servePlayer({ ...parts.deps, access }, { host: "127.0.0.1", port: 0 });
    });
    afterAll(() => admin?.close());

    const signIn = async () => {
      await page.goto(`${admin.baseUrl}/admin`);
      await page.getByLabel("Admin token").fill(ADMIN_TOKEN);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("heading", { name: "Remembered" }).waitFor();
    };

    it.each(["dark", "light"] as const)("has no accessibility problem on a %s screen", async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${admin.baseUrl}/admin`);
      expect(await accessibilityProblems(page)).toEqual([]);
      await signIn();
      await screenshot(page, `admin-${colorScheme}`);
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.setViewportSize(PHONE.viewport);
      await screenshot(page, `admin-phone-${colorScheme}`);
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    });

    it("wipes a clip by keyboard, with a receipt; its page closes", async () => {
      await signIn();
      const row = page.getByRole("row", { name: /old\.avi/ });
      const link = (await row.getByRole("link").getAttribute("href")) as string;
      await row.locator("summary").focus();
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Forgotten" }).waitFor();
      await screenshot(page, "receipt");
      expect(await accessibilityProblems(page)).toEqual([]);
      expect((await page.goto(admin.baseUrl + link))?.status()).toBe(410);
      expect(await page.getByRole("heading").innerText()).toBe("This clip was forgotten");
    });
  });
});
