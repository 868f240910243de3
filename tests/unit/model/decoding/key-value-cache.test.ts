import { describe, expect, it } from "vitest";
import { KeyValueCache, KeyValueCaches } from "../../../../model/decoding/key-value-cache.ts";

const FLOATS = 2;
const rows = (...values: number[]) => Float32Array.from(values.flatMap((value) => [value, -value]));

describe("KeyValueCache", () => {
  it("appends positions contiguously and grows past its first size", () => {
    const cache = new KeyValueCache(FLOATS, 2);
    cache.append([5, "w#0"], rows(1, 2));
    cache.append([6], rows(3));
    expect(cache.length).toBe(3);
    expect([...cache.past]).toEqual([1, -1, 2, -2, 3, -3]);
  });

  it("knows how much of a prompt it holds already", () => {
    const cache = new KeyValueCache(FLOATS, 4);
    cache.append([5, "w#0", "w#1"], rows(1, 2, 3));
    expect(cache.commonPrefix([5, "w#0", "w#1", 9])).toBe(3);
    expect(cache.commonPrefix([5, "w#0", "v#1"])).toBe(2);
    expect(cache.commonPrefix([4])).toBe(0);
  });

  it("forgets what comes after a prefix", () => {
    const cache = new KeyValueCache(FLOATS, 4);
    cache.append([5, 6, 7], rows(1, 2, 3));
    cache.truncate(1);
    cache.append([8], rows(9));
    expect([...cache.past]).toEqual([1, -1, 9, -9]);
    expect(cache.commonPrefix([5, 8])).toBe(2);
  });
});

describe("KeyValueCaches", () => {
  const cacheOf = (positions: number) => new KeyValueCache(FLOATS, positions); // 8 bytes a position

  it("hands a thread's cache to one answer at a time", () => {
    const caches = new KeyValueCaches(1000);
    const cache = cacheOf(4);
    caches.put("a", cache);
    expect(caches.take("a")).toBe(cache);
    expect(caches.take("a")).toBeUndefined();
  });

  it("drops the least recently used caches above its size", () => {
    const caches = new KeyValueCaches(64);
    for (const name of ["a", "b"]) caches.put(name, cacheOf(4));
    caches.put("a", caches.take("a") as KeyValueCache);
    caches.put("c", cacheOf(4));
    expect(caches.take("b")).toBeUndefined();
    expect(caches.take("a")).toBeDefined();
    expect(caches.take("c")).toBeDefined();
  });

  it("keeps nothing that is larger than its size alone", () => {
    const caches = new KeyValueCaches(16);
    caches.put("a", cacheOf(4));
    expect(caches.take("a")).toBeUndefined();
  });
});
