import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { clipIdOfFile } from "../../../core/index.ts";
import { scratchFolder } from "../../support/scratch-folder.ts";

const aFile = async (bytes: Uint8Array): Promise<string> => {
  const path = join(await scratchFolder(), "clip.mp4");
  await writeFile(path, bytes);
  return path;
};

describe("clipIdOfFile", () => {
  it("is the sha256 of the bytes, whatever the file is called", async () => {
    // FIPS 180-2, appendix B.1
    const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(await clipIdOfFile(await aFile(Buffer.from("abc")))).toBe(abc);
    const large = Buffer.alloc(5_000_001, "damo");
    expect(await clipIdOfFile(await aFile(large))).toBe(createHash("sha256").update(large).digest("hex"));
  });

  it("refuses what is not there, a folder, and a file that is too large", async () => {
    const folder = await scratchFolder();
    await expect(clipIdOfFile(join(folder, "gone"))).rejects.toMatchObject({ code: "clip.not_found" });
    await expect(clipIdOfFile(folder)).rejects.toMatchObject({ code: "clip.unreadable" });
    const path = await aFile(Buffer.alloc(11));
    const tooLarge = { code: "clip.too_large", details: { sizeBytes: 11, maxBytes: 10 } };
    await expect(clipIdOfFile(path, { maxBytes: 10 })).rejects.toMatchObject(tooLarge);
    expect(await clipIdOfFile(path, { maxBytes: 11 })).toHaveLength(64);
  });

  it.skipIf(process.platform === "win32")("does not wait for a writer at a named pipe", async () => {
    const path = join(await scratchFolder(), "pipe");
    execFileSync("mkfifo", [path]);
    await expect(clipIdOfFile(path)).rejects.toMatchObject({ code: "clip.unreadable" });
  });

  it("stops when it is cancelled", async () => {
    const path = await aFile(Buffer.alloc(3_000_000));
    await expect(clipIdOfFile(path, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
  });
});
