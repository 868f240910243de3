/** What every ClipMemoryStore must do. Run by one small file per adapter, and by the fake. */
import { describe, expect, it } from "vitest";
import { asTenantId, type ClipMemoryKey, type ClipMemoryStore, MEMORY_SCHEMA_VERSION } from "../../core/index.ts";
import { AXES, aClipInfo, aHeader, aKey, aWindow, OTHER_CLIP, TENANT } from "../support/memory-builders.ts";

export interface ClipMemoryStoreUnderTest {
  readonly store: ClipMemoryStore;
  /** Flips a bit of the stored window. */
  damageWindow(key: ClipMemoryKey, index: number): Promise<void>;
}

export function describeClipMemoryStore(name: string, make: () => Promise<ClipMemoryStoreUnderTest>): void {
  describe(`${name} as a ClipMemoryStore`, () => {
    const aStoreWith = async (windowCount: number) => {
      const made = await make();
      await made.store.begin(aHeader());
      for (let index = 0; index < windowCount; index++) await made.store.appendWindow(aKey(), aWindow(index));
      return made;
    };

    it("knows nothing of a clip that was never watched", async () => {
      const { store } = await make();
      expect(await store.read(aKey())).toBeUndefined();
      expect(await store.list(TENANT)).toEqual([]);
      expect(await store.delete(TENANT, aKey().clipId)).toBe(false);
    });

    it("gives back what it was given, once complete", async () => {
      const { store } = await aStoreWith(3);
      await store.complete(aKey(), { info: aClipInfo(19.5), warnings: ["clip.truncated"] });
      expect(await store.read(aKey())).toEqual({
        ...aHeader(),
        info: aClipInfo(19.5),
        warnings: ["clip.truncated"],
        windows: [aWindow(0), aWindow(1), aWindow(2)],
        complete: true,
      });
    });

    it("keeps queries to the precision of float16 and the embedding to that of float32", async () => {
      const { store } = await make();
      await store.begin(aHeader());
      const queries = Float32Array.from({ length: AXES.Q * AXES.D }, (_, i) => Math.exp(i - 7) / 3);
      await store.appendWindow(aKey(), { ...aWindow(0), queries });
      const window = (await store.read(aKey()))?.windows[0];
      expect(window?.embedding).toEqual(aWindow(0).embedding);
      for (const [i, value] of queries.entries()) {
        expect(Math.abs((window?.queries[i] as number) - value)).toBeLessThanOrEqual(value * 2 ** -11);
      }
    });

    it("says whether there is a memory, from the moment it is begun until it is deleted", async () => {
      const { store } = await make();
      expect(await store.has(aKey())).toBe(false);
      await store.begin(aHeader());
      expect(await store.has(aKey())).toBe(true);
      expect(await store.has(aKey({ schemaVersion: MEMORY_SCHEMA_VERSION + 1 }))).toBe(false);
      await store.delete(TENANT, aKey().clipId);
      expect(await store.has(aKey())).toBe(false);
    });

    it("can be read while it grows", async () => {
      const { store } = await aStoreWith(0);
      expect(await store.read(aKey())).toMatchObject({ complete: false, windows: [], warnings: [] });
      await store.appendWindow(aKey(), aWindow(0));
      expect(await store.read(aKey())).toMatchObject({ complete: false, windows: [{ index: 0 }] });
    });

    it("leaves what is there when it is begun again", async () => {
      const { store } = await aStoreWith(2);
      await store.begin(aHeader({ title: "another name", createdAtMs: 9 }));
      expect(await store.read(aKey())).toMatchObject({ title: "dog.mp4", createdAtMs: 1_000, windows: { length: 2 } });
      await store.complete(aKey(), { info: aClipInfo(), warnings: [] });
      await store.begin(aHeader());
      expect(await store.read(aKey())).toMatchObject({ complete: true, windows: { length: 2 } });
    });

    it("replaces nothing when a window is appended again", async () => {
      const { store } = await aStoreWith(2);
      await store.appendWindow(aKey(), { ...aWindow(1), endSeconds: 11 });
      await store.complete(aKey(), { info: aClipInfo(), warnings: [] });
      await store.appendWindow(aKey(), { ...aWindow(0), endSeconds: 11 });
      expect((await store.read(aKey()))?.windows).toEqual([aWindow(0), aWindow(1)]);
    });

    it("stores one of two equal windows that are appended at the same moment", async () => {
      const { store } = await aStoreWith(0);
      await Promise.all(Array.from({ length: 8 }, () => store.appendWindow(aKey(), aWindow(0))));
      expect((await store.read(aKey()))?.windows).toEqual([aWindow(0)]);
    });

    it("refuses a window out of order, and one beyond a complete memory", async () => {
      const { store } = await aStoreWith(1);
      await expect(store.appendWindow(aKey(), aWindow(2))).rejects.toMatchObject({ code: "memory.out_of_order" });
      await store.complete(aKey(), { info: aClipInfo(), warnings: [] });
      await expect(store.appendWindow(aKey(), aWindow(1))).rejects.toMatchObject({ code: "memory.out_of_order" });
      expect((await store.read(aKey()))?.windows).toHaveLength(1);
    });

    it("refuses a window of another shape", async () => {
      const { store } = await aStoreWith(0);
      const wider = aWindow(0, { ...AXES, D: AXES.D + 1 });
      await expect(store.appendWindow(aKey(), wider)).rejects.toMatchObject({ code: "model.shape_mismatch" });
    });

    it("refuses to go on with a memory that was not begun, or was deleted meanwhile", async () => {
      const { store } = await make();
      const notWatched = { code: "memory.not_watched" };
      await expect(store.appendWindow(aKey(), aWindow(0))).rejects.toMatchObject(notWatched);
      await store.begin(aHeader());
      await store.appendWindow(aKey(), aWindow(0));
      await store.delete(TENANT, aKey().clipId);
      await expect(store.appendWindow(aKey(), aWindow(1))).rejects.toMatchObject(notWatched);
      await expect(store.complete(aKey(), { info: aClipInfo(), warnings: [] })).rejects.toMatchObject(notWatched);
      expect(await store.read(aKey())).toBeUndefined();
    });

    it("takes a memory with a damaged window for none, and begins it afresh", async () => {
      const { store, damageWindow } = await aStoreWith(3);
      await store.complete(aKey(), { info: aClipInfo(), warnings: [] });
      await damageWindow(aKey(), 1);
      expect(await store.read(aKey())).toBeUndefined();
      await store.begin(aHeader({ createdAtMs: 2_000 }));
      expect(await store.list(TENANT)).toMatchObject([{ createdAtMs: 2_000, windowCount: 0 }]);
      expect(await store.readIndex(aKey())).toMatchObject({ createdAtMs: 2_000, windows: [] });
      expect(await store.read(aKey())).toMatchObject({ createdAtMs: 2_000, complete: false, windows: [] });
    });

    it("gives the index of what was watched so far, and of the whole", async () => {
      const { store } = await aStoreWith(0);
      expect(await store.readIndex(aKey({ clipId: OTHER_CLIP }))).toBeUndefined();
      expect(await store.readIndex(aKey())).toEqual({ ...aHeader(), warnings: [], windows: [], complete: false });
      for (let index = 0; index < 3; index++) {
        await store.appendWindow(aKey(), aWindow(index));
        const { queries: _, ...entry } = aWindow(index);
        expect((await store.readIndex(aKey()))?.windows).toHaveLength(index + 1);
        expect((await store.readIndex(aKey()))?.windows.at(-1)).toEqual(entry);
      }
      await store.complete(aKey(), { info: aClipInfo(19.5), warnings: ["clip.truncated"] });
      expect(await store.readIndex(aKey())).toMatchObject({
        info: aClipInfo(19.5),
        complete: true,
        windows: { length: 3 },
      });
    });

    it("reads the windows asked for, in that order, and none in place of one that is not there", async () => {
      const { store } = await aStoreWith(5);
      expect(await store.readWindows(aKey(), [3, 0, 3])).toEqual([aWindow(3), aWindow(0), aWindow(3)]);
      expect(await store.readWindows(aKey(), [])).toEqual([]);
      expect(await store.readWindows(aKey(), [1, 5])).toBeUndefined();
      expect(await store.readWindows(aKey({ clipId: OTHER_CLIP }), [0])).toBeUndefined();
    });

    it("never hands out a damaged window, and still the sound ones beside it", async () => {
      const { store, damageWindow } = await aStoreWith(3);
      await damageWindow(aKey(), 1);
      expect(await store.readWindows(aKey(), [0, 1])).toBeUndefined();
      expect(await store.readWindows(aKey(), [0, 2])).toEqual([aWindow(0), aWindow(2)]);
    });

    it("forgets the index with the memory, also in a process that has read it before", async () => {
      const { store } = await aStoreWith(2);
      expect((await store.readIndex(aKey()))?.windows).toHaveLength(2);
      await store.delete(TENANT, aKey().clipId);
      expect(await store.readIndex(aKey())).toBeUndefined();
      expect(await store.readWindows(aKey(), [0])).toBeUndefined();
      await store.begin(aHeader({ createdAtMs: 3_000 }));
      expect((await store.readIndex(aKey()))?.windows).toEqual([]);
    });

    it("answers from the memory that is there, not from one under the same key that was read before", async () => {
      const { store } = await aStoreWith(2);
      expect((await store.readIndex(aKey()))?.windows.map(({ startSeconds }) => startSeconds)).toEqual([0, 8]);
      await store.delete(TENANT, aKey().clipId);
      expect(await store.readIndex(aKey())).toBeUndefined();
      await store.begin(aHeader());
      for (const index of [0, 1, 2])
        await store.appendWindow(aKey(), { ...aWindow(index), startSeconds: index * 8 + 1 });
      expect((await store.readIndex(aKey()))?.windows.map(({ startSeconds }) => startSeconds)).toEqual([1, 9, 17]);
    });

    it("keeps tenants, clips, bundles and schema versions apart", async () => {
      const { store } = await aStoreWith(1);
      const others: Partial<ClipMemoryKey>[] = [
        { tenantId: asTenantId("other") },
        { clipId: OTHER_CLIP },
        { bundleFingerprint: "0".repeat(64) },
        { schemaVersion: MEMORY_SCHEMA_VERSION + 1 },
      ];
      for (const other of others) expect(await store.read(aKey(other))).toBeUndefined();
    });

    it("takes ids that would lead out of a folder, or differ only in case", async () => {
      const { store } = await make();
      const tenants = ["../..", "a/b", "T1", "t1", "", "."].map(asTenantId);
      for (const tenantId of tenants) {
        await store.begin(aHeader({ key: aKey({ tenantId }), title: `of ${tenantId}` }));
      }
      for (const tenantId of tenants) {
        expect((await store.read(aKey({ tenantId })))?.title).toBe(`of ${tenantId}`);
      }
    });

    it("deletes a clip's memories by every bundle, and nothing else", async () => {
      const { store } = await aStoreWith(1);
      const kept = [aKey({ clipId: OTHER_CLIP }), aKey({ tenantId: asTenantId("other") })];
      for (const key of [aKey({ bundleFingerprint: "0".repeat(64) }), ...kept]) await store.begin(aHeader({ key }));
      expect(await store.delete(TENANT, aKey().clipId)).toBe(true);
      expect(await store.delete(TENANT, aKey().clipId)).toBe(false);
      expect(await store.read(aKey())).toBeUndefined();
      expect(await store.read(aKey({ bundleFingerprint: "0".repeat(64) }))).toBeUndefined();
      for (const key of kept) expect(await store.read(key)).toBeDefined();
    });

    it("lists the tenant's memories, oldest first, with their size", async () => {
      const { store } = await aStoreWith(2);
      const older = aHeader({ key: aKey({ clipId: OTHER_CLIP }), title: "cat.mp4", createdAtMs: 500 });
      await store.begin(older);
      await store.complete(older.key, { info: aClipInfo(0), warnings: [] });
      const list = await store.list(TENANT);
      expect(list).toEqual([
        { ...older, info: aClipInfo(0), complete: true, windowCount: 0, sizeBytes: 0 },
        { ...aHeader(), complete: false, windowCount: 2, sizeBytes: expect.any(Number) },
      ]);
      expect(list[1]?.sizeBytes).toBeGreaterThan(2 * (2 * AXES.Q * AXES.D + 4 * AXES.E));
    });
  });
}
