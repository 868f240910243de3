/**
 * Builds the pages' scripts and style sheet with Vite, from bots/web/page/ into a folder. Called by script/build-page and
 * by the test that keeps bots/web/built/ fresh. What is built is committed: running the bot needs no build step.
 */
import { fileURLToPath } from "node:url";
import { build } from "vite";

const PAGE = fileURLToPath(new URL("./page/", import.meta.url));

/** Browsers of spring 2024 and later: `light-dark()`, `:has()`, `<dialog>`. */
const BROWSERS = ["chrome123", "edge123", "firefox125", "safari17.5"];

/** @param outFolder  is emptied first */
export async function buildPage(outFolder: string): Promise<void> {
  await build({
    configFile: false,
    root: PAGE,
    logLevel: "warn",
    build: {
      outDir: outFolder,
      emptyOutDir: true,
      target: BROWSERS,
      modulePreload: false,
      // No file is small enough to be written into another: the Content-Security-Policy wants them apart.
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: { player: `${PAGE}player.ts`, home: `${PAGE}home.ts`, page: `${PAGE}page.css` },
        output: {
          entryFileNames: "[name].js",
          chunkFileNames: "shared.js",
          assetFileNames: "[name][extname]",
        },
      },
    },
  });
}
