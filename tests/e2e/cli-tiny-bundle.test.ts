/**
 * script/damo with nothing replaced: ffmpeg, graphs and stores are the real ones; only the bundle is tiny and knows nothing,
 * so what it says does not matter here. Skipped with a printed reason without the bundle or ffmpeg.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLineSchema } from "../support/json-line-schemas.ts";
import { runDamo } from "../support/run-damo.ts";
import { lacksTinyBundle, tinyBundleFolder } from "../support/tiny-bundle.ts";

const lacksFfmpeg = (() => {
  try {
    execFileSync("ffmpeg", ["-version"], { stdio: "ignore" });
    return false;
  } catch {
    console.warn("skipped: no ffmpeg on PATH to make a clip with");
    return true;
  }
})();

describe.skipIf(lacksTinyBundle() || lacksFfmpeg)("damo with a real, tiny bundle", () => {
  let folder: string;
  let clip: string;
  let env: Record<string, string>;
  const ask = async (name: string, more: Record<string, string> = {}) => {
    const run = await runDamo(["ask", name, "when does the dog bark?", "--json"], { ...env, ...more });
    expect(run.stderr).toBe("");
    for (const line of run.lines()) expect(jsonLineSchema.safeParse(line).error, JSON.stringify(line)).toBeUndefined();
    return { ...run, kinds: run.lines().map((line) => line["type"]), answer: run.lines().at(-1) };
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "damo-tiny-"));
    clip = join(folder, "clip.mp4");
    const picture = ["-f", "lavfi", "-i", "testsrc2=duration=20:size=160x90:rate=10"];
    const sound = ["-f", "lavfi", "-i", "sine=frequency=440:duration=20"];
    execFileSync("ffmpeg", ["-v", "error", ...picture, ...sound, "-pix_fmt", "yuv420p", clip]);
    env = { DAMO_HOME: join(folder, "home"), DAMO_BUNDLE: tinyBundleFolder, DAMO_WEB_PORT: "9" };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("watches once, then answers the same with neither the video nor ffmpeg there", async () => {
    const first = await ask(clip);
    expect(first.exitCode).toBe(0);
    expect(first.kinds).toEqual(["progress", "progress", "progress", "progress", "answer"]);
    expect(first.answer).toMatchObject({ cache: "miss" });

    await rm(clip);
    // A configured ffmpeg that does not work is an error as soon as anybody asks for it.
    const second = await ask(clip, { FFMPEG_BIN: join(folder, "no-ffmpeg") });
    expect(second.exitCode).toBe(0);
    expect(second.kinds).toEqual(["answer"]);
    const { text, spans, verdict, confidence } = first.answer as Record<string, unknown>;
    expect(second.answer).toMatchObject({ cache: "hit", text, spans, verdict, confidence });
  });

  it("refuses with 3 what is no clip, and remembers nothing of it", async () => {
    for (const [name, bytes, code] of [
      ["empty.mp4", "", "clip.empty"],
      ["page.mp4", "<!doctype html><title>Log in</title>", "clip.not_media"],
    ] as const) {
      await writeFile(join(folder, name), bytes);
      const { exitCode, answer } = await ask(join(folder, name));
      expect(exitCode).toBe(3);
      expect(answer).toMatchObject({ type: "error", code, exitCode: 3 });
    }
    const forgotten = await runDamo(["forget", "--all", "--json"], env);
    expect(forgotten.lines().filter((line) => line["title"] !== "clip.mp4")).toEqual([]);
  });

  it("passes the doctor, and its bundle verifies", async () => {
    const doctor = await runDamo(["doctor", "--json"], env);
    expect(doctor.lines().filter((line) => !line["ok"])).toEqual([]);
    expect(doctor.exitCode).toBe(0);
    const [bundle] = (await runDamo(["models", "verify", "--json"], env)).lines();
    expect(jsonLineSchema.safeParse(bundle).error).toBeUndefined();
    expect(bundle).toMatchObject({ type: "bundle", inUse: true, verified: true, folder: tinyBundleFolder });
  });
});
