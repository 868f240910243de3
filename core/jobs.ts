/**
 * The two kinds of work, and what their progress looks like to whoever waits. Jobs carry ids and words, never video bytes
 * or tensors; a job that was read from outside this process is checked against its schema first.
 *
 *     WatchClipJob       id = tenant + clip + bundle: any number of shares of one clip meet in one job
 *     AnswerQuestionJob  id = tenant + thread + question id: a question asked again under one id is answered once
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { ClipInfo } from "./clip.ts";
import { asClipId, asTenantId } from "./clip.ts";
import type { Answer } from "./conversation.ts";
import type { ErrorCode } from "./errors.ts";

const tenantId = z.string().min(1).transform(asTenantId);
const clipId = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform(asClipId);

export const watchClipJobSchema = z.object({
  tenantId,
  /** Its bytes lie in the MediaStore, which bots and workers share. */
  clipId,
  /** What the user calls the clip, for messages only. */
  title: z.string(),
  /** Nobody waits for it (a memory made by an older bundle is made again): everything else goes first. */
  background: z.boolean().optional(),
});
export type WatchClipJob = z.output<typeof watchClipJobSchema>;

export const answerQuestionJobSchema = z.object({
  tenantId,
  /** Unique within the tenant. */
  threadId: z.string().min(1),
  /** Chosen by the asker, unique within the thread, e.g. the platform's message id. */
  questionId: z.string().min(1),
  /** The clips that the thread is about, oldest first; the question may name one, else the newest is meant. */
  clipIds: z.array(clipId).min(1),
  question: z.string(),
  /** Wall time, ms since the epoch. */
  askedAtMs: z.number(),
});
export type AnswerQuestionJob = z.output<typeof answerQuestionJobSchema>;

/** What ends a job that did not do what it was asked. `details` are those of the DomainError, safe to show. */
export interface JobFailure {
  readonly type: "failed";
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
}
/** Cancelled: by a stop button, or because the clip was forgotten. */
export interface JobStopped {
  readonly type: "stopped";
}

export type WatchJobEvent =
  | {
      readonly type: "opened";
      readonly info: ClipInfo;
      readonly windowCount: number;
      readonly resumedAtSeconds: number;
    }
  | {
      readonly type: "window";
      readonly index: number;
      readonly windowCount: number;
      readonly watchedSeconds: number;
      readonly durationSeconds: number;
    }
  /** An attempt failed in a way that another may mend; the job goes on. */
  | { readonly type: "retrying"; readonly code: ErrorCode; readonly attempt: number }
  /** Last. `suggestions`: questions that this memory answers with high confidence. */
  | {
      readonly type: "watched";
      readonly info: ClipInfo;
      readonly warnings: readonly string[];
      readonly cache: "hit" | "resumed" | "miss";
      readonly suggestions: readonly string[];
    }
  | JobFailure
  | JobStopped;

export type AnswerJobEvent =
  | { readonly type: "text"; readonly text: string }
  /** The text so far is void (another worker starts over after a crash). */
  | { readonly type: "restarted" }
  /** Last. `clipId`: the clip that it was about. */
  | { readonly type: "answered"; readonly answer: Answer; readonly clipId: AnswerQuestionJob["clipIds"][number] }
  | JobFailure
  | JobStopped;

export type JobEvent = WatchJobEvent | AnswerJobEvent;

const LAST_EVENTS: ReadonlySet<JobEvent["type"]> = new Set(["watched", "answered", "failed", "stopped"]);
export const isLastEvent = (event: JobEvent): boolean => LAST_EVENTS.has(event.type);

/** 128 bits of sha256, so that ids hold neither names nor separators: BullMQ refuses `:` and whole numbers. */
const shortHash = (...parts: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);

export const watchJobId = (job: Pick<WatchClipJob, "tenantId" | "clipId">, bundleFingerprint: string): string =>
  `watch-${shortHash(job.tenantId, job.clipId, bundleFingerprint)}`;

export const answerJobId = (job: Pick<AnswerQuestionJob, "tenantId" | "threadId" | "questionId">): string =>
  `answer-${shortHash(job.tenantId, job.threadId, job.questionId)}`;
