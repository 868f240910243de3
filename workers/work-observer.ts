/** What a queue or a worker tells of its work, for metrics and logs. Never texts: ids, counts and times. */
import type { JobEvent } from "../core/index.ts";
import type { WatchGateObserver } from "./watch-gate.ts";

export interface WorkObserver extends WatchGateObserver {
  /** Wall time from the start of an answer to its first text. */
  firstToken(ms: number): void;
  attemptFailed(kind: "watch" | "answer", jobId: string, error: unknown): void;
  jobEnded(jobId: string, how: JobEvent["type"]): void;
  /** Redis was away, or a lock was lost. */
  queueTrouble?(error: Error): void;
}

export const SILENT_OBSERVER: WorkObserver = {
  windowWatched() {},
  firstToken() {},
  attemptFailed() {},
  jobEnded() {},
};
