import { chmod, mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseFfmpegVersion } from "../../../../model/media/ffmpeg-binary.ts";
import { resolveFfmpeg } from "../../../../model/media/index.ts";
import { scratchFolder } from "../../../support/scratch-folder.ts";

/** An executable that calls itself ffmpeg. */
async function aBinary(folder: string, firstLine: string, name = "ffmpeg"): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\necho "${firstLine}"\n`);
  await chmod(path, 0o755);
  return path;
}

const noStatic = async () => undefined;

describe("resolveFfmpeg", () => {
  it("takes the configured binary before all others", async () => {
    const folder = await scratchFolder();
    const configured = await aBinary(join(folder, "a"), "ffmpeg version 7.0.2-static https://x", "my-ffmpeg");
    await aBinary(join(folder, "b"), "ffmpeg version 6.0");
    expect(await resolveFfmpeg({ configured, searchPath: join(folder, "b"), staticPath: noStatic })).toEqual({
      path: configured,
      version: "7.0.2-static",
      source: "configured",
    });
  });

  it("does not fall back when the configured binary is no good", async () => {
    const folder = await scratchFolder();
    await aBinary(folder, "ffmpeg version 6.0");
    const notFfmpeg = await aBinary(folder, "hello", "hello");
    for (const configured of [join(folder, "absent"), notFfmpeg]) {
      await expect(resolveFfmpeg({ configured, searchPath: folder, staticPath: noStatic })).rejects.toMatchObject({
        code: "setup.ffmpeg_missing",
        message: expect.stringContaining(configured),
      });
    }
  });

  it("takes ffmpeg-static before the search path, unless its file was never fetched", async () => {
    const folder = await scratchFolder();
    const bundled = await aBinary(join(folder, "static"), "ffmpeg version 6.0-static");
    const searchPath = join(folder, "path");
    const onPath = await aBinary(searchPath, "ffmpeg version 5.1.9-0+deb12u1");
    expect(await resolveFfmpeg({ searchPath, staticPath: async () => bundled })).toMatchObject({
      path: bundled,
      source: "ffmpeg-static",
    });
    expect(await resolveFfmpeg({ searchPath, staticPath: async () => join(folder, "gone") })).toEqual({
      path: onPath,
      version: "5.1.9-0+deb12u1",
      source: "path",
    });
  });

  it("passes over an ffmpeg that is too old", async () => {
    const folder = await scratchFolder();
    await aBinary(join(folder, "old"), "ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright");
    const recent = await aBinary(join(folder, "new"), "ffmpeg version N-118000-g1234567 Copyright");
    const searchPath = ["", join(folder, "none"), join(folder, "old"), join(folder, "new")].join(delimiter);
    expect(await resolveFfmpeg({ searchPath, staticPath: noStatic })).toMatchObject({ path: recent });
    await expect(resolveFfmpeg({ searchPath: join(folder, "old"), staticPath: noStatic })).rejects.toThrow(
      /4\.4\.2.*too old.*apt-get install ffmpeg.*brew install ffmpeg/s,
    );
  });

  it("says what to install when there is none", async () => {
    await expect(resolveFfmpeg({ searchPath: undefined, staticPath: noStatic })).rejects.toMatchObject({
      code: "setup.ffmpeg_missing",
      message: expect.stringMatching(/not found.*apt-get install ffmpeg.*brew install ffmpeg.*FFMPEG_BIN/s),
    });
  });
});

describe("parseFfmpegVersion", () => {
  it.each([
    ["5.1.9-0+deb12u1", [5, 1]],
    ["n7.1-3-gabc", [7, 1]],
    ["7.0.2-static", [7, 0]],
    ["N-118000-g1234567", undefined],
  ])("%s", (version, expected) => {
    expect(parseFfmpegVersion(version)).toEqual(expected);
  });
});
