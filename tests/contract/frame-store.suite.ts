/** What every FrameStore must do. Run by one small file per adapter, and by the fake. */
import { describe, expect, it } from "vitest";
import { asTenantId, type FrameStore } from "../../core/index.ts";
import { aJpeg, CLIP, OTHER_CLIP, TENANT } from "../support/memory-builders.ts";

export function describeFrameStore(name: string, make: () => Promise<FrameStore>): void {
  describe(`${name} as a FrameStore`, () => {
    const filled = async () => {
      const store = await make();
      for (const atSeconds of [0.5, 1.5, 2.5, 14_400.5]) {
        await store.put(TENANT, CLIP, { atSeconds, jpeg: aJpeg(`at ${atSeconds}`) });
      }
      return store;
    };

    it("has no frame of a clip of which none was put", async () => {
      const store = await make();
      expect(await store.nearest(TENANT, CLIP, 1)).toBeUndefined();
      expect(await store.delete(TENANT, CLIP)).toBe(false);
    });

    it.each([
      [-1, 0.5],
      [0.5, 0.5],
      [0.9, 0.5],
      [1.1, 1.5],
      [7_000, 2.5],
      [9_000, 14_400.5],
      [1e9, 14_400.5],
    ])("finds for %s s the frame at %s s, to the byte", async (asked, found) => {
      const store = await filled();
      expect(await store.nearest(TENANT, CLIP, asked)).toEqual({ atSeconds: found, jpeg: aJpeg(`at ${found}`) });
    });

    it("takes the earlier of two that are as near", async () => {
      expect(await (await filled()).nearest(TENANT, CLIP, 2)).toMatchObject({ atSeconds: 1.5 });
    });

    it("replaces a frame that is put again, also many at the same moment", async () => {
      const store = await filled();
      const again = Array.from({ length: 8 }, () => ({ atSeconds: 1.5, jpeg: aJpeg("again") }));
      await Promise.all(again.map((frame) => store.put(TENANT, CLIP, frame)));
      expect(await store.nearest(TENANT, CLIP, 1.5)).toEqual({ atSeconds: 1.5, jpeg: aJpeg("again") });
    });

    it("hands out bytes of its own", async () => {
      const store = await make();
      const jpeg = aJpeg("mine");
      await store.put(TENANT, CLIP, { atSeconds: 1, jpeg });
      jpeg.fill(0);
      (await store.nearest(TENANT, CLIP, 1))?.jpeg.fill(0);
      expect((await store.nearest(TENANT, CLIP, 1))?.jpeg).toEqual(aJpeg("mine"));
    });

    it("keeps clips and tenants apart, and deletes one clip", async () => {
      const store = await filled();
      const other = asTenantId("../local");
      await store.put(TENANT, OTHER_CLIP, { atSeconds: 9, jpeg: aJpeg("other clip") });
      await store.put(other, CLIP, { atSeconds: 8, jpeg: aJpeg("other tenant") });
      expect(await store.delete(TENANT, CLIP)).toBe(true);
      expect(await store.delete(TENANT, CLIP)).toBe(false);
      expect(await store.nearest(TENANT, CLIP, 1)).toBeUndefined();
      expect(await store.nearest(TENANT, OTHER_CLIP, 1)).toMatchObject({ atSeconds: 9 });
      expect(await store.nearest(other, CLIP, 1)).toMatchObject({ atSeconds: 8 });
    });
  });
}
