/**
 * Where the bots hand in work and follow it. Two implementations in workers/, one suite
 * (tests/contract/work-queue.suite.ts): in this process (`damo start`, the command line), and BullMQ on Redis with any
 * number of `damo worker` processes.
 *
 * - Handing in a job that is already there, waiting, running or done, is the same job: nothing runs twice. A watch that
 *   failed for good, or was stopped, or whose memory is gone, starts afresh when it is handed in again.
 * - `follow` first replays what has happened (or what came after `after`), then goes on until the last event. Leaving it
 *   stops nothing; it can be resumed from another process. A follower that is slow holds up nobody. Following a
 *   job that the queue does not know (any more) rejects with `queue.unavailable`: hand it in again, then follow.
 * - Answers go before watching. Questions of one thread are answered in the order in which they were handed in. A question
 *   about a clip whose watch is waiting or under way waits for its first window.
 * - A clip that is watched for long makes room for one that waits, and goes on from its last window when its turn comes again:
 *   followers see it `opened` once more, with how far it had come, and nothing else.
 * - Tenants take turns: one that hands in a hundred clips delays another's by one. Too many waiting: `queue.busy`.
 * - `cancel` really stops the running step; followers see `stopped`. A job that has ended stays as it is.
 * - When the queue cannot be reached, every method rejects with `queue.unavailable`, which is retryable; jobs handed in
 *   before are not lost.
 */
import type { ClipId, TenantId } from "../clip.ts";
import type { AnswerJobEvent, AnswerQuestionJob, JobEvent, WatchClipJob, WatchJobEvent } from "../jobs.ts";

export interface FollowOptions {
  /** Only what came after this event. Absent: from the start of what is still kept. */
  readonly after?: string;
  readonly signal?: AbortSignal;
}

export interface Followed<Event extends JobEvent> {
  /** Ascending within a job; opaque. */
  readonly eventId: string;
  readonly event: Event;
}

export interface QueueCounts {
  readonly watch: { readonly waiting: number; readonly running: number; readonly failed: number };
  readonly answer: { readonly waiting: number; readonly running: number; readonly failed: number };
}

export interface WorkQueue {
  /** Resolves with the job's id once the job cannot be lost any more. The clip's bytes are in the MediaStore by then. */
  watch(job: WatchClipJob): Promise<string>;
  ask(job: AnswerQuestionJob): Promise<string>;
  followWatch(jobId: string, options?: FollowOptions): AsyncIterable<Followed<WatchJobEvent>>;
  followAnswer(jobId: string, options?: FollowOptions): AsyncIterable<Followed<AnswerJobEvent>>;
  /** Says whether there was anything to stop. Resolves when the step has let go of the clip. */
  cancel(jobId: string): Promise<boolean>;
  /** Cancels every job about the clip and removes what the queue keeps of it: titles, questions, answers, events. */
  forgetClip(tenantId: TenantId, clipId: ClipId): Promise<void>;
  counts(): Promise<QueueCounts>;
  close(): Promise<void>;
}
