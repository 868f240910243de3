import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  type ClipModel,
  DomainError,
  forgetClip,
  type WatchClipEvent,
  type WatchRequest,
  watchClip,
} from "../../../core/index.ts";
import { createFakeClipModel, type FakeClipModelOptions } from "../../support/fake-clip-model.ts";
import { InMemoryClipMemoryStore } from "../../support/in-memory-clip-memory-store.ts";
import { InMemoryFrameStore } from "../../support/in-memory-frame-store.ts";
import { InMemoryThreadStore } from "../../support/in-memory-thread-store.ts";
import { aJpeg, aKey, CLIP, OTHER_CLIP, TENANT } from "../../support/memory-builders.ts";
import { scratchFolder } from "../../support/scratch-folder.ts";

let memories: InMemoryClipMemoryStore;
let frames: InMemoryFrameStore;
let path: string;

beforeEach(async () => {
  memories = new InMemoryClipMemoryStore();
  frames = new InMemoryFrameStore();
  path = join(await scratchFolder(), "clip.words");
  await writeFile(path, "dog bark cat");
});

/** The fake model, with the requests it was asked to watch. */
function aModel(options: FakeClipModelOptions = {}) {
  const model = createFakeClipModel(options);
  const watch = vi.fn((request: WatchRequest) => createFakeClipModel(options).watch(request));
  return Object.assign(model, { watch });
}

const watchWith = (model: ClipModel, overrides: { signal?: AbortSignal; clipId?: typeof CLIP } = {}) =>
  watchClip(
    { model, memories, frames, now: () => 77 },
    { tenantId: TENANT, clipId: CLIP, title: "dog.mp4", path, ...overrides },
  );

async function collect(events: AsyncIterable<WatchClipEvent>): Promise<WatchClipEvent[]> {
  const all: WatchClipEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** Fails after it has seen `windows` windows, with `error`. */
function breaksAfter(windows: number, error: Error): ClipModel {
  const model = createFakeClipModel();
  return Object.assign(createFakeClipModel(), {
    async *watch(request: WatchRequest) {
      for await (const event of model.watch(request)) {
        if (event.type === "window" && event.window.index === windows) throw error;
        yield event;
      }
    },
  });
}

describe("watchClip", () => {
  it("tells how it goes, window by window, and ends with the whole memory", async () => {
    const events = await collect(watchWith(aModel()));
    expect(events.map(({ type }) => type)).toEqual(["opened", "window", "window", "window", "watched"]);
    expect(events[0]).toMatchObject({ windowCount: 3, resumedAtSeconds: 0, info: { durationSeconds: 24 } });
    expect(events[2]).toEqual({ type: "window", index: 1, windowCount: 3, watchedSeconds: 16, durationSeconds: 24 });
    expect(events[4]).toMatchObject({
      cache: "miss",
      memory: { title: "dog.mp4", complete: true, createdAtMs: 77, windows: { length: 3 } },
    });
  });

  it("can be asked about each window as soon as it is told of it", async () => {
    for await (const event of watchWith(aModel({ windowMs: 1 }))) {
      if (event.type !== "window") continue;
      const memory = await memories.read(aKey());
      expect(memory?.windows.length).toBeGreaterThan(event.index);
    }
  });

  it("keeps the frames of each window before the window itself", async () => {
    const appendWindow = memories.appendWindow.bind(memories);
    const keptAt: number[] = [];
    memories.appendWindow = (...window) => {
      keptAt.push(frames.seconds(TENANT, CLIP).length);
      return appendWindow(...window);
    };
    await collect(watchWith(aModel()));
    expect(keptAt).toEqual([1, 2, 3]);
    expect(await frames.nearest(TENANT, CLIP, 12)).toEqual({ atSeconds: 12, jpeg: aJpeg("bark") });
  });

  it("puts the same frames again after a run that ended between frames and window", async () => {
    const appendWindow = memories.appendWindow.bind(memories);
    memories.appendWindow = (key, window) =>
      window.index === 1 ? Promise.reject(new Error("killed")) : appendWindow(key, window);
    await expect(collect(watchWith(aModel()))).rejects.toThrow("killed");
    expect(frames.seconds(TENANT, CLIP)).toEqual([4, 12]);
    memories.appendWindow = appendWindow;
    await collect(watchWith(aModel()));
    expect(frames.seconds(TENANT, CLIP)).toEqual([4, 12, 20]);
  });

  it("opens no file for a clip that it remembers", async () => {
    await collect(watchWith(aModel()));
    await rm(path);
    const model = aModel();
    const events = await collect(watchWith(model));
    expect(events).toMatchObject([{ type: "watched", cache: "hit", memory: { windows: { length: 3 } } }]);
    expect(model.watch).not.toHaveBeenCalled();
  });

  it("keeps what was watched before a failure, passes the error on unchanged, and resumes after it", async () => {
    const failure = new DomainError("clip.decode_timeout", "stalled");
    await expect(collect(watchWith(breaksAfter(2, failure)))).rejects.toBe(failure);
    expect(await memories.read(aKey())).toMatchObject({ complete: false, windows: [{ index: 0 }, { index: 1 }] });

    const model = aModel();
    const events = await collect(watchWith(model));
    expect(model.watch.mock.calls[0]?.[0].resumeAfter).toMatchObject({ index: 1, endSeconds: 16 });
    expect(events.map(({ type }) => type)).toEqual(["opened", "window", "watched"]);
    expect(events[0]).toMatchObject({ resumedAtSeconds: 16 });
    expect(events[1]).toMatchObject({ index: 2, watchedSeconds: 24 });
    expect(events[2]).toMatchObject({ cache: "resumed", memory: { complete: true, windows: { length: 3 } } });
  });

  it("completes a memory that only lacked its end", async () => {
    await collect(watchWith(aModel()));
    for (const kept of memories.kept.values()) delete kept.outcome;
    const events = await collect(watchWith(aModel()));
    expect(events).toMatchObject([{ type: "opened" }, { type: "watched", memory: { complete: true } }]);
  });

  it("watches a clip with a damaged memory again, from the start", async () => {
    await collect(watchWith(aModel()));
    for (const { blobs } of memories.kept.values()) blobs[1]?.fill(0xff, 40, 41);
    const model = aModel();
    const events = await collect(watchWith(model));
    expect(model.watch.mock.calls[0]?.[0].resumeAfter).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ cache: "miss", memory: { complete: true, windows: { length: 3 } } });
  });

  it("keeps the warnings of watching", async () => {
    await writeFile(path, "dog truncated");
    const events = await collect(watchWith(aModel()));
    expect(events.at(-1)).toMatchObject({ memory: { warnings: ["clip.truncated"] } });
  });

  it("is one run for two callers at once, and both see all of it", async () => {
    const model = aModel({ windowMs: 5 });
    const first = collect(watchWith(model));
    const second = collect(watchWith(model));
    expect(await first).toEqual(await second);
    expect(await first).toHaveLength(5);
    expect(model.watch).toHaveBeenCalledOnce();
  });

  it("is two runs for two clips", async () => {
    const model = aModel();
    await Promise.all([collect(watchWith(model)), collect(watchWith(model, { clipId: OTHER_CLIP }))]);
    expect(model.watch).toHaveBeenCalledTimes(2);
  });

  it("goes on for the others when one caller leaves", async () => {
    const model = aModel({ windowMs: 5 });
    const leaving = new AbortController();
    const left = collect(watchWith(model, { signal: leaving.signal }));
    const stayed = collect(watchWith(model));
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: "cancelled" });
    expect((await stayed).at(-1)).toMatchObject({ type: "watched" });
    expect(model.watch).toHaveBeenCalledOnce();
  });

  it("stops when the last caller has left, and a later call takes it up", async () => {
    const model = aModel({ windowMs: 5 });
    const leaving = new AbortController();
    const seen: number[] = [];
    const watching = (async () => {
      for await (const event of watchWith(model, { signal: leaving.signal })) {
        if (event.type === "window") seen.push(event.index);
        if (event.type === "window") leaving.abort();
      }
    })();
    await expect(watching).rejects.toMatchObject({ code: "cancelled" });
    expect(seen).toEqual([0]);
    expect(model.watch.mock.calls[0]?.[0].signal?.aborted).toBe(true);
    expect((await collect(watchWith(model))).at(-1)).toMatchObject({ cache: "resumed", memory: { complete: true } });
  });

  it("ends for everyone when the clip is forgotten meanwhile, and nothing of it comes back", async () => {
    const media = { remember: async () => {}, find: async () => undefined, delete: async () => false };
    const threads = new InMemoryThreadStore();
    const model = aModel({ windowMs: 20 });
    const other = collect(watchWith(model));
    const otherEnded = expect(other).rejects.toMatchObject({ code: "cancelled" });
    const watching = (async () => {
      for await (const event of watchWith(model)) {
        if (event.type !== "window") continue;
        const receipt = await forgetClip({ memories, threads, media, frames }, { tenantId: TENANT, clipId: CLIP });
        expect(receipt).toMatchObject({ memoryRemoved: true, framesRemoved: true });
      }
    })();
    await expect(watching).rejects.toMatchObject({ code: "cancelled" });
    await otherEnded;
    expect(memories.kept.size).toBe(0);
    expect(frames.seconds(TENANT, CLIP)).toEqual([]);
  });

  it("says memory.not_watched when another process forgets the clip meanwhile", async () => {
    const watching = (async () => {
      for await (const event of watchWith(aModel({ windowMs: 2 }))) {
        if (event.type !== "window") continue;
        await memories.delete(TENANT, CLIP);
        await frames.delete(TENANT, CLIP);
      }
    })();
    await expect(watching).rejects.toMatchObject({ code: "memory.not_watched" });
    expect(memories.kept.size).toBe(0);
    expect(frames.seconds(TENANT, CLIP)).toEqual([]);
  });

  it("passes on what the store throws, and what the model says of the file", async () => {
    const full = new DomainError("memory.unavailable", "disk full");
    memories.appendWindow = () => Promise.reject(full);
    await expect(collect(watchWith(aModel()))).rejects.toBe(full);
    await rm(path);
    await expect(collect(watchWith(aModel()))).rejects.toMatchObject({ code: "clip.not_found" });
  });
});
