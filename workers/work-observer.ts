/** What a queue or a worker tells of its work, for metrics and logs. Never texts: ids, counts and times. */
import type { AnswerQuestionJob, JobEvent, WatchClipJob } from "../core/index.ts";
import type { WatchGateObserver } from "./watch-gate.ts";

/** Names a job in a log. */
export interface JobFacts {
  readonly jobId: string;
  readonly kind: "watch" | "answer";
  /** Of a question: the newest clip of its thread. */
  readonly clipId: string | undefined;
  readonly threadId?: string;
}

export interface WorkObserver extends WatchGateObserver {
  /** Wall time from the start of an answer to its first text. */
  firstToken(ms: number): void;
  jobBegan(job: JobFacts): void;
  /** A watch made room for another; it is begun again when its turn comes. */
  jobSteppedBack(job: JobFacts): void;
  attemptFailed(job: JobFacts, error: unknown): void;
  jobEnded(job: JobFacts, how: JobEvent["type"], ms: number): void;
  /** Redis was away, or a lock was lost. */
  queueTrouble(error: Error): void;
}

export const SILENT_OBSERVER: WorkObserver = {
  windowWatched() {},
  firstToken() {},
  jobBegan() {},
  jobSteppedBack() {},
  attemptFailed() {},
  jobEnded() {},
  queueTrouble() {},
};

export const factsOf = (jobId: string, job: WatchClipJob | AnswerQuestionJob): JobFacts =>
  "threadId" in job
    ? { jobId, kind: "answer", clipId: job.clipIds.at(-1), threadId: job.threadId }
    : { jobId, kind: "watch", clipId: job.clipId };
