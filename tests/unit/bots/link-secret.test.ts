import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { linkSecret } from "../../../bots/link-secret.ts";

describe("linkSecret", () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "damo-secret-"));
  });
  afterEach(() => rm(home, { recursive: true }));

  it("is the configured one, and then nothing is written", async () => {
    expect(await linkSecret(home, "configured")).toBe("configured");
    expect(await readdir(home)).toEqual([]);
  });

  it("is made once, for its owner only, also when many ask at the same moment", async () => {
    const inside = join(home, "new", "home");
    const secrets = await Promise.all(Array.from({ length: 8 }, () => linkSecret(inside, undefined)));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]?.length).toBeGreaterThanOrEqual(43);
    expect(await readdir(inside)).toEqual(["link-secret"]);
    expect((await stat(join(inside, "link-secret"))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(inside, "link-secret"), "utf8")).toBe(secrets[0]);
  });

  it("is never an empty or short one", async () => {
    await writeFile(join(home, "link-secret"), "short");
    await expect(linkSecret(home, undefined)).rejects.toMatchObject({ code: "memory.unavailable" });
  });

  it("says so when the home folder cannot be written to", async () => {
    await writeFile(join(home, "file"), "");
    await expect(linkSecret(join(home, "file"), undefined)).rejects.toMatchObject({ code: "memory.unavailable" });
  });
});
