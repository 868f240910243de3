import { describe, expect, it } from "vitest";
import { lazyResource } from "../../../model/lazy-resource.ts";

const tick = () => new Promise((resolve) => setImmediate(resolve));

/** Makes 1, 2, 3, ...; the failing ones throw. */
function counted(failing: readonly number[] = []) {
  const ends = new Map<number, () => void>();
  const closed: number[] = [];
  let count = 0;
  const resource = lazyResource({
    make: async () => {
      count += 1;
      if (failing.includes(count)) throw new Error(`number ${count} is broken`);
      return count;
    },
    ended: (value) => new Promise<void>((resolve) => ends.set(value, resolve)),
    close: async (value) => {
      closed.push(value);
    },
  });
  return { resource, ends, closed, made: () => count };
}

describe("lazyResource", () => {
  it("makes nothing until it is asked, then one for all", async () => {
    const { resource, made } = counted();
    expect(made()).toBe(0);
    expect(await Promise.all([resource.get(), resource.get()])).toEqual([1, 1]);
    expect(await resource.get()).toBe(1);
  });

  it("tries again after a failure", async () => {
    const { resource } = counted([1]);
    await expect(resource.get()).rejects.toThrow("number 1 is broken");
    await tick();
    expect(await resource.get()).toBe(2);
  });

  it("makes another when the one it had has ended by itself", async () => {
    const { resource, ends } = counted();
    await resource.get();
    await tick();
    ends.get(1)?.();
    await tick();
    expect(await resource.get()).toBe(2);
  });

  it("closes what it made, and makes nothing after that", async () => {
    const { resource, closed } = counted();
    await resource.get();
    await resource.close();
    expect(closed).toEqual([1]);
    await expect(resource.get()).rejects.toMatchObject({ code: "model.runtime" });
  });

  it("waits for what is being made, and closes it too; what was never made needs nothing", async () => {
    const making = counted();
    void making.resource.get();
    await making.resource.close();
    expect(making.closed).toEqual([1]);
    const never = counted();
    await never.resource.close();
    expect(never.made()).toBe(0);
  });
});
