/** What every MediaStore must do. */
import { appendFile, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { asTenantId, DomainError, type MediaStore } from "../../core/index.ts";
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

    it("remembers where a clip came from until it is forgotten, also when its file is gone", async () => {
      const store = await make();
      const path = await aFile();
      const originUrl = "https://vimeo.com/76979871";
      expect(await store.originUrl(TENANT, CLIP)).toBeUndefined();
      await store.remember(TENANT, CLIP, { path, copy: true });
      await store.remember(TENANT, CLIP, { path, copy: true, originUrl });
      await store.remember(TENANT, CLIP, { path });
      expect(await store.originUrl(TENANT, CLIP)).toBe(originUrl);
      expect(await store.originUrl(asTenantId("other"), CLIP)).toBeUndefined();
      await rm((await store.find(TENANT, CLIP))?.path as string);
      expect(await store.find(TENANT, CLIP)).toBeUndefined();
      expect(await store.originUrl(TENANT, CLIP)).toBe(originUrl);
      await store.delete(TENANT, CLIP);
      expect(await store.originUrl(TENANT, CLIP)).toBeUndefined();
    });

    it("keeps a playable version beside the clip, whole or not at all, and deletes it with the clip", async () => {
      const store = await make();
      await store.remember(TENANT, CLIP, { path: await aFile() });
      expect(await store.findPlayable(TENANT, CLIP)).toBeUndefined();
      const failed = store.makePlayable(TENANT, CLIP, async (path) => {
        await writeFile(path, "half");
        throw new DomainError("clip.unreadable", "half way");
      });
      await expect(failed).rejects.toMatchObject({ code: "clip.unreadable" });
      expect(await store.findPlayable(TENANT, CLIP)).toBeUndefined();

      const made = await store.makePlayable(TENANT, CLIP, async (path) => {
        expect(path).toMatch(/\.mp4$/);
        await writeFile(path, "playable");
        expect(await store.findPlayable(TENANT, CLIP)).toBeUndefined();
      });
      expect(await store.findPlayable(TENANT, CLIP)).toBe(made);
      expect(await store.findPlayable(asTenantId("other"), CLIP)).toBeUndefined();
      expect(await readFile(made, "utf8")).toBe("playable");
      await store.delete(TENANT, CLIP);
      await expect(readFile(made)).rejects.toMatchObject({ code: "ENOENT" });
    });

    it("makes no playable version of a clip that it does not know, or that is deleted meanwhile", async () => {
      const store = await make();
      const write = (path: string) => writeFile(path, "playable");
      await expect(store.makePlayable(TENANT, CLIP, write)).rejects.toMatchObject({ code: "memory.not_watched" });
      await store.remember(TENANT, CLIP, { path: await aFile() });
      const forgotten = store.makePlayable(TENANT, CLIP, async (path) => {
        await write(path);
        await store.delete(TENANT, CLIP);
      });
      await expect(forgotten).rejects.toMatchObject({ code: "memory.not_watched" });
      expect(await store.findPlayable(TENANT, CLIP)).toBeUndefined();
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
