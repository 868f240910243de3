/** The Chromium of this machine, and what browser tests have in common. Says why when there is none. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

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

export const canTestPages = browserPath !== undefined && hasFfmpeg;

export const startChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: browserPath as string, args: ["--no-sandbox"] });

/** A clip of coloured bars that count seconds, with a tone. One key frame: landing on a second takes an exact seek. */
export function makeClip(path: string, seconds: number, more: readonly string[] = []): string {
  const picture = ["-f", "lavfi", "-i", `testsrc2=duration=${seconds}:size=320x180:rate=25`];
  const sound = ["-f", "lavfi", "-i", `sine=frequency=440:duration=${seconds}`];
  const encoding = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "1000", "-pix_fmt", "yuv420p", "-c:a", "aac"];
  const fast = path.endsWith(".mp4") && !more.includes("-movflags") ? ["-movflags", "+faststart"] : [];
  execFileSync("ffmpeg", ["-v", "error", "-y", ...picture, ...sound, ...encoding, ...fast, ...more, path]);
  return path;
}

/** Also what `makeClip` showed at that second, as a JPEG. */
export const frameOf = (path: string, atSeconds: number): Buffer =>
  execFileSync("ffmpeg", ["-v", "error", "-ss", String(atSeconds), "-i", path, "-frames:v", "1", "-f", "mjpeg", "-"]);

/** How far from the wanted second the player may stand. */
export const TOLERANCE_SECONDS = 0.2;

/** Looks at `<video id="media">`. Not page.waitForFunction: it evaluates inside the page, where our policy forbids it. */
export function mediaOf(page: Page) {
  const inPage = (expression: string) => page.evaluate(`((media) => ${expression})(document.getElementById("media"))`);
  const eventually = (expression: string) =>
    expect.poll(() => inPage(expression), { timeout: 20_000, message: expression }).toBe(true);
  return {
    inPage,
    eventually,
    settled: () => eventually("media.readyState >= 2 && !media.seeking"),
    expectAt: (seconds: number) =>
      eventually(`!media.seeking && Math.abs(media.currentTime - ${seconds}) < ${TOLERANCE_SECONDS}`),
  };
}

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Every violation of WCAG 2.2 A and AA that axe finds, a line each. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  const { readFile } = await import("node:fs/promises");
  // Through the debugger, which the page's policy does not bind.
  await page.evaluate(await readFile(axePath, "utf8"));
  const { violations } = (await page.evaluate(
    `axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })`,
  )) as { violations: { id: string; help: string; nodes: { target: string[]; failureSummary: string }[] }[] };
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")} ${failureSummary.replace(/\s+/g, " ")}`),
  );
}

/** Saved where DAMO_TEST_SCREENSHOTS says, to be looked at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env["DAMO_TEST_SCREENSHOTS"];
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
}
