/**
 * Annotations in, temporal QA out, one line a video (docs/augmentation.md). Append-only: a run that is stopped loses the
 * videos in hand, and the next one leaves out those that are done.
 */
import { appendFile, open, readFile } from "node:fs/promises";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { DomainError, type Span } from "../../../core/index.ts";
import type { AnnotatedVideo, AnnotationFormat } from "./read-annotations.ts";
import type { AugmentedTurn } from "./verify-turns.ts";
import { type TokenUsage, writeTurns } from "./write-turns.ts";

export interface AugmentOptions {
  readonly format: AnnotationFormat;
  readonly output: string;
  /** Names the model in every line. */
  readonly modelName: string;
  readonly turns: number;
  readonly retries: number;
  /** Videos at one time. */
  readonly concurrency: number;
  readonly onVideo?: (id: string, problem: string | undefined) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A line of the output: a suite's, with the answer and where it is from. */
export interface AugmentedVideo {
  readonly clip: string;
  readonly durationSeconds: number;
  readonly events: readonly (Span & { readonly what: string })[];
  readonly turns: readonly AugmentedTurn[];
  readonly source: { readonly format: AnnotationFormat; readonly model: string };
}

export interface AugmentReport {
  readonly videos: number;
  /** Done in earlier runs. */
  readonly skipped: number;
  readonly written: number;
  readonly failed: number;
  readonly turns: number;
  readonly rejected: number;
  readonly usage: TokenUsage;
}

/** @throws DomainError `cancelled`; `usage` when the output cannot be written or is no file of ours */
export async function augmentAnnotations(
  model: BaseChatModel,
  videos: readonly AnnotatedVideo[],
  options: AugmentOptions,
): Promise<AugmentReport> {
  const { format, output, modelName, turns, retries, concurrency, onVideo, signal } = options;
  const done = await doneIn(output);
  const waiting = videos.filter(({ id }) => !done.has(id));
  const report = {
    videos: videos.length,
    skipped: videos.length - waiting.length,
    written: 0,
    failed: 0,
    turns: 0,
    rejected: 0,
  };
  const usage = { inputTokens: 0, outputTokens: 0 };
  // Lines are written one after the other, whole.
  let writing: Promise<void> = Promise.resolve();

  const work = async () => {
    for (let video = waiting.shift(); video; video = waiting.shift()) {
      if (signal?.aborted) throw new DomainError("cancelled", "stopped", { cause: signal.reason });
      const made = await writeTurns(model, video, { turns, retries, signal }).catch((error: unknown) => {
        if (signal?.aborted) throw new DomainError("cancelled", "stopped", { cause: error });
        return { turns: [], rejected: 0, usage: { inputTokens: 0, outputTokens: 0 }, problem: messageOf(error) };
      });
      usage.inputTokens += made.usage.inputTokens;
      usage.outputTokens += made.usage.outputTokens;
      report.rejected += made.rejected;
      onVideo?.(video.id, made.problem);
      if (made.turns.length === 0) {
        report.failed++;
        continue;
      }
      const { id, durationSeconds } = video;
      const events = video.events.map(({ text: what, startSeconds, endSeconds }) => ({
        what,
        startSeconds,
        endSeconds,
      }));
      const line: AugmentedVideo = {
        clip: id,
        durationSeconds,
        events,
        turns: made.turns,
        source: { format, model: modelName },
      };
      writing = writing.then(() => appendFile(output, `${JSON.stringify(line)}\n`));
      await writing;
      report.written++;
      report.turns += made.turns.length;
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, waiting.length) }, work));
  return { ...report, usage };
}

/** Ids of the lines that are there. A last line that a killed run left short is cut off. */
async function doneIn(output: string): Promise<ReadonlySet<string>> {
  const problem = (why: string) =>
    new DomainError("usage", `${output} ${why}`, { details: { problem: `${output} ${why}` } });
  const text = await readFile(output, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw problem("cannot be read");
  });
  const end = text.lastIndexOf("\n") + 1;
  if (end < text.length) {
    const file = await open(output, "r+");
    await file.truncate(Buffer.byteLength(text.slice(0, end)));
    await file.close();
  }
  const lines = text.slice(0, end).split("\n").filter(Boolean);
  return new Set(
    lines.map((line, index) => {
      try {
        return String((JSON.parse(line) as AugmentedVideo).clip);
      } catch {
        throw problem(`holds something else than augmented annotations in line ${index + 1}`);
      }
    }),
  );
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
