import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { askThread, type ClipMemory, type ClipModel, suggestQuestions, watchClip } from "../../../core/index.ts";
import { createFakeClipModel } from "../../support/fake-clip-model.ts";
import { InMemoryClipMemoryStore } from "../../support/in-memory-clip-memory-store.ts";
import { InMemoryThreadStore } from "../../support/in-memory-thread-store.ts";
import { CLIP, TENANT } from "../../support/memory-builders.ts";
import { scratchFolder } from "../../support/scratch-folder.ts";

let memories: InMemoryClipMemoryStore;
let memory: ClipMemory;

beforeEach(async () => {
  memories = new InMemoryClipMemoryStore();
  const path = join(await scratchFolder(), "clip.words");
  await writeFile(path, "dog bell dog cat");
  const request = { tenantId: TENANT, clipId: CLIP, title: "dog.mp4", path };
  for await (const event of watchClip({ model: createFakeClipModel(), memories }, request)) {
    if (event.type === "watched") memory = event.memory;
  }
  await rm(path);
});

describe("suggested questions", () => {
  it("are about different things, and each is answered from this memory when it is asked", async () => {
    const model = createFakeClipModel();
    const questions = await suggestQuestions({ model }, { memory });
    expect(questions).toHaveLength(3);
    const things = ["dog", "bell", "cat"];
    expect(new Set(questions.map((question) => things.find((thing) => question.includes(thing)))).size).toBe(3);
    const threads = new InMemoryThreadStore();
    for (const question of questions) {
      const request = { tenantId: TENANT, threadId: "t", clipId: CLIP, question };
      for await (const event of askThread({ model, memories, threads }, request)) {
        if (event.type === "answered") expect(event.answer).toMatchObject({ verdict: "found" });
      }
    }
  });

  it("are none when the model is not sure of anything", async () => {
    const model = createFakeClipModel({ confidence: 0.3 });
    expect(await suggestQuestions({ model }, { memory })).toEqual([]);
  });

  it("leave out what is not found when it is asked, however sure the list was", async () => {
    const model: ClipModel = {
      ...createFakeClipModel(),
      async *answer() {
        yield { type: "answer", text: "No.", spans: [], verdict: "absent", confidence: 0.9 };
      },
    };
    expect((await suggestQuestions({ model }, { memory })).filter((question) => /when/i.test(question))).toEqual([]);
  });

  it("stop looking when the time is over", async () => {
    let lists = 0;
    const fake = createFakeClipModel();
    const moments: ClipModel["moments"] = (request) => {
      lists++;
      return fake.moments(request);
    };
    const model: ClipModel = { ...fake, moments };
    let nowMs = 0;
    const slow = () => (nowMs += 900);
    await suggestQuestions({ model, now: slow }, { memory, maxMs: 2000 });
    expect(lists).toBeLessThan(memory.windows.length);
    expect(await suggestQuestions({ model }, { memory, signal: AbortSignal.abort() })).toEqual([]);
  });
});
