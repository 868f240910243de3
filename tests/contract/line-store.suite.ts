/** What every LineStore must do. Run by one small file per adapter, and by the fake. */
import { describe, expect, it } from "vitest";
import { asTenantId, type LineStore, type LineTrack } from "../../core/index.ts";
import { CLIP, OTHER_CLIP, TENANT } from "../support/memory-builders.ts";

const aTrack = (id: string, text = `said in ${id}`): LineTrack => ({
  id,
  language: "eng",
  lines: [
    { startSeconds: 0.25, endSeconds: 1.5, text, speaker: "Ann" },
    { startSeconds: 1.5, endSeconds: 2, text: 'caf\u00e9 \u2028 \u{1f600} "quoted" \\ </script>' },
  ],
});

export function describeLineStore(name: string, make: () => Promise<LineStore>): void {
  describe(`${name} as a LineStore`, () => {
    it("knows nothing of a clip of which nothing was put", async () => {
      const store = await make();
      expect(await store.read(TENANT, CLIP)).toEqual([]);
      expect(await store.delete(TENANT, CLIP)).toBe(false);
    });

    it("gives tracks back to the letter, by id, whatever their ids", async () => {
      const store = await make();
      const tracks = ["../up", "file:2", "slack", "x".repeat(500)].map((id) => aTrack(id));
      for (const track of [...tracks].reverse()) await store.put(TENANT, CLIP, track);
      expect(await store.read(TENANT, CLIP)).toEqual(tracks);
    });

    it("replaces a track of the same id, also many at the same moment, and removes an empty one", async () => {
      const store = await make();
      await store.put(TENANT, CLIP, aTrack("slack"));
      await Promise.all(Array.from({ length: 8 }, () => store.put(TENANT, CLIP, aTrack("slack", "again"))));
      expect(await store.read(TENANT, CLIP)).toEqual([aTrack("slack", "again")]);
      await store.put(TENANT, CLIP, { id: "slack", lines: [] });
      expect(await store.read(TENANT, CLIP)).toEqual([]);
      await store.put(TENANT, CLIP, { id: "never there", lines: [] });
      expect(await store.read(TENANT, CLIP)).toEqual([]);
    });

    it("keeps clips and tenants apart, and deletes one clip", async () => {
      const store = await make();
      const other = asTenantId("other");
      await store.put(TENANT, CLIP, aTrack("a"));
      await store.put(TENANT, OTHER_CLIP, aTrack("b"));
      await store.put(other, CLIP, aTrack("c"));
      expect(await store.delete(TENANT, CLIP)).toBe(true);
      expect(await store.delete(TENANT, CLIP)).toBe(false);
      expect(await store.read(TENANT, CLIP)).toEqual([]);
      expect(await store.read(TENANT, OTHER_CLIP)).toEqual([aTrack("b")]);
      expect(await store.read(other, CLIP)).toEqual([aTrack("c")]);
    });
  });
}
