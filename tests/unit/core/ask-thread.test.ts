import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  type AnswerEvent,
  type AnswerRequest,
  type AskThreadEvent,
  askThread,
  type ClipModel,
  listMoments,
  MAX_QUESTION_LENGTH,
  watchClip,
} from "../../../core/index.ts";
import { createFakeClipModel, FAKE_BUNDLE } from "../../support/fake-clip-model.ts";
import { InMemoryClipMemoryStore } from "../../support/in-memory-clip-memory-store.ts";
import { InMemoryThreadStore } from "../../support/in-memory-thread-store.ts";
import { aTurn, CLIP, OTHER_CLIP, TENANT } from "../../support/memory-builders.ts";
import { scratchFolder } from "../../support/scratch-folder.ts";

let memories: InMemoryClipMemoryStore;
let threads: InMemoryThreadStore;
let model: ClipModel;

beforeEach(async () => {
  memories = new InMemoryClipMemoryStore();
  threads = new InMemoryThreadStore();
  model = createFakeClipModel();
  const path = join(await scratchFolder(), "clip.words");
  await writeFile(path, "dog bark dog");
  for await (const _ of watchClip({ model, memories }, { tenantId: TENANT, clipId: CLIP, title: "dog.mp4", path }));
  // From here on, there is no video.
  await rm(path);
});

const ask = (question: string, overrides: { model?: ClipModel; clipId?: typeof CLIP; signal?: AbortSignal } = {}) =>
  askThread(
    { model: overrides.model ?? model, memories, threads, now: () => 99 },
    { tenantId: TENANT, threadId: "t", clipId: CLIP, question, ...overrides },
  );

async function collect(events: AsyncIterable<AskThreadEvent>): Promise<AskThreadEvent[]> {
  const all: AskThreadEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** A model that says "yes" and keeps what it was asked. */
function listeningModel(): ClipModel & { requests: AnswerRequest[] } {
  const requests: AnswerRequest[] = [];
  return Object.assign(createFakeClipModel(), {
    requests,
    async *answer(request: AnswerRequest): AsyncGenerator<AnswerEvent> {
      requests.push(request);
      yield { type: "answer", text: "yes", spans: [], verdict: "found", confidence: 1 };
    },
  });
}

describe("askThread", () => {
  it("streams the text, then gives the whole answer, with no video to look at", async () => {
    const events = await collect(ask("when does the dog appear?"));
    const text = events.map((event) => (event.type === "text" ? event.text : "")).join("");
    expect(events.filter(({ type }) => type === "text").length).toBeGreaterThan(1);
    expect(events.at(-1)).toEqual({
      type: "answered",
      answer: {
        text,
        spans: [
          { startSeconds: 0, endSeconds: 8, confidence: 0.9 },
          { startSeconds: 16, endSeconds: 24, confidence: 0.9 },
        ],
        verdict: "found",
        confidence: 0.9,
        bundle: FAKE_BUNDLE,
      },
      clipId: CLIP,
    });
  });

  it("keeps the turn, with the question as it was asked", async () => {
    await collect(ask("  when does the dog appear?\n"));
    await collect(ask("is there a cat?"));
    const thread = await threads.read(TENANT, "t");
    expect(thread?.turns).toMatchObject([
      { question: { text: "when does the dog appear?" }, clipId: CLIP, askedAtMs: 99, answer: { verdict: "found" } },
      { question: { text: "is there a cat?" }, answer: { verdict: "absent", spans: [] } },
    ]);
  });

  it("hands the model the earlier turns about this clip, and no others", async () => {
    await threads.appendTurn(TENANT, "t", aTurn("of another clip", { clipId: OTHER_CLIP }));
    await threads.appendTurn(TENANT, "t", aTurn("first"));
    await threads.appendTurn(TENANT, "elsewhere", aTurn("of another thread"));
    const listening = listeningModel();
    const question = "would you kindly elaborate upon whatever matters most to everybody?";
    await collect(ask(question, { model: listening }));
    expect(listening.requests[0]?.history.map(({ question }) => question.text)).toEqual(["first"]);
    expect(listening.requests[0]).toMatchObject({ question, durationSeconds: 24, windows: { entries: { length: 3 } } });
  });

  it("says up to which second it knows a clip that is still being watched, and claims nothing beyond", async () => {
    for (const kept of memories.kept.values()) {
      delete kept.outcome;
      kept.blobs.pop();
      kept.index.pop();
    }
    const listening = listeningModel();
    const events = await collect(ask("is there a dog?", { model: listening }));
    expect(events.at(-1)).toMatchObject({ answer: { watchedUpToSeconds: 16 } });
    expect(listening.requests[0]?.durationSeconds).toBe(16);
  });

  it.each([
    ["", "question.empty"],
    [" \n\t", "question.empty"],
    ["?!\u200b", "question.empty"],
    ["x".repeat(MAX_QUESTION_LENGTH + 1), "question.too_long"],
    ["dog ".repeat(5000), "question.too_long"],
    ["x".repeat(20_000), "question.too_long"],
    ["犬はいつ出ますか", "question.language"],
    ["Когда появляется собака?", "question.language"],
    ["wann erscheint der Hund im Video?", "question.language"],
    ["¿cuándo aparece el perro?", "question.language"],
    ["quand est-ce que le chien apparaît ?", "question.language"],
  ])("refuses %j before anything is read", async (question, code) => {
    memories.read = vi.fn();
    await expect(collect(ask(question))).rejects.toMatchObject({ code });
    expect(memories.read).not.toHaveBeenCalled();
  });

  it("takes a question of exactly the longest length, and whatever is not clearly another language", async () => {
    const names = ["when does Müller's café appear?", "is the déjà vu sound heard?", "when does the 犬 dog appear?"];
    for (const question of ["d".repeat(MAX_QUESTION_LENGTH), "3?", "dog", ...names]) {
      expect((await collect(ask(question))).at(-1)).toMatchObject({ type: "answered" });
    }
  });

  it("says memory.not_watched when nothing of the clip is remembered", async () => {
    await expect(collect(ask("dog?", { clipId: OTHER_CLIP }))).rejects.toMatchObject({ code: "memory.not_watched" });
    for (const kept of memories.kept.values()) kept.blobs.length = 0;
    await expect(collect(ask("dog?"))).rejects.toMatchObject({ code: "memory.not_watched" });
  });

  it("keeps no turn of an answer that failed or was not listened to", async () => {
    const failure = new Error("session failed");
    const failing = Object.assign(createFakeClipModel(), {
      async *answer(): AsyncGenerator<AnswerEvent> {
        yield { type: "text", text: "It is" };
        throw failure;
      },
    });
    await expect(collect(ask("dog?", { model: failing }))).rejects.toBe(failure);
    for await (const _ of ask("dog?")) break;
    expect(await threads.read(TENANT, "t")).toBeUndefined();
  });

  it("keeps no turn about a clip that is forgotten while the answer is made", async () => {
    const answering = (async () => {
      for await (const event of ask("dog?")) if (event.type === "text") await memories.delete(TENANT, CLIP);
    })();
    await expect(answering).rejects.toMatchObject({ code: "memory.not_watched" });
    expect(await threads.read(TENANT, "t")).toBeUndefined();
  });
});

describe("listMoments", () => {
  it("lists what the model remembers, with no video to look at", async () => {
    const { moments, memory } = await listMoments({ model, memories }, { tenantId: TENANT, clipId: CLIP });
    expect(moments.map(({ label }) => label)).toEqual(["dog", "bark", "dog"]);
    expect(memory.complete).toBe(true);
  });

  it("says memory.not_watched when nothing of the clip is remembered", async () => {
    const unknown = listMoments({ model, memories }, { tenantId: TENANT, clipId: OTHER_CLIP });
    await expect(unknown).rejects.toMatchObject({ code: "memory.not_watched" });
  });
});
