/** What every MediaStore must do. */
import { appendFile, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { asTenantId, type MediaStore } from "../../core/index.ts";
import { CLIP, OTHER_CLIP, TENANT } from "../support/memory-builders.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

export function describeMediaStore(name: string, make: () => Promise<MediaStore>): void {
  describe(`${name} as a MediaStore`, () => {
    const aFile = async (fileName = "Dog.MP4") => {
      const path = join(await scratchFolder(), fileName);
      await writeFile(path, "bytes of a clip");
      return path;
    };

    it("finds the user's own file in place, for this tenant and clip only", async () => {
      const store = await make();
      const path = await aFile();
      await store.remember(TENANT, CLIP, { path });
      expect(await store.find(TENANT, CLIP)).toEqual({ path, copied: false });
      expect(await store.find(TENANT, OTHER_CLIP)).toBeUndefined();
      expect(await store.find(asTenantId("other"), CLIP)).toBeUndefined();
    });

    it("refuses a file that is not there", async () => {
      const store = await make();
      const gone = store.remember(TENANT, CLIP, { path: join(await scratchFolder(), "gone.mp4") });
      await expect(gone).rejects.toMatchObject({ code: "clip.not_found" });
      expect(await store.delete(TENANT, CLIP)).toBe(false);
    });

    it("knows nothing of a file that was moved, grew, or was replaced by one of the same size", async () => {
      const store = await make();
      const path = await aFile();
      await store.remember(TENANT, CLIP, { path });
      await rename(path, `${path}.moved`);
      expect(await store.find(TENANT, CLIP)).toBeUndefined();
      await rename(`${path}.moved`, path);
      expect(await store.find(TENANT, CLIP)).toBeDefined();
      await utimes(path, 1, 1);
      expect(await store.find(TENANT, CLIP)).toBeUndefined();
      await store.remember(TENANT, CLIP, { path });
      await appendFile(path, "!");
      expect(await store.find(TENANT, CLIP)).toBeUndefined();
    });

    it("follows a clip that is remembered in another place", async () => {
      const store = await make();
      const second = await aFile();
      await store.remember(TENANT, CLIP, { path: await aFile() });
      await store.remember(TENANT, CLIP, { path: second });
      expect(await store.find(TENANT, CLIP)).toEqual({ path: second, copied: false });
    });

    it("keeps a copy that outlives the original, under a harmless name with the same extension", async () => {
      const store = await make();
      const path = await aFile();
      await store.remember(TENANT, CLIP, { path, copy: true });
      await store.remember(TENANT, CLIP, { path });
      await rm(path);
      const found = await store.find(TENANT, CLIP);
      expect(found).toMatchObject({ copied: true, path: expect.stringMatching(/copy\.mp4$/) });
      expect(await readFile(found?.path as string, "utf8")).toBe("bytes of a clip");
    });

    it("deletes the copy and never the user's own file", async () => {
      const store = await make();
      const path = await aFile();
      await store.remember(TENANT, CLIP, { path, copy: true });
      const copy = (await store.find(TENANT, CLIP))?.path as string;
      expect(await store.delete(TENANT, CLIP)).toBe(true);
      expect(await store.delete(TENANT, CLIP)).toBe(false);
      expect(await store.find(TENANT, CLIP)).toBeUndefined();
      await expect(readFile(copy)).rejects.toMatchObject({ code: "ENOENT" });
      expect(await readFile(path, "utf8")).toBe("bytes of a clip");
    });
  });
}
