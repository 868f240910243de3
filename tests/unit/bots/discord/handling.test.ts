import { beforeEach, describe, expect, it, vi } from "vitest";
import { Handling } from "../../../../bots/discord/handling.ts";
import { DomainError } from "../../../../core/index.ts";

const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const away = () => new DomainError("memory.unavailable", "away");

beforeEach(() => {
  for (const spy of Object.values(log)) spy.mockClear();
});

describe("the handling of events", () => {
  it("tries again what may pass, and is done when it has passed", async () => {
    let failures = 1;
    const handle = vi.fn(async () => {
      if (failures-- > 0) throw away();
    });
    await new Handling(log as never).run("MESSAGE_CREATE", handle);
    expect(handle).toHaveBeenCalledTimes(2);
    expect(log.error).not.toHaveBeenCalled();
  });

  it("logs what cannot pass, once, and hurts no other", async () => {
    const handling = new Handling(log as never);
    const bug = vi.fn(() => Promise.reject(new TypeError("ours")));
    const gone = vi.fn(() => Promise.reject(new DomainError("source.gone", "gone")));
    const fine = vi.fn(async () => {});
    await Promise.all([handling.run("A", bug), handling.run("B", gone), handling.run("C", fine)]);
    expect([bug, gone, fine].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 1]);
    expect(log.error).toHaveBeenCalledTimes(2);
  });

  it("does not repeat what answers an interaction", async () => {
    const handle = vi.fn(() => Promise.reject(away()));
    await new Handling(log as never).run("INTERACTION_CREATE", handle, { retry: false });
    expect(handle).toHaveBeenCalledTimes(1);
  });

  it("lets what is under way end, and gives up what waits for another try", async () => {
    const handling = new Handling(log as never);
    let end = () => {};
    const slow = handling.run("SLOW", () => new Promise<void>((done) => (end = done)));
    const waiting = vi.fn(() => Promise.reject(away()));
    void handling.run("WAITING", waiting);
    let isSettled = false;
    const settled = handling.settled().then(() => (isSettled = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSettled).toBe(false);
    end();
    await Promise.all([slow, settled]);
    // One more try at most: the wait before it was cut short.
    expect(waiting.mock.calls.length).toBeLessThanOrEqual(2);
  });
});
