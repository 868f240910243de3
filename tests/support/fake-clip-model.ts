/**
 * A model that is quick and predictable. It "watches" a file by reading its text: one word a window of 8 seconds, and
 * what was read is all it knows. Asked about a word, it answers with the window where the word stood.
 *
 * What is on screen in a window is a "JPEG" of its word.
 *
 *     dog bark dog     ->  "dog" is at 0:00 to 0:08 and 0:16 to 0:24, "bark" at 0:08 to 0:16, "cat" is absent
 */
import { readFile } from "node:fs/promises";
import {
  type AnswerEvent,
  type BundleIdentity,
  type ClipInfo,
  type ClipModel,
  DomainError,
  type MomentSpan,
  type WatchedWindow,
  type WindowSource,
} from "../../core/index.ts";
import { aJpeg } from "./a-jpeg.ts";

export const FAKE_BUNDLE: BundleIdentity = { name: "fake-mini", version: "0.0.1", fingerprint: "f".repeat(64) };

const WINDOW_SECONDS = 8;
/** Letters of a word that a window can hold, one a query channel. */
const WORD_LENGTH = 16;

export interface FakeClipModelOptions {
  /** Wall time of one window, ms. */
  readonly windowMs?: number;
  /** Below 0.5 it says that it is unsure. */
  readonly confidence?: number;
}

export function createFakeClipModel({ windowMs = 0, confidence = 0.9 }: FakeClipModelOptions = {}): ClipModel {
  return {
    bundle: FAKE_BUNDLE,
    windowSeconds: WINDOW_SECONDS,
    axes: { Q: 1, D: WORD_LENGTH, E: 1 },

    async *watch({ path, resumeAfter, signal }) {
      const text = await readFile(path, "utf8").catch((cause) => {
        throw new DomainError("clip.not_found", `no file ${path}`, { cause, details: { path } });
      });
      const words = text.split(/\s+/).filter((word) => word !== "");
      if (words.length === 0) throw new DomainError("clip.empty", "no words", { details: { path } });
      const info: ClipInfo = {
        durationSeconds: words.length * WINDOW_SECONDS,
        container: "words",
        video: { codec: "words", width: 1, height: 1 },
      };
      yield { type: "opened", info };
      for (let index = resumeAfter ? resumeAfter.index + 1 : 0; index < words.length; index++) {
        if (windowMs > 0) await new Promise((resolve) => setTimeout(resolve, windowMs));
        if (signal?.aborted) throw new DomainError("cancelled", "stopped");
        const window = windowOf(index, words[index] as string);
        const jpeg = aJpeg(words[index] as string);
        yield { type: "window", window, frames: [{ atSeconds: window.startSeconds + WINDOW_SECONDS / 2, jpeg }] };
      }
      yield { type: "ended", info, warnings: words.at(-1) === "truncated" ? ["clip.truncated"] : [] };
    },

    async *answer({ question, windows }): AsyncGenerator<AnswerEvent> {
      const asked: readonly string[] = question.toLowerCase().match(/[a-z]+/g) ?? [];
      const spans = (await wholeOf(windows))
        .filter((window) => asked.includes(wordOf(window)))
        .map((window) => spanOf(window, confidence));
      const verdict = spans.length === 0 ? "absent" : confidence < 0.5 ? "unsure" : "found";
      const text = spans.length === 0 ? "That is not in this clip." : `It is there ${spans.length} x.`;
      for (const piece of text.match(/\S+\s*/g) ?? []) yield { type: "text", text: piece };
      const usage = { inputTokens: 10 * question.length, outputTokens: spans.length + 1 };
      yield { type: "answer", text, spans, verdict, confidence, usage };
    },

    async moments({ windows }) {
      return (await wholeOf(windows)).map((window) => ({ ...spanOf(window, confidence), label: wordOf(window) }));
    },

    async close() {},
  };
}

const wholeOf = (windows: WindowSource) => windows.read(windows.entries.map(({ index }) => index));

const windowOf = (index: number, word: string): WatchedWindow => ({
  index,
  startSeconds: index * WINDOW_SECONDS,
  endSeconds: (index + 1) * WINDOW_SECONDS,
  // Letters are whole numbers below 2048, which float16 keeps exactly.
  queries: Float32Array.from({ length: WORD_LENGTH }, (_, at) => word.charCodeAt(at) || 0),
  embedding: Float32Array.of(1),
});

const wordOf = (window: WatchedWindow): string => String.fromCharCode(...window.queries.filter((code) => code > 0));

const spanOf = ({ startSeconds, endSeconds }: WatchedWindow, confidence: number): MomentSpan => ({
  startSeconds,
  endSeconds,
  confidence,
});
