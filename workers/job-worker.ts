/**
 * Takes jobs from Redis and does them: answers several at a time, watching one at a time. Any number of processes may do so.
 *
 * A job is held by a lock that this process renews. When the process is killed the lock runs out, and another worker takes
 * the job within LOCK_MS + STALLED_CHECK_MS; watching goes on after the last stored window, an answer starts over unless
 * its turn was already kept.
 */
import { DelayedError, type Job, Queue, UnrecoverableError, WaitingError, Worker } from "bullmq";
import {
  answerQuestionJobSchema,
  DomainError,
  isDomainError,
  isLastEvent,
  type JobEvent,
  type ThreadStore,
  watchClipJobSchema,
  watchJobId,
} from "../core/index.ts";
import type { Payload } from "./bullmq-work-queue.ts";
import { JobRun } from "./job-run.ts";
import { JOB_KINDS, type JobKind, TURNS_TTL_MS } from "./queue-keys.ts";
import { QueueLink, type QueueLinkOptions } from "./queue-link.ts";
import { BACKGROUND_PRIORITY, type RedisClient, runScript } from "./queue-scripts.ts";
import { backoffMs, mayRetry } from "./retry-policy.ts";
import { failureOf, type JobDeps, runAnswerJob, runWatchJob } from "./run-jobs.ts";
import { SteppedBack, WATCH_SLICE_MS, WatchGate } from "./watch-gate.ts";
import { factsOf, SILENT_OBSERVER, type WorkObserver } from "./work-observer.ts";

export interface JobWorkerOptions extends QueueLinkOptions {
  /** Clips watched at one time by this process: one, for a processor or a graphics card gains nothing from two. */
  readonly watchConcurrency?: number;
  readonly answerConcurrency?: number;
  readonly observer?: WorkObserver;
  /** So long a clip is watched before it makes room for another, ms. Replaced in tests. */
  readonly watchSliceMs?: number;
  /** Wait before another attempt. Replaced in tests. */
  readonly backoffMs?: (attempt: number) => number;
}

/**
 * Renewed every LOCK_MS / 2 by the event loop, which inference never blocks (its delay while watching is in
 * docs/operating.md); ten times the worst delay seen there.
 */
const LOCK_MS = 10_000;
const STALLED_CHECK_MS = 3_000;
/** An idle worker asks for delayed and handed-back jobs so often; new ones wake it at once. */
const LOOK_EVERY_SECONDS = 1;

/** A job that takes its process down so often without coming forward is given up: it is the job. */
const MOST_CRASHES = 8;

/** How soon a question is looked at again that waits for its clip's first window, or for the question before it. */
const WAIT_MS = 500;

export class JobWorker {
  readonly #deps: JobDeps;
  readonly #link: QueueLink;
  readonly #observer: WorkObserver;
  readonly #gate: WatchGate;
  readonly #workers: readonly Worker<Payload>[];
  /** Of the workers; BullMQ does not close what it was given. */
  readonly #clients: RedisClient[] = [];
  readonly #answers: Queue<Payload>;
  readonly #runs = new Map<string, JobRun>();
  readonly #stopListening: () => void;
  #closing: Promise<void> | undefined;

  constructor(deps: JobDeps, options: JobWorkerOptions) {
    this.#observer = options.observer ?? SILENT_OBSERVER;
    this.#link = new QueueLink(options);
    const sliceMs = options.watchSliceMs ?? WATCH_SLICE_MS;
    this.#gate = new WatchGate({ sliceMs, othersWait: () => this.#othersWait() });
    this.#deps = { ...deps, model: this.#gate.guard(deps.model, this.#observer) };
    const { keys } = this.#link;
    this.#stopListening = this.#link.listen(keys.cancelChannel(), (jobId) => this.#runs.get(jobId)?.stop());
    const concurrency = { watch: options.watchConcurrency ?? 1, answer: options.answerConcurrency ?? 4 };
    const backoffStrategy = options.backoffMs ?? ((attempt: number) => backoffMs(attempt, Math.random()));
    this.#answers = new Queue("answer", { connection: this.#link.client, prefix: keys.prefix, skipVersionCheck: true });
    this.#answers.on("error", () => {});
    this.#workers = JOB_KINDS.map((kind) => {
      const client = this.#link.connect({ maxRetriesPerRequest: null });
      this.#clients.push(client);
      const worker = new Worker<Payload>(kind, (job, token) => this.#process(kind, job, token ?? ""), {
        connection: client,
        prefix: keys.prefix,
        skipVersionCheck: true,
        concurrency: concurrency[kind],
        lockDuration: LOCK_MS,
        stalledInterval: STALLED_CHECK_MS,
        // Crashes are counted in #process, which can also tell those who wait.
        maxStalledCount: Number.MAX_SAFE_INTEGER,
        drainDelay: LOOK_EVERY_SECONDS,
        // After a lost connection; its default of 15 s is longer than the lock.
        runRetryDelay: 500,
        settings: { backoffStrategy },
      });
      worker.on("lockRenewalFailed", (ids) => {
        for (const id of ids) this.#runs.get(id)?.lose();
      });
      worker.on("error", (error) => this.#observer.queueTrouble(error));
      return worker;
    });
  }

  /** Jobs in hand. */
  get running(): number {
    return this.#runs.size;
  }

  /** Resolves once jobs can be taken. */
  async ready(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.waitUntilReady()));
  }

  /** Whether Redis answers. @throws DomainError `queue.unavailable` */
  async ping(): Promise<void> {
    await this.#link.use((client) => client.ping());
  }

  /** Takes nothing more, finishes the answers and the windows in hand, and hands clips that are not done to others. */
  close(): Promise<void> {
    this.#closing ??= this.#drain();
    return this.#closing;
  }

  async #drain(): Promise<void> {
    this.#gate.drain();
    await Promise.all(this.#workers.map((worker) => worker.close()));
    this.#stopListening();
    await this.#answers.close().catch(() => {});
    for (const client of this.#clients) client.disconnect();
    await this.#link.close();
  }

  /** @throws what tells BullMQ where the job goes next */
  async #process(kind: JobKind, job: Job<Payload>, token: string): Promise<void> {
    const jobId = job.id as string;
    const { tenantId } = job.data;
    const threadId = "threadId" in job.data ? job.data.threadId : undefined;
    const run = new JobRun({ link: this.#link, jobId, token, tenantId, ...(threadId !== undefined && { threadId }) });
    this.#runs.set(jobId, run);
    this.#observer.jobBegan(factsOf(jobId, job.data));
    try {
      const { starts, last } = await run.begin(job.priority);
      // It ended, and the worker that ended it died before it could take it off the queue.
      if (last && isLastEvent(last)) return await this.#leave(last);
      if (starts > MOST_CRASHES) {
        const error = new DomainError("model.runtime", `the process ended ${starts - 1} times while it did this job`);
        await this.#giveUp(run, job, error);
      }
      if (run.cut === undefined && threadId !== undefined) await this.#waitForTurn(job, token, threadId);
      if (run.cut === undefined) await this.#attempt(kind, job, run, last);
      if (run.cut === "stopped") await this.#end(run, job, { type: "stopped" });
    } catch (error) {
      await this.#afterFailure(kind, job, token, run, error);
    } finally {
      this.#runs.delete(jobId);
      if (threadId !== undefined) await this.#wakeNext(job.data.tenantId, threadId).catch(() => {});
    }
  }

  async #attempt(kind: JobKind, job: Job<Payload>, run: JobRun, last: JobEvent | undefined): Promise<void> {
    const payload = this.#parse(kind, job.data);
    if (kind === "answer" && last) await run.tell({ type: "restarted" });
    const done = kind === "answer" ? this.#gate.answerBegins() : () => {};
    const startedMs = performance.now();
    let firstText = true;
    try {
      const events: AsyncIterable<JobEvent> =
        "threadId" in payload
          ? runAnswerJob(this.#fenced(run), payload, run.signal)
          : runWatchJob(this.#deps, payload, run.signal);
      for await (const event of events) {
        if (isLastEvent(event)) {
          await this.#end(run, job, event);
          return;
        }
        if (event.type === "text" && firstText) {
          firstText = false;
          this.#observer.firstToken(performance.now() - startedMs);
        }
        await run.tell(event);
      }
      throw new Error("the job ended without a last event");
    } finally {
      done();
    }
  }

  /** A worker whose lock has run out leaves no turn: whoever has the job now leaves it. */
  #fenced(run: JobRun): JobDeps {
    const { threads } = this.#deps;
    const fenced: ThreadStore = {
      read: (...args) => threads.read(...args),
      delete: (...args) => threads.delete(...args),
      forgetClip: (...args) => threads.forgetClip(...args),
      close: () => threads.close(),
      appendTurn: async (...args) => {
        await run.checkOurs();
        await threads.appendTurn(...args);
      },
    };
    return { ...this.#deps, threads: fenced };
  }

  /** A payload that another version wrote is final: trying again does not change it. */
  #parse(kind: JobKind, data: unknown) {
    const parsed = kind === "watch" ? watchClipJobSchema.safeParse(data) : answerQuestionJobSchema.safeParse(data);
    if (parsed.success) return parsed.data;
    throw new DomainError("usage", "this job is not one that this version understands", {
      details: { problem: "the bots and the workers are of different versions" },
    });
  }

  /** A question waits for those of its thread that were asked before. @throws DelayedError */
  async #waitForTurn(job: Job<Payload>, token: string, threadId: string): Promise<void> {
    const { keys } = this.#link;
    const list = keys.thread(job.data.tenantId, threadId);
    for (;;) {
      const head = await this.#link.use((client) => client.lindex(list, 0));
      if (head === null || head === job.id) return;
      const isThere = await this.#link.use((client) => client.exists(`${keys.prefix}:answer:${head}`));
      const hasFailed = isThere && (await this.#link.use(() => this.#answers.getJobState(head))) === "failed";
      if (isThere && !hasFailed) return this.#comeBack(job, token);
      // Its worker died between ending it and saying so.
      await this.#link.use((client) => client.lrem(list, 0, head));
    }
  }

  /** @throws DelayedError always */
  async #comeBack(job: Job<Payload>, token: string): Promise<never> {
    await job.moveToDelayed(Date.now() + WAIT_MS, token);
    throw new DelayedError();
  }

  /** The thread's next question need not wait until it is looked at again. */
  async #wakeNext(tenantId: Payload["tenantId"], threadId: string): Promise<void> {
    const head = await this.#link.use((client) => client.lindex(this.#link.keys.thread(tenantId, threadId), 0));
    if (head === null) return;
    const next = await this.#link.use(() => this.#answers.getJob(head));
    // Only one that waits for its turn: another attempt after a failure has its own time.
    if (next && next.attemptsMade === 0) await next.promote();
  }

  async #end(run: JobRun, job: Job<Payload>, event: JobEvent): Promise<void> {
    await run.end(event);
    if (run.cut === "lost") return;
    this.#observer.jobEnded(
      factsOf(job.id as string, job.data),
      event.type,
      Date.now() - (job.processedOn ?? Date.now()),
    );
  }

  /** @throws UnrecoverableError so that a job that failed stands among the failed ones */
  async #leave(last: JobEvent): Promise<void> {
    if (last.type === "failed") throw new UnrecoverableError(last.code);
  }

  async #afterFailure(kind: JobKind, job: Job<Payload>, token: string, run: JobRun, error: unknown): Promise<void> {
    if (error instanceof DelayedError) {
      await run.noCrash();
      throw error;
    }
    if (error instanceof UnrecoverableError) throw error;
    const jobId = job.id as string;
    if (run.cut === "stopped") {
      await this.#end(run, job, { type: "stopped" });
      return;
    }
    // BullMQ finds that the lock is not ours and leaves the job alone.
    if (run.cut === "lost") throw new Error("another worker has this job");
    if (this.#gate.draining && isDomainError(error) && error.code === "cancelled") {
      await run.noCrash();
      await job.moveToWait(token);
      throw new WaitingError();
    }
    if (error instanceof SteppedBack) {
      this.#observer.jobSteppedBack(factsOf(jobId, job.data));
      await run.noCrash();
      await this.#stepBack(job, token);
    }
    if (kind === "answer" && (await this.#isBeingWatched(job, error))) {
      await run.noCrash();
      await this.#comeBack(job, token);
    }
    this.#observer.attemptFailed(factsOf(jobId, job.data), error);
    const attempt = job.attemptsMade + 1;
    const failure = failureOf(error);
    await run.noCrash();
    // Only the code goes to Redis: messages may name files and people.
    if (mayRetry(error, attempt)) {
      if (kind === "watch") await run.tell({ type: "retrying", code: failure.code, attempt });
      throw new Error(failure.code);
    }
    await this.#giveUp(run, job, error);
  }

  /** Whether a clip waits that people wait for: background work has the last turn. */
  async #othersWait(): Promise<boolean> {
    const waiting = `${this.#link.keys.prefix}:watch:prioritized`;
    const last = `(${BACKGROUND_PRIORITY * 2 ** 32}`; // BullMQ's score: the priority, then the order of coming
    // Where Redis is away, telling of the next window says so.
    return (await this.#link.use((client) => client.zcount(waiting, "-inf", last)).catch(() => 0)) > 0;
  }

  /** @throws WaitingError always: it waits for another turn, and goes on after its last stored window */
  async #stepBack(job: Job<Payload>, token: string): Promise<never> {
    const isBackground = job.priority === BACKGROUND_PRIORITY;
    const priority = isBackground ? job.priority : await this.#anotherTurn(job);
    // Before it can be taken again.
    if (!isBackground) await job.changePriority({ priority });
    await job.moveToWait(token);
    // It went to the front of those with the same turn. Where it is gone or begun by now, nothing is lost.
    if (!isBackground) await job.changePriority({ priority }).catch(() => {});
    throw new WaitingError();
  }

  async #anotherTurn({ data, priority }: Job<Payload>): Promise<number> {
    const { keys } = this.#link;
    const args = [keys.tenantField(data.tenantId), priority, TURNS_TTL_MS];
    return (await this.#link.use((client) => runScript(client, "STEP_BACK", [keys.turns("watch")], args))) as number;
  }

  /** @throws UnrecoverableError always: the job stands among the failed ones from now on */
  async #giveUp(run: JobRun, job: Job<Payload>, error: unknown): Promise<never> {
    const failure = failureOf(error);
    await this.#end(run, job, failure);
    throw new UnrecoverableError(failure.code);
  }

  /** What the question lacks is on its way. */
  async #isBeingWatched({ data }: Job<Payload>, error: unknown): Promise<boolean> {
    if (!isDomainError(error) || error.code !== "memory.not_watched" || !("clipIds" in data)) return false;
    const { keys } = this.#link;
    const { tenantId, clipIds } = data;
    const watches = clipIds.map((clipId) => watchJobId({ tenantId, clipId }, this.#deps.model.bundle.fingerprint));
    const pending = keys.pending("watch", tenantId);
    const found = await this.#link.use((client) => client.smismember(pending, ...watches));
    return found.includes(1);
  }
}
