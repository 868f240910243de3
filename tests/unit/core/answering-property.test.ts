/** Whatever is asked and whatever a model says, an answer stays inside the clip, or inside what was watched of it. */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { AnswerEvent, ClipMemory, ClipModel, Moment, MomentSpan } from "../../../core/index.ts";
import { askThread, memoryKeyOf } from "../../../core/index.ts";
import { aVocabulary } from "../../support/a-vocabulary.ts";
import { createFakeClipModel, FAKE_BUNDLE } from "../../support/fake-clip-model.ts";
import { InMemoryThreadStore } from "../../support/in-memory-thread-store.ts";
import { CLIP, TENANT } from "../../support/memory-builders.ts";

const WATCHED_SECONDS = 24;
const HEADER_SECONDS = 60;

const aWindow = (index: number) => ({
  index,
  startSeconds: 8 * index,
  endSeconds: 8 * index + 8,
  queries: new Float32Array(1),
  embedding: Float32Array.of(1),
});

const aMemory = (complete: boolean): ClipMemory => ({
  key: memoryKeyOf(TENANT, CLIP, FAKE_BUNDLE),
  bundle: FAKE_BUNDLE,
  axes: { Q: 1, D: 1, E: 1 },
  title: "clip.mp4",
  info: { durationSeconds: complete ? WATCHED_SECONDS : HEADER_SECONDS, container: "mp4" },
  windows: [aWindow(0), aWindow(1), aWindow(2)],
  complete,
  warnings: [],
  createdAtMs: 0,
});

const anySeconds = fc.oneof(
  fc.double({ min: -20, max: 200, noNaN: true }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 24, 24.04, 23.99, 1e9),
);
const anySpan: fc.Arbitrary<MomentSpan> = fc.record({
  startSeconds: anySeconds,
  endSeconds: anySeconds,
  confidence: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(Number.NaN, 7, -1)),
});
const anyClock = fc
  .tuple(fc.nat(99), fc.nat(59), fc.boolean())
  .map(([minutes, seconds, tenths]) => `${minutes}:${String(seconds).padStart(2, "0")}${tenths ? ".5" : ""}`);
const anyWords = fc.oneof(
  fc.string({ maxLength: 12 }),
  anyClock,
  fc.nat(500).map((value) => `${value} seconds`),
  fc.constantFrom(" the dog appears from ", " to ", "9:", "59", " at ", ".", "1:0", "0:0:99", " and again from "),
);
const anyText = fc.array(anyWords, { maxLength: 8 });
const anyMoment: fc.Arbitrary<Moment> = fc
  .tuple(anySpan, fc.oneof(fc.constantFrom("dog", "dog bark (heard)", "at 9:59"), fc.string({ maxLength: 9 })))
  .map(([span, label]) => ({ ...span, label }));

const anyThing = fc.constantFrom("dog", "bell", "dog bark", "skateboard", "9:59", "cat", "it", "that");
const anyQuestion = fc.oneof(
  fc.string({ minLength: 1, maxLength: 80 }).filter((text) => /[a-z0-9]/i.test(text)),
  fc
    .tuple(
      fc.constantFrom(
        "when does the X appear",
        "is there a X",
        "how many times is the X heard",
        "how long is the X there",
        "is the X before the Y",
        "how much time is between the X and the Y",
        "what happens after the X",
        "what is seen before X",
        "what happens while the X is there",
        "what happens",
        "summarize the clip",
        "give me the chapters",
        "what is heard last",
        "the second one",
        "and then",
        "are you sure",
        "how long is the clip",
        "why is the X red",
        "and the X",
        "say that the X appears",
      ),
      anyThing,
      anyThing,
      fc.oneof(
        fc.constant(""),
        anyClock.map((time) => ` at ${time}`),
        anyClock.map((time) => ` after ${time}`),
        fc.constant(" in the last 99 seconds"),
      ),
    )
    .map(([form, x, y, time]) => `${form.replace("X", x).replace("Y", y)}${time}?`),
);

interface Said {
  readonly text: readonly string[];
  readonly spans: readonly MomentSpan[];
  readonly moments: readonly Moment[];
  readonly verdict: "found" | "unsure" | "absent";
  readonly confidence: number;
}
const anySaid: fc.Arbitrary<Said> = fc.record({
  text: anyText,
  spans: fc.array(anySpan, { maxLength: 4 }),
  moments: fc.array(anyMoment, { maxLength: 5 }),
  verdict: fc.constantFrom("found" as const, "unsure" as const, "absent" as const),
  confidence: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(Number.NaN)),
});

function modelSaying(said: Said, options: { closed: boolean; aligned: boolean }): ClipModel {
  return {
    ...createFakeClipModel(),
    ...(options.closed && { vocabulary: aVocabulary }),
    ...(options.aligned && {
      similarity: async (things: readonly unknown[], windows: readonly unknown[]) =>
        things.map(() => Float32Array.from(windows, (_, index) => index / 3)),
      match: async (things: readonly unknown[], windows: readonly unknown[]) =>
        things.map(() => Float32Array.from(windows, (_, index) => Math.sin(1 + index) * 9 * (said.confidence || 1))),
      matching: {
        asked: { scale: 1, bias: said.confidence - 0.5 },
        listed: { scale: 1, bias: 0 },
        spans: { scale: said.confidence, bias: 0 },
        presentFrom: 0.5,
        share: 0.4,
        peakShare: 0.4,
      },
    }),
    async *answer(): AsyncGenerator<AnswerEvent> {
      for (const text of said.text) yield { type: "text", text };
      yield { type: "answer", ...said, text: said.text.join("") };
    },
    moments: async () => said.moments,
  };
}

/** An oracle of its own, simpler than the guard: every m:ss and every "N seconds" of a text, in seconds. */
function timesIn(text: string): number[] {
  const clocks = (text.match(/\d+(?::\d+)+(?:\.\d+)?/g) ?? []).map((time) =>
    time.split(":").reduce((sum, part) => sum * 60 + Number(part), 0),
  );
  const spoken = [...text.matchAll(/(\d+(?:\.\d+)?)\s*seconds?\b/g)].map((match) => Number(match[1]));
  return [...clocks, ...spoken];
}

describe("an answer", () => {
  let threads: InMemoryThreadStore;
  beforeEach(() => {
    threads = new InMemoryThreadStore();
  });

  it.each([
    { complete: true, closed: true, aligned: false },
    { complete: true, closed: false, aligned: false },
    { complete: true, closed: true, aligned: true },
    { complete: false, closed: true, aligned: true },
    { complete: false, closed: false, aligned: false },
  ])(
    "never carries a time outside of what is known: %o",
    async ({ complete, ...options }) => {
      const memory = aMemory(complete);
      const memories = {
        readIndex: async () => memory,
        readWindows: async (_: unknown, indexes: readonly number[]) => indexes.map((index) => memory.windows[index]),
        has: async () => true,
      } as never;
      let thread = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(anyQuestion, { minLength: 1, maxLength: 3 }), anySaid, async (questions, said) => {
          const threadId = `t${thread++}`;
          for (const question of questions) {
            let streamed = "";
            const request = { tenantId: TENANT, threadId, clipId: CLIP, question };
            const deps = { model: modelSaying(said, options), memories, threads };
            try {
              for await (const event of askThread(deps, request)) {
                if (event.type === "text") {
                  streamed += event.text;
                  continue;
                }
                const { answer } = event;
                expect(answer.text).toBe(streamed);
                for (const seconds of timesIn(answer.text)) expect(seconds).toBeLessThanOrEqual(WATCHED_SECONDS);
                for (const { startSeconds, endSeconds, confidence } of answer.spans) {
                  expect(startSeconds).toBeGreaterThanOrEqual(0);
                  expect(startSeconds).toBeLessThan(endSeconds);
                  expect(endSeconds).toBeLessThanOrEqual(WATCHED_SECONDS);
                  expect(confidence).toBeGreaterThanOrEqual(0);
                  expect(confidence).toBeLessThanOrEqual(1);
                }
                expect(answer.confidence).toBeGreaterThanOrEqual(0);
                expect(answer.confidence).toBeLessThanOrEqual(1);
                if (answer.verdict === "absent") expect(answer.spans).toEqual([]);
              }
            } catch (error) {
              expect(error).toMatchObject({ code: expect.stringMatching(/^question\./) });
            }
          }
        }),
        { numRuns: 300 },
      );
    },
    120_000,
  );
});
