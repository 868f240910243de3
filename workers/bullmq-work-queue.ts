/**
 * The queue in Redis, as the bots see it: hands in, follows, stops. The work is done by any number of `damo worker`
 * processes (job-worker.ts). Nothing here is lost with this process.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Job, Queue } from "bullmq";
import {
  type AnswerJobEvent,
  type AnswerQuestionJob,
  answerJobId,
  type BundleIdentity,
  type ClipId,
  type ClipMemoryStore,
  checkQuestion,
  DomainError,
  type Followed,
  type FollowOptions,
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
import { followJob, lastEventOf } from "./job-events.ts";
import {
  ENDED_TTL_MS,
  FAILED_AGE_SECONDS,
  JOB_KINDS,
  type JobKind,
  kindOfJob,
  MOST_FAILED_KEPT,
  TURNS_TTL_MS,
  UNDER_WAY_TTL_MS,
} from "./queue-keys.ts";
import { QUEUE_LIMITS, type QueueLimits } from "./queue-limits.ts";
import { QueueLink, type QueueLinkOptions } from "./queue-link.ts";
import { BACKGROUND_PRIORITY, runScript } from "./queue-scripts.ts";
import { MAX_ATTEMPTS } from "./retry-policy.ts";

export type Payload = WatchClipJob | AnswerQuestionJob;

export interface BullMqWorkQueueDeps {
  /** Which bundle the workers answer with: part of a watch's name. */
  readonly bundle: BundleIdentity;
  readonly memories: Pick<ClipMemoryStore, "has">;
}

/** A job that was given up, for `damo queue failed`. Without the question: that is between the people of its thread. */
export interface FailedJob {
  readonly jobId: string;
  readonly kind: JobKind;
  readonly tenantId: string;
  /** e.g. `clip.decode_timeout` */
  readonly code: string;
  readonly attempts: number;
  readonly failedAtMs: number;
  /** Of a watch. */
  readonly title?: string;
  readonly threadId?: string;
}

/** How often a job that is to be stopped is looked at. */
const LOOK_EVERY_MS = 250;
/** A worker that ended a job takes it off the queue right away, or has died; then its lock goes first. */
const LEAVES_WITHIN_MS = 20_000;

export class BullMqWorkQueue implements WorkQueue {
  readonly #deps: BullMqWorkQueueDeps;
  readonly #link: QueueLink;
  readonly #limits: QueueLimits;
  readonly #queues: Readonly<Record<JobKind, Queue<Payload>>>;

  constructor(deps: BullMqWorkQueueDeps, options: QueueLinkOptions & Partial<QueueLimits>) {
    this.#deps = deps;
    this.#link = new QueueLink(options);
    this.#limits = { ...QUEUE_LIMITS, ...options };
    this.#queues = { watch: this.#queue("watch"), answer: this.#queue("answer") };
  }

  async watch(job: WatchClipJob): Promise<string> {
    const { tenantId, clipId } = job;
    const id = watchJobId(job, this.#deps.bundle.fingerprint);
    const last = (await lastEventOf(this.#link, id))?.event;
    if (last && isLastEvent(last)) {
      // A watch that is done stays done, as long as its memory does.
      if (
        last.type === "watched" &&
        (await this.#deps.memories.has(memoryKeyOf(tenantId, clipId, this.#deps.bundle)))
      ) {
        return id;
      }
      await this.#clearAway(id);
    }
    await this.#handIn("watch", id, job, [clipId]);
    return id;
  }

  async ask(job: AnswerQuestionJob): Promise<string> {
    checkQuestion(job.question);
    const id = answerJobId(job);
    const last = (await lastEventOf(this.#link, id))?.event;
    if (!last || !isLastEvent(last)) await this.#handIn("answer", id, job, job.clipIds, job.threadId);
    return id;
  }

  followWatch(jobId: string, options?: FollowOptions): AsyncIterable<Followed<WatchJobEvent>> {
    return followJob<WatchJobEvent>({ link: this.#link, isKnown: this.#isKnown }, jobId, options);
  }

  followAnswer(jobId: string, options?: FollowOptions): AsyncIterable<Followed<AnswerJobEvent>> {
    return followJob<AnswerJobEvent>({ link: this.#link, isKnown: this.#isKnown }, jobId, options);
  }

  async cancel(jobId: string): Promise<boolean> {
    const job = await this.#job(jobId);
    const before = (await lastEventOf(this.#link, jobId))?.event;
    if (!job || (before && isLastEvent(before))) return false;
    const { keys } = this.#link;
    await this.#link.use(async (client) => {
      await client.set(keys.cancel(jobId), "1", "PX", UNDER_WAY_TTL_MS);
      await client.publish(keys.cancelChannel(), jobId);
    });
    for (;;) {
      const last = (await lastEventOf(this.#link, jobId))?.event;
      if (last && isLastEvent(last)) return last.type === "stopped";
      // Nobody runs it: it waits, or its worker has died.
      if (await this.#takeOut(jobId)) {
        await this.#end(jobId, job.data, { type: "stopped" });
      } else if (!(await this.#isKnown(jobId))) {
        // It ended, and went, since we looked.
        return (await lastEventOf(this.#link, jobId))?.event.type === "stopped";
      } else {
        await sleep(LOOK_EVERY_MS);
      }
    }
  }

  async forgetClip(tenantId: TenantId, clipId: ClipId): Promise<void> {
    const { keys } = this.#link;
    const about = await this.#link.use((client) => client.smembers(keys.clip(tenantId, clipId)));
    await Promise.all(about.map((jobId) => this.cancel(jobId)));
    for (const jobId of about) {
      await this.#clearAway(jobId, false);
      await this.#link.use((client) =>
        runScript(client, "WIPE", [keys.events(jobId)], [JSON.stringify({ type: "stopped" }), ENDED_TTL_MS]),
      );
    }
    await this.#link.use((client) => client.del(keys.clip(tenantId, clipId)));
  }

  async counts(): Promise<QueueCounts> {
    const [watch, answer] = await Promise.all(
      JOB_KINDS.map(async (kind) => {
        const states = ["wait", "prioritized", "delayed", "active", "failed"] as const;
        const counts = await this.#link.use(() => this.#queues[kind].getJobCounts(...states));
        const count = (state: (typeof states)[number]) => counts[state] ?? 0;
        return {
          waiting: count("wait") + count("prioritized") + count("delayed"),
          running: count("active"),
          failed: count("failed"),
        };
      }),
    );
    return { watch, answer } as QueueCounts;
  }

  /** Newest first. */
  async failed(): Promise<readonly FailedJob[]> {
    const jobs = await Promise.all(
      JOB_KINDS.map((kind) => this.#link.use(() => this.#queues[kind].getFailed(0, MOST_FAILED_KEPT))),
    );
    return jobs
      .flat()
      .map((job) => job as Job<Payload>)
      .map((job) => ({
        jobId: job.id as string,
        kind: kindOfJob(job.id as string),
        tenantId: job.data.tenantId,
        code: job.failedReason ?? "",
        attempts: job.attemptsMade,
        failedAtMs: job.finishedOn ?? 0,
        ...("title" in job.data && { title: job.data.title }),
        ...("threadId" in job.data && { threadId: job.data.threadId }),
      }))
      .sort((a, b) => b.failedAtMs - a.failedAtMs);
  }

  /** Hands a job that was given up in again; says whether there was one. */
  async retry(jobId: string): Promise<boolean> {
    const job = await this.#job(jobId);
    if (!job || (await this.#link.use(() => this.#queues[kindOfJob(jobId)].getJobState(jobId))) !== "failed")
      return false;
    const { data } = job;
    await this.#clearAway(jobId);
    if ("threadId" in data) await this.#handIn("answer", jobId, data, data.clipIds, data.threadId);
    else await this.#handIn("watch", jobId, data, [data.clipId]);
    return true;
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#queues).map((queue) => queue.close().catch(() => {})));
    await this.#link.close();
  }

  #queue(kind: JobKind): Queue<Payload> {
    const queue = new Queue<Payload>(kind, {
      connection: this.#link.client,
      prefix: this.#link.keys.prefix,
      skipVersionCheck: true,
      defaultJobOptions: {
        attempts: MAX_ATTEMPTS,
        backoff: { type: "custom" },
        removeOnComplete: true, // how it ended stands in its events
        removeOnFail: { age: FAILED_AGE_SECONDS, count: MOST_FAILED_KEPT },
        stackTraceLimit: 0,
      },
    });
    // Every call says by itself what went wrong.
    queue.on("error", () => {});
    return queue;
  }

  /** Safe to repeat: a job that is there stays as it is. */
  async #handIn(
    kind: JobKind,
    jobId: string,
    job: Payload,
    clipIds: readonly ClipId[],
    threadId?: string,
  ): Promise<void> {
    const { keys } = this.#link;
    const { tenantId } = job;
    const limit = kind === "watch" ? this.#limits.watchesPerTenant : this.#limits.questionsPerTenant;
    const scriptKeys = [keys.pending(kind, tenantId), keys.turns(kind), keys.cancel(jobId)];
    if (threadId !== undefined) scriptKeys.push(keys.thread(tenantId, threadId));
    const args = [jobId, limit, keys.tenantField(tenantId), UNDER_WAY_TTL_MS, TURNS_TTL_MS];
    const handIn = () => this.#link.use((client) => runScript(client, "HAND_IN", scriptKeys, args)) as Promise<number>;
    let turn = await handIn();
    if (turn < 0 && (await this.#forgetLost(kind, tenantId))) turn = await handIn();
    if (turn < 0) throw new DomainError("queue.busy", `${limit} jobs are waiting`, { details: { waiting: limit } });

    const priority = "background" in job && job.background ? BACKGROUND_PRIORITY : turn;
    await this.#link.use(async (client) => {
      // Before the job itself: what is there can be forgotten.
      for (const clipId of clipIds) {
        await client.sadd(keys.clip(tenantId, clipId), jobId);
        await client.pexpire(keys.clip(tenantId, clipId), UNDER_WAY_TTL_MS);
      }
      await this.#queues[kind].add(kind, job, { jobId, priority });
    });
    if (priority === turn) await this.#bringForward(jobId, turn);
  }

  /** Somebody waits now for what was background work. */
  async #bringForward(jobId: string, turn: number): Promise<void> {
    const job = await this.#job(jobId);
    if (job?.priority !== BACKGROUND_PRIORITY) return;
    // It may have been begun meanwhile: then there is nothing to bring forward.
    await this.#link.use(() => job.changePriority({ priority: turn })).catch(() => {});
  }

  /** A process that died between two steps of handing in leaves a name without a job; such names must not fill the limit. */
  async #forgetLost(kind: JobKind, tenantId: TenantId): Promise<boolean> {
    const pending = this.#link.keys.pending(kind, tenantId);
    const ids = await this.#link.use((client) => client.smembers(pending));
    const lost: string[] = [];
    for (const id of ids) if (!(await this.#isKnown(id))) lost.push(id);
    if (lost.length > 0) await this.#link.use((client) => client.srem(pending, ...lost));
    return lost.length > 0;
  }

  /** Makes room for the same job to start afresh: the old one has ended, but may not have left yet. */
  async #clearAway(jobId: string, emptyEvents = true): Promise<void> {
    const until = performance.now() + LEAVES_WITHIN_MS;
    while ((await this.#isKnown(jobId)) && !(await this.#takeOut(jobId))) {
      if (performance.now() > until) throw new DomainError("queue.unavailable", "a job that has ended does not leave");
      await sleep(20);
    }
    // Trimmed, not deleted: ids go on ascending.
    if (emptyEvents) await this.#link.use((client) => client.xtrim(this.#link.keys.events(jobId), "MAXLEN", 0));
  }

  async #end(jobId: string, data: Payload, event: JobEvent): Promise<void> {
    const { keys } = this.#link;
    const kind = kindOfJob(jobId);
    const scriptKeys = [keys.events(jobId), keys.lock(jobId), keys.starts(jobId), keys.cancel(jobId)];
    scriptKeys.push(keys.pending(kind, data.tenantId));
    if ("threadId" in data) scriptKeys.push(keys.thread(data.tenantId, data.threadId));
    const args = ["", JSON.stringify(event), jobId, ENDED_TTL_MS];
    await this.#link.use((client) => runScript(client, "END", scriptKeys, args));
  }

  /** False when a worker holds it, or it is not there. */
  async #takeOut(jobId: string): Promise<boolean> {
    if (!(await this.#isKnown(jobId))) return false;
    return (await this.#link.use(() => this.#queues[kindOfJob(jobId)].remove(jobId))) === 1;
  }

  #job(jobId: string): Promise<Job<Payload> | undefined> {
    return this.#link.use(() => this.#queues[kindOfJob(jobId)].getJob(jobId)) as Promise<Job<Payload> | undefined>;
  }

  readonly #isKnown = async (jobId: string): Promise<boolean> =>
    (await this.#link.use((client) => client.exists(`${this.#link.keys.prefix}:${kindOfJob(jobId)}:${jobId}`))) === 1;
}
