import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findSuite } from "../../../bots/cli/named-suites.ts";
import { readSuite } from "../../../bots/cli/read-suite.ts";

const checkout = resolve(import.meta.dirname, "../../..");

describe("suites that have a name", () => {
  let root: string;
  beforeEach(async () => {
    root = join(await mkdtemp(join(tmpdir(), "damo-suites-")), "checkout");
    await mkdir(root);
  });
  afterEach(() => rm(join(root, ".."), { recursive: true, force: true }));

  const putSuite = async (folder: string) => {
    await mkdir(join(root, folder), { recursive: true });
    await writeFile(join(root, folder, "suite.jsonl"), "");
  };

  it("takes any other word for a path", async () => {
    expect(await findSuite("some/suite.jsonl", undefined, root)).toEqual({ suite: "some/suite.jsonl" });
    expect(await findSuite("./real", "clips", root)).toEqual({ suite: "./real", clips: "clips" });
  });

  it("prefers the theatre that was made to the small one, and says which it took", async () => {
    await putSuite("tests/eval/theatre");
    const small = await findSuite("theatre", undefined, root);
    expect(small).toMatchObject({
      suite: join(root, "tests/eval/theatre"),
      note: expect.stringContaining("script/make-theatre"),
    });
    await putSuite(".damo/eval/theatre");
    expect(await findSuite("theatre", undefined, root)).toEqual({ suite: join(root, ".damo/eval/theatre") });
  });

  it("does not take a theatre that is still being made", async () => {
    await mkdir(join(root, ".damo/eval/theatre"), { recursive: true });
    await writeFile(join(root, ".damo/eval/theatre/suite.jsonl.part"), "");
    await expect(findSuite("theatre", undefined, root)).rejects.toMatchObject({ code: "suite.missing" });
  });

  it("looks for the real clips beside the checkout, or where it is told", async () => {
    await mkdir(join(root, "tests/eval/real"), { recursive: true });
    const suite = join(root, "tests/eval/real/real.jsonl");
    await cp(join(checkout, "tests/eval/real/real.jsonl"), suite);
    await expect(findSuite("real", undefined, root)).rejects.toMatchObject({
      code: "suite.missing",
      details: { problem: expect.stringContaining("shared/media/clips") },
    });
    const { clips } = await readSuite(suite);
    for (const folder of ["../shared/media/clips", "../elsewhere"]) {
      await mkdir(join(root, folder), { recursive: true });
      for (const { clip } of clips) await writeFile(join(root, folder, clip), "");
    }
    expect(await findSuite("real", undefined, root)).toEqual({ suite, clips: join(root, "../shared/media/clips") });
    const told = join(root, "../elsewhere");
    expect(await findSuite("real", told, root)).toEqual({ suite, clips: told });
    await rm(join(told, "dog_fetch_ball.mp4"));
    await expect(findSuite("real", told, root)).rejects.toMatchObject({
      details: { problem: expect.stringContaining("dog_fetch_ball.mp4") },
    });
  });
});

describe("the suites of the repository", () => {
  it.each(["tests/eval/theatre/suite.jsonl", "tests/eval/real/real.jsonl"])("%s is one", async (file) => {
    const { clips } = await readSuite(join(checkout, file));
    expect(clips.flatMap(({ turns }) => turns).length).toBeGreaterThanOrEqual(12);
  });
});
