/**
 * The queue of one process: jobs live in memory, and run right here. For `damo start` and tests; what was handed in and not
 * done is lost with the process, so bots hand it in again when they start (that is safe, and what was watched is kept).
 */
import {
  type AnswerJobEvent,
  type AnswerQuestionJob,
  answerJobId,
  type ClipId,
  checkQuestion,
  DomainError,
  type Followed,
  type FollowOptions,
  isDomainError,
  isLastEvent,
  type JobEvent,
  memoryKeyOf,
  type QueueCounts,
  type TenantId,
  type WatchClipJob,
  type WatchJobEvent,
  type WorkQueue,
  watchJobId,
} from "../core/index.ts";
import { EventLog } from "./event-log.ts";
import { FairLane, type LaneJob } from "./fair-lane.ts";
import { QUEUE_LIMITS, type QueueLimits } from "./queue-limits.ts";
import { backoffMs, mayRetry } from "./retry-policy.ts";
import { failureOf, type JobDeps, runAnswerJob, runWatchJob } from "./run-jobs.ts";
import { SteppedBack, WATCH_SLICE_MS, WatchGate } from "./watch-gate.ts";
import { factsOf, type JobFacts, SILENT_OBSERVER, type WorkObserver } from "./work-observer.ts";

export interface InProcessQueueOptions extends Partial<QueueLimits> {
  /** Clips watched at one time: one, for a processor or a graphics card gains nothing from two. */
  readonly watchConcurrency?: number;
  readonly answerConcurrency?: number;
  readonly observer?: WorkObserver;
  /** So long a clip is watched before it makes room for another, ms. Replaced in tests. */
  readonly watchSliceMs?: number;
  /** Wait before another attempt. Replaced in tests. */
  readonly backoffMs?: (attempt: number) => number;
}

/** Ended jobs are kept so long that a follower which lost its place can still read how they ended. */
const MOST_ENDED_JOBS = 500;

interface LocalJob<Event extends JobEvent = JobEvent> extends LaneJob {
  readonly id: string;
  readonly facts: JobFacts;
  readonly tenantId: TenantId;
  readonly clipIds: readonly ClipId[];
  readonly log: EventLog<Event>;
  readonly abort: AbortController;
  /** One attempt. */
  run(signal: AbortSignal): AsyncIterable<Event>;
  attempt: number;
  startedMs?: number;
  /** Wall time, ms: no attempt before. */
  notBeforeMs: number;
  /** Goes on once this watch has stored a window, or ended. */
  waitsFor?: LocalJob<WatchJobEvent> | undefined;
  /** Of a watch: a question about its clip has something to be answered from. */
  hasWindow: boolean;
  ended: boolean;
  /** Resolves once it has ended, or was left undone when the queue was closed. */
  readonly over: Promise<void>;
  readonly setOver: () => void;
}

export class InProcessWorkQueue implements WorkQueue {
  readonly #deps: JobDeps;
  readonly #limits: QueueLimits;
  readonly #observer: WorkObserver;
  readonly #backoffMs: (attempt: number) => number;
  readonly #gate: WatchGate;
  readonly #watches = new Map<string, LocalJob<WatchJobEvent>>();
  readonly #answers = new Map<string, LocalJob<AnswerJobEvent>>();
  readonly #watchLane: FairLane<LocalJob<WatchJobEvent>>;
  readonly #answerLane: FairLane<LocalJob<AnswerJobEvent>>;
  #closed = false;

  constructor(deps: JobDeps, options: InProcessQueueOptions = {}) {
    this.#observer = options.observer ?? SILENT_OBSERVER;
    this.#gate = new WatchGate({
      sliceMs: options.watchSliceMs ?? WATCH_SLICE_MS,
      othersWait: () => this.#watchLane.someoneWaits,
    });
    this.#deps = { ...deps, model: this.#gate.guard(deps.model, this.#observer) };
    this.#limits = { ...QUEUE_LIMITS, ...options };
    this.#backoffMs = options.backoffMs ?? ((attempt) => backoffMs(attempt, Math.random()));
    this.#watchLane = new FairLane(options.watchConcurrency ?? 1, (job) => this.#runOnce(job, "watch"));
    this.#answerLane = new FairLane(options.answerConcurrency ?? 2, async (job) => {
      const done = this.#gate.answerBegins();
      await this.#runOnce(job, "answer").finally(done);
    });
  }

  async watch(job: WatchClipJob): Promise<string> {
    this.#checkOpen();
    const { tenantId, clipId, background = false } = job;
    const { bundle } = this.#deps.model;
    const id = watchJobId(job, bundle.fingerprint);
    const known = this.#watches.get(id);
    if (known && !known.ended) return id;
    // A watch that is done stays done, as long as its memory does.
    const done = known?.log.last?.type === "watched";
    if (done && (await this.#deps.memories.has(memoryKeyOf(tenantId, clipId, bundle)))) return id;
    if (this.#watches.get(id) !== known) return this.watch(job); // somebody else was quicker
    this.#limit(this.#watchLane.waitingOf(tenantId), this.#limits.watchesPerTenant);

    const local = newJob<WatchJobEvent>({
      id,
      facts: factsOf(id, job),
      tenantId,
      clipIds: [clipId],
      background,
      run: (signal) => runWatchJob(this.#deps, job, signal),
      log: new EventLog(known?.log.lastId),
    });
    this.#keep(this.#watches, local);
    this.#watchLane.add(local);
    return id;
  }

  async ask(job: AnswerQuestionJob): Promise<string> {
    this.#checkOpen();
    checkQuestion(job.question);
    const { tenantId, clipIds, threadId } = job;
    const id = answerJobId(job);
    if (this.#answers.has(id)) return id;
    this.#limit(this.#answerLane.waitingOf(tenantId), this.#limits.questionsPerTenant);

    const local = newJob<AnswerJobEvent>({
      id,
      facts: factsOf(id, job),
      tenantId,
      clipIds,
      orderKey: JSON.stringify([tenantId, threadId]),
      background: false,
      run: (signal) => runAnswerJob(this.#deps, job, signal),
      log: new EventLog(),
    });
    this.#keep(this.#answers, local);
    this.#answerLane.add(local);
    return id;
  }

  followWatch(jobId: string, options: FollowOptions = {}): AsyncIterable<Followed<WatchJobEvent>> {
    return follow(this.#watches.get(jobId), options);
  }

  followAnswer(jobId: string, options: FollowOptions = {}): AsyncIterable<Followed<AnswerJobEvent>> {
    return follow(this.#answers.get(jobId), options);
  }

  async cancel(jobId: string): Promise<boolean> {
    const job = this.#watches.get(jobId) ?? this.#answers.get(jobId);
    if (!job || job.ended) return false;
    await this.#stop(job);
    return job.log.last?.type === "stopped";
  }

  async forgetClip(tenantId: TenantId, clipId: ClipId): Promise<void> {
    const about = this.#jobs().filter((job) => job.tenantId === tenantId && job.clipIds.includes(clipId));
    await Promise.all(about.map((job) => this.#stop(job)));
    for (const job of about) {
      const last = job.log.last;
      job.log.clear();
      // Whoever still follows is told that it was stopped, and nothing else.
      job.log.add(last?.type === "stopped" ? last : { type: "stopped" });
      this.#watches.delete(job.id);
      this.#answers.delete(job.id);
    }
  }

  async counts(): Promise<QueueCounts> {
    const failed = (jobs: Iterable<LocalJob>) => [...jobs].filter(({ log }) => log.last?.type === "failed").length;
    return {
      watch: { ...laneCounts(this.#watchLane), failed: failed(this.#watches.values()) },
      answer: { ...laneCounts(this.#answerLane), failed: failed(this.#answers.values()) },
    };
  }

  /** Finishes the windows and the answers in hand; what waits is not begun. Followers of what is not done are told so. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#gate.drain();
    for (const job of this.#jobs()) if (this.#takeOut(job)) this.#leaveUndone(job);
    await Promise.all(this.#jobs().map((job) => job.over));
  }

  async #stop(job: LocalJob): Promise<void> {
    if (job.ended) return;
    if (this.#takeOut(job)) {
      this.#end(job, { type: "stopped" });
      return;
    }
    job.abort.abort();
    await job.over;
  }

  #takeOut(job: LocalJob): boolean {
    const waits = this.#watchLane.remove(job as LocalJob<WatchJobEvent>);
    return waits || this.#answerLane.remove(job as LocalJob<AnswerJobEvent>);
  }

  #leaveUndone(job: LocalJob): void {
    job.log.close();
    job.setOver();
  }

  /** One attempt. Never rejects. */
  async #runOnce(job: LocalJob, kind: "watch" | "answer"): Promise<void> {
    const startedMs = performance.now();
    job.startedMs ??= startedMs;
    this.#observer.jobBegan(job.facts);
    job.waitsFor = undefined;
    if (kind === "answer" && job.log.last) job.log.add({ type: "restarted" });
    let firstText = true;
    try {
      for await (const event of job.run(job.abort.signal)) {
        if (event.type === "text" && firstText) {
          firstText = false;
          this.#observer.firstToken(performance.now() - startedMs);
        }
        if (isLastEvent(event)) return this.#end(job, event);
        job.log.add(event);
        if (event.type !== "window") continue;
        job.hasWindow = true;
        this.#answerLane.startSome();
      }
      throw new Error("the job ended without a last event");
    } catch (error) {
      this.#afterFailure(job, kind, error);
    }
  }

  #afterFailure(job: LocalJob, kind: "watch" | "answer", error: unknown): void {
    if (job.abort.signal.aborted) {
      this.#end(job, { type: "stopped" });
      return;
    }
    if (this.#closed) {
      this.#leaveUndone(job);
      return;
    }
    if (error instanceof SteppedBack) {
      this.#observer.jobSteppedBack(job.facts);
      this.#watchLane.add(job as LocalJob<WatchJobEvent>);
      return;
    }
    const watching = kind === "answer" ? this.#watchToWaitFor(job, error) : undefined;
    if (watching) {
      job.waitsFor = watching;
      this.#answerLane.add(job as LocalJob<AnswerJobEvent>, true);
      return;
    }
    this.#observer.attemptFailed(job.facts, error);
    if (!mayRetry(error, job.attempt)) {
      this.#end(job, failureOf(error));
      return;
    }
    if (kind === "watch") {
      (job as LocalJob<WatchJobEvent>).log.add({
        type: "retrying",
        code: failureOf(error).code,
        attempt: job.attempt,
      });
    }
    const waitMs = this.#backoffMs(job.attempt);
    job.attempt++;
    job.notBeforeMs = performance.now() + waitMs;
    const lane = kind === "watch" ? this.#watchLane : this.#answerLane;
    (lane as FairLane<LocalJob>).add(job, true);
    setTimeout(() => lane.startSome(), waitMs + 1);
  }

  /** The watch that will bring what the question lacks. */
  #watchToWaitFor(job: LocalJob, error: unknown): LocalJob<WatchJobEvent> | undefined {
    if (!isDomainError(error) || error.code !== "memory.not_watched") return undefined;
    const newestFirst = [...job.clipIds].reverse();
    return newestFirst
      .map((clipId) => this.#watches.get(watchJobId({ tenantId: job.tenantId, clipId }, this.#fingerprint)))
      .find((watch) => watch && !watch.ended && !watch.hasWindow);
  }

  get #fingerprint(): string {
    return this.#deps.model.bundle.fingerprint;
  }

  #end(job: LocalJob, event: JobEvent): void {
    job.ended = true;
    job.log.add(event);
    job.setOver();
    this.#observer.jobEnded(job.facts, event.type, performance.now() - (job.startedMs ?? performance.now()));
    this.#answerLane.startSome();
  }

  #keep<Event extends JobEvent>(jobs: Map<string, LocalJob<Event>>, job: LocalJob<Event>): void {
    jobs.delete(job.id); // it goes to the end: jobs are dropped oldest first
    jobs.set(job.id, job);
    let ended = [...jobs.values()].filter((other) => other.ended).length;
    for (const other of jobs.values()) {
      if (ended <= MOST_ENDED_JOBS) return;
      if (!other.ended) continue;
      jobs.delete(other.id);
      ended--;
    }
  }

  #jobs(): LocalJob[] {
    return [...this.#watches.values(), ...this.#answers.values()] as LocalJob[];
  }

  #limit(waiting: number, most: number): void {
    if (waiting >= most) throw new DomainError("queue.busy", `${waiting} jobs are waiting`, { details: { waiting } });
  }

  #checkOpen(): void {
    if (this.#closed) throw new DomainError("queue.unavailable", "the queue is closed");
  }
}

const laneCounts = (lane: { readonly waiting: number; readonly running: number }) => ({
  waiting: lane.waiting,
  running: lane.running,
});

function newJob<Event extends JobEvent>(
  parts: Pick<LocalJob<Event>, "id" | "facts" | "tenantId" | "clipIds" | "background" | "run" | "log"> & {
    orderKey?: string;
  },
): LocalJob<Event> {
  let setOver = () => {};
  const over = new Promise<void>((resolve) => {
    setOver = resolve;
  });
  return {
    ...parts,
    abort: new AbortController(),
    attempt: 1,
    notBeforeMs: 0,
    hasWindow: false,
    ended: false,
    over,
    setOver,
    ready() {
      if (performance.now() < this.notBeforeMs) return false;
      return !this.waitsFor || this.waitsFor.ended || this.waitsFor.hasWindow;
    },
  };
}

async function* follow<Event extends JobEvent>(
  job: LocalJob<Event> | undefined,
  options: FollowOptions,
): AsyncGenerator<Followed<Event>> {
  if (!job) throw new DomainError("queue.unavailable", "the queue does not know this job");
  yield* job.log.follow(options);
}
