import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { asClipId, type ClipInfo } from "../../core/clip.ts";
import type { WatchedWindow } from "../../core/clip-memory.ts";
import type { Turn } from "../../core/conversation.ts";
import type { AnswerEvent, AnswerRequest, ClipModel, WatchEvent } from "../../core/ports/clip-model.ts";
import { heldWindows } from "../../core/window-source.ts";
import { loadBundle, type ModelBundle } from "../../model/bundle.ts";
import { roundToFloat16 } from "../../model/float16.ts";
import type { decodeClip } from "../../model/media/index.ts";
import { createClipModel } from "../../model/pipeline.ts";
import { aJpeg } from "../support/a-jpeg.ts";
import { lacksTinyBundle, tinyBundleFolder } from "../support/tiny-bundle.ts";

const DURATION_SECONDS = 29.3;
const INFO: ClipInfo = { durationSeconds: DURATION_SECONDS, container: "made" };
const WINDOWS = 4;

/** So hot that every token the grammar allows is about as likely as any other: only the grammar holds it. */
const WILD = 100;

/** Thresholds of P(absent) that leave the verdict not to random weights but to the test. */
const ALWAYS_FOUND = 1;
const ALWAYS_ABSENT = 0;

/** Pictures and sound that are different in every window; window 1 is silent, window 2 is black and loud. */
function aDecoder() {
  const seen = { windows: 0, ended: 0 };
  const decode: typeof decodeClip = async function* ({
    windowSeconds,
    frameRate,
    frameSize,
    sampleRateHz,
    ...options
  }) {
    try {
      yield { type: "opened", info: INFO };
      for (let index = options.resumeFromWindow ?? 0; index < WINDOWS; index += 1) {
        if (options.signal?.aborted) return;
        seen.windows += 1;
        const startSeconds = index * windowSeconds;
        const endSeconds = Math.min(startSeconds + windowSeconds, DURATION_SECONDS);
        const frameCount = index === 2 ? 0 : Math.round((endSeconds - startSeconds) * frameRate);
        const frames = new Float32Array(frameCount * 3 * frameSize ** 2);
        for (let at = 0; at < frames.length; at += 1) frames[at] = ((at * (index + 3)) % 256) / 255;
        const samples = new Float32Array(index === 1 ? 0 : Math.round((endSeconds - startSeconds) * sampleRateHz));
        for (let at = 0; at < samples.length; at += 1) samples[at] = (((at * (index + 3)) % 64) - 32) / 100;
        yield {
          type: "window",
          window: {
            index,
            startSeconds,
            endSeconds,
            frames,
            frameCount,
            samples,
            hasVideo: index !== 2,
            hasAudio: index !== 1,
            evidence: index === 2 ? [] : [{ atSeconds: startSeconds + 0.5, jpeg: aJpeg(`${index}`) }],
          },
        };
      }
      yield { type: "ended", info: INFO, warnings: [] };
    } finally {
      seen.ended += 1;
    }
  };
  return { seen, decode };
}

const options = {
  decode: { maxClipSeconds: 100, maxClipBytes: 1e9, maxClipPixels: 1e9, stallMs: 1000 },
  watchThreads: 1,
  answerThreads: 1,
};

describe.skipIf(lacksTinyBundle())("the clip model", () => {
  let bundle: ModelBundle;
  let model: ClipModel;
  let decoder: ReturnType<typeof aDecoder>;
  let windows: readonly WatchedWindow[];

  const aModel = (absentThreshold: number) => {
    decoder = aDecoder();
    const answering = { ...bundle.manifest.answering, absentThreshold };
    const changed = { ...bundle, manifest: { ...bundle.manifest, answering } };
    return createClipModel(
      { bundle: changed, findFfmpeg: async () => ({ path: "" }), decodeClip: decoder.decode },
      options,
    );
  };

  async function watch(over: Partial<Parameters<ClipModel["watch"]>[0]> = {}): Promise<WatchEvent[]> {
    const events: WatchEvent[] = [];
    for await (const event of model.watch({ path: "clip", ...over })) events.push(event);
    return events;
  }
  const windowsOf = (events: readonly WatchEvent[]) =>
    events.flatMap((event) => (event.type === "window" ? [event.window] : []));

  beforeAll(async () => {
    bundle = await loadBundle(tinyBundleFolder);
    model = aModel(ALWAYS_FOUND);
    windows = windowsOf(await watch());
  });
  afterAll(() => model?.close());

  describe("watching", () => {
    it("gives the clip's facts, then its windows in order, then its end", async () => {
      const events = await watch();
      expect(events.map(({ type }) => type)).toEqual(["opened", "window", "window", "window", "window", "ended"]);
      expect(windows.map(({ index, startSeconds, endSeconds }) => [index, startSeconds, endSeconds])).toEqual([
        [0, 0, 8],
        [1, 8, 16],
        [2, 16, 24],
        [3, 24, DURATION_SECONDS],
      ]);
    });

    it("makes queries of the bundle's shape at float16 precision, and embeddings of unit length", () => {
      const { Q, D, E } = bundle.manifest.axes;
      for (const { queries, embedding } of windows) {
        expect(queries).toHaveLength(Q * D);
        expect(queries.every(Number.isFinite)).toBe(true);
        expect(roundToFloat16(queries)).toEqual(queries);
        expect(embedding).toHaveLength(E);
        expect(Math.hypot(...embedding)).toBeCloseTo(1, 4);
      }
    });

    it("makes the very same windows one at a time, each from the one stored before it, as in one go", async () => {
      const resumed: WatchedWindow[] = [];
      for (let next = 0; next < WINDOWS; next += 1) {
        const resumeAfter = resumed.at(-1);
        for await (const event of model.watch({ path: "clip", ...(resumeAfter && { resumeAfter }) })) {
          if (event.type !== "window") continue;
          resumed.push(event.window);
          break;
        }
      }
      expect(resumed).toEqual(windows);
    });

    it("passes the window before on as state: the same pictures after another window are remembered otherwise", async () => {
      const [first, second, third] = windows as [WatchedWindow, WatchedWindow, WatchedWindow];
      const [afterThird] = windowsOf(await watch({ resumeAfter: { ...third, index: first.index } }));
      expect(afterThird?.index).toBe(1);
      expect(afterThird?.queries).not.toEqual(second.queries);
    });

    it("ends at once when everything is stored", async () => {
      const events = await watch({ resumeAfter: windows.at(-1) as WatchedWindow });
      expect(events.map(({ type }) => type)).toEqual(["opened", "ended"]);
    });

    it("decodes one window ahead and no more, so that memory stays flat", async () => {
      const before = decoder.seen.windows;
      let taken = 0;
      for await (const event of model.watch({ path: "clip" })) {
        if (event.type !== "window") continue;
        taken += 1;
        const ahead = Math.min(taken + 1, WINDOWS);
        await vi.waitFor(() => expect(decoder.seen.windows - before).toBe(ahead), 10_000);
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect(decoder.seen.windows - before).toBe(ahead);
      }
    });

    it("ends the decoder when its consumer leaves or cancels", async () => {
      const before = decoder.seen.ended;
      for await (const event of model.watch({ path: "clip" })) if (event.type === "window") break;
      expect(decoder.seen.ended).toBe(before + 1);
      const cancel = new AbortController();
      const watching = (async () => {
        for await (const event of model.watch({ path: "clip", signal: cancel.signal })) {
          if (event.type === "opened") cancel.abort();
        }
      })();
      await expect(watching).rejects.toMatchObject({ code: "cancelled" });
      expect(decoder.seen.ended).toBe(before + 2);
    });
  });

  describe("answering", () => {
    const ask = async (over: Partial<AnswerRequest> = {}) => {
      const request = {
        question: "when does the dog appear?",
        history: [],
        windows: heldWindows(windows),
        durationSeconds: DURATION_SECONDS,
      };
      const events: AnswerEvent[] = [];
      for await (const event of model.answer({ ...request, ...over })) events.push(event);
      const answer = events.at(-1);
      if (answer?.type !== "answer") throw new Error("the last event is no answer");
      return { answer, pieces: events.slice(0, -1).map(({ text }) => text) };
    };

    it("streams the very text that it ends with, whatever the model says", async () => {
      let pieceCount = 0;
      for (let seed = 0; seed < 10; seed += 1) {
        const { answer, pieces } = await ask({ temperature: WILD, seed });
        pieceCount += pieces.length;
        expect(pieces.join("")).toBe(answer.text);
        expect(answer.text).not.toMatch(/<\w+>/);
      }
      expect(pieceCount).toBeGreaterThan(50);
    });

    it("answers the same, and in one piece, when nobody reads along", async () => {
      for (const over of [{}, { temperature: WILD, seed: 3 }]) {
        const streamed = await ask(over);
        const whole = await ask({ ...over, wholeOnly: true });
        expect(streamed.pieces).not.toEqual([]);
        expect(whole).toEqual({ answer: streamed.answer, pieces: [] });
      }
    });

    it("points at spans inside the clip only", async () => {
      let spans = 0;
      for (let seed = 0; seed < 20; seed += 1) {
        const { answer } = await ask({ temperature: WILD, seed });
        expect(answer.verdict).not.toBe("absent");
        expect(answer.confidence).toBeGreaterThanOrEqual(0);
        expect(answer.confidence).toBeLessThanOrEqual(1);
        for (const { startSeconds, endSeconds } of answer.spans) {
          spans += 1;
          expect(startSeconds).toBeGreaterThanOrEqual(0);
          expect(endSeconds).toBeGreaterThan(startSeconds);
          expect(endSeconds).toBeLessThanOrEqual(DURATION_SECONDS);
        }
      }
      expect(spans).toBeGreaterThan(5);
    });

    it("says so in words, and points nowhere, when it finds nothing", async () => {
      const finding = model;
      model = aModel(ALWAYS_ABSENT);
      try {
        const { answer } = await ask({ temperature: WILD, seed: 2 });
        expect(answer).toMatchObject({ verdict: "absent", spans: [] });
        expect(answer.text).not.toBe("");
        expect(await model.moments({ windows: heldWindows(windows), durationSeconds: DURATION_SECONDS })).toEqual([]);
      } finally {
        await model.close();
        model = finding;
      }
    });

    it("answers a follow-up in a kept thread as in a fresh one", async () => {
      const question = "what happens after that";
      const first = await ask({ threadId: "a" });
      const turn: Turn = {
        question: { text: "when does the dog appear?" },
        answer: { ...first.answer, bundle: model.bundle },
        clipId: asClipId("clip"),
        askedAtMs: 0,
      };
      const kept = await ask({ question, history: [turn], threadId: "a" });
      const fresh = await ask({ question, history: [turn] });
      expect(kept.answer.text).toBe(fresh.answer.text);
    });

    it("reads at most the windows that fit, out of a clip of any length", async () => {
      const many = Array.from({ length: 40 }, (_, index) => ({
        ...(windows[index % 3] as WatchedWindow),
        index,
        startSeconds: index * 8,
        endSeconds: (index + 1) * 8,
      }));
      for (const question of ["when does the dog appear", "what happens at 4:00", "1:00"]) {
        const { answer } = await ask({
          question,
          windows: heldWindows(many),
          durationSeconds: 320,
          temperature: 1,
          seed: 1,
        });
        expect(answer.text).not.toBe("");
      }
    });

    it("opens neither ffmpeg nor the clip", async () => {
      const findFfmpeg = async () => {
        throw new Error("asked for ffmpeg");
      };
      const fresh = createClipModel({ bundle, findFfmpeg }, options);
      try {
        const events: AnswerEvent[] = [];
        const request = {
          question: "is there a dog",
          history: [],
          windows: heldWindows(windows),
          durationSeconds: DURATION_SECONDS,
        };
        for await (const event of fresh.answer(request)) events.push(event);
        expect(events.at(-1)?.type).toBe("answer");
      } finally {
        await fresh.close();
      }
    });

    it("refuses questions that it cannot read, and clips of which nothing is watched", async () => {
      await expect(ask({ question: " ?! " })).rejects.toMatchObject({ code: "question.empty" });
      await expect(ask({ question: "dog ".repeat(5000) })).rejects.toMatchObject({ code: "question.too_long" });
      await expect(ask({ windows: heldWindows([]) })).rejects.toMatchObject({ code: "memory.not_watched" });
      await expect(ask({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
    });

    it("lists moments inside the clip, in order of start", async () => {
      const moments = await model.moments({ windows: heldWindows(windows), durationSeconds: DURATION_SECONDS });
      for (const { label, startSeconds, endSeconds } of moments) {
        expect(label).not.toBe("");
        expect(endSeconds).toBeGreaterThan(startSeconds);
        expect(endSeconds).toBeLessThanOrEqual(DURATION_SECONDS);
      }
      expect(moments).toEqual([...moments].sort((a, b) => a.startSeconds - b.startSeconds));
    });
  });

  it("closes, also when it was never used", async () => {
    await aModel(ALWAYS_FOUND).close();
    const used = aModel(ALWAYS_FOUND);
    for await (const event of used.watch({ path: "clip" })) if (event.type === "window") break;
    await used.close();
  });
});
