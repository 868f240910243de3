import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeJson, encodeJson } from "../../../memory/checked-json.ts";
import {
  createFile,
  createFileFlushedBehind,
  onDisk,
  removeFolder,
  replaceFile,
} from "../../../memory/durable-file.ts";
import { scratchFolder } from "../../support/scratch-folder.ts";

describe("createFile", () => {
  it("gives the file to one of many that create it at once, and leaves no draft", async () => {
    const folder = await scratchFolder();
    const path = join(folder, "a");
    const created = await Promise.all(Array.from({ length: 20 }, (_, i) => createFile(path, Buffer.from(`${i}`))));
    expect(created.filter(Boolean)).toHaveLength(1);
    expect(await readFile(path, "utf8")).toBe(`${created.indexOf(true)}`);
    expect(await readdir(folder)).toEqual(["a"]);
  });

  it.skipIf(process.platform === "win32")("makes files that only their owner can read", async () => {
    const path = join(await scratchFolder(), "a");
    await createFile(path, Buffer.from("x"));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});

describe("createFileFlushedBehind", () => {
  it("shows the file, whole, before the disk has it, and gives it to the first only", async () => {
    const folder = await scratchFolder();
    const path = join(folder, "a");
    const created = await createFileFlushedBehind(path, Buffer.from("one"));
    expect(await readFile(path, "utf8")).toBe("one");
    expect(await createFileFlushedBehind(path, Buffer.from("other"))).toBeUndefined();
    await expect(created?.flushed).resolves.toBeUndefined();
    expect(await readFile(path, "utf8")).toBe("one");
    expect(await readdir(folder)).toEqual(["a"]);
  });

  it("leaves nothing behind where there is no folder", async () => {
    const path = join(await scratchFolder(), "none", "a");
    await expect(createFileFlushedBehind(path, Buffer.from("x"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("replaceFile", () => {
  it("shows a reader the old file or the new one, never a part", async () => {
    const path = join(await scratchFolder(), "a");
    const versions = ["a".repeat(100_000), "b".repeat(50_000)];
    await replaceFile(path, Buffer.from(versions[0] as string));
    let writing = true;
    const writer = (async () => {
      for (let i = 1; i <= 30; i++) await replaceFile(path, Buffer.from(versions[i % 2] as string));
      writing = false;
    })();
    while (writing) expect(versions.includes(await readFile(path, "utf8"))).toBe(true);
    await writer;
  });
});

describe("removeFolder", () => {
  it("also removes what others write into it meanwhile", async () => {
    for (let round = 0; round < 10; round++) {
      const folder = await scratchFolder();
      for (let i = 0; i < 20; i++) await writeFile(join(folder, `${i}`), "x");
      const late = Array.from({ length: 20 }, (_, i) => createFile(join(folder, `late-${i}`), Buffer.from("secret")));
      const [removed] = await Promise.all([removeFolder(folder), Promise.allSettled(late)]);
      expect(removed).toBe(true);
      await expect(readdir(folder)).rejects.toMatchObject({ code: "ENOENT" });
    }
  });
});

describe("checked JSON", () => {
  const value = { title: "Hünd & Katze.mp4", seconds: 12.5, nested: { list: [1, null] } };

  it("comes back as it was", () => {
    expect(decodeJson(encodeJson(value))).toEqual(value);
  });

  it("is nothing when any bit is flipped or it is cut anywhere", () => {
    const bytes = encodeJson(value);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(decodeJson(flipped)).toBeUndefined();
    }
    for (let length = 0; length < bytes.length; length++) expect(decodeJson(bytes.subarray(0, length))).toBeUndefined();
  });
});

describe("onDisk", () => {
  it("calls what the file system objects to memory.unavailable, and lets our own bugs through", async () => {
    const missing = onDisk("home", () => readFile("/no/such/file"));
    await expect(missing).rejects.toMatchObject({ code: "memory.unavailable", details: { code: "ENOENT" } });
    const bug = onDisk("home", async () => {
      throw new TypeError("ours");
    });
    await expect(bug).rejects.toBeInstanceOf(TypeError);
  });
});
