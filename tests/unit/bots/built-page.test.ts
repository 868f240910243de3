/** bots/web/built/ is committed, so that a clone needs no build step; what lies there must be what the source makes. */
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { buildPage } from "../../../bots/web/build-page.ts";

const BUILT = join(import.meta.dirname, "../../../bots/web/built");
const filesIn = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));

describe("the built page", () => {
  const fresh = mkdtempSync(join(tmpdir(), "damo-built-"));
  afterAll(() => rm(fresh, { recursive: true }));

  it("is what its source makes (else: run script/build-page, and commit)", async () => {
    await buildPage(fresh);
    expect(filesIn(BUILT)).toEqual(filesIn(fresh));
  });

  it("is light: less than 60 kB of script, all pages together and before compression", () => {
    const scripts = Object.entries(filesIn(BUILT)).filter(([name]) => name.endsWith(".js"));
    expect(scripts.length).toBeGreaterThan(0);
    const bytes = scripts.reduce((sum, [, text]) => sum + Buffer.byteLength(text), 0);
    expect(bytes).toBeLessThan(60_000);
    expect(gzipSync(scripts.map(([, text]) => text).join("")).length).toBeLessThan(20_000);
  });
});
