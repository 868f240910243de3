/**
 * Every key of the queue in Redis, and nowhere else is a name built. One hash tag for all of them: BullMQ moves jobs between
 * keys in scripts, which a Redis Cluster allows within one slot only.
 *
 *     {NAMESPACE:queue}:watch:*, :answer:*      BullMQ's own: the jobs that wait, run, or failed
 *                      :events:JOB              stream: what has happened to a job         (~ 150 bytes a window or word)
 *                      :cancel:JOB              somebody wants it stopped                  (until it has stopped)
 *                      :starts:JOB              starts since it last came forward          (until it comes forward)
 *                      :pending:KIND:TENANT     set: jobs handed in and not ended
 *                      :turns:KIND              hash: whose turn it is, see queue-scripts.ts
 *                      :thread:TENANT+THREAD    list: the thread's questions, in order
 *                      :clip:TENANT+CLIP        set: jobs about a clip, for forgetting it
 *
 * TENANT, THREAD and CLIP are hashes. All but BullMQ's expire by themselves.
 */
import { createHash } from "node:crypto";
import type { ClipId, TenantId } from "../core/index.ts";

export type JobKind = "watch" | "answer";
export const JOB_KINDS = ["watch", "answer"] as const satisfies readonly JobKind[];

/** As core/jobs.ts builds ids. */
export const kindOfJob = (jobId: string): JobKind => (jobId.startsWith("watch-") ? "watch" : "answer");

export class QueueKeys {
  /** For BullMQ. */
  readonly prefix: string;

  /** @param namespace  `DAMO_REDIS_NAMESPACE` */
  constructor(namespace: string) {
    this.prefix = `{${namespace}:queue}`;
  }

  /** Also the name of the channel that says that there is more. */
  events = (jobId: string): string => `${this.prefix}:events:${jobId}`;
  cancel = (jobId: string): string => `${this.prefix}:cancel:${jobId}`;
  /** The channel on which workers hear that a job is to be stopped. */
  cancelChannel = (): string => `${this.prefix}:cancel`;
  starts = (jobId: string): string => `${this.prefix}:starts:${jobId}`;
  pending = (kind: JobKind, tenantId: TenantId): string => `${this.prefix}:pending:${kind}:${hashed(tenantId)}`;
  turns = (kind: JobKind): string => `${this.prefix}:turns:${kind}`;
  tenantField = (tenantId: TenantId): string => hashed(tenantId);
  thread = (tenantId: TenantId, threadId: string): string => `${this.prefix}:thread:${hashed(tenantId, threadId)}`;
  clip = (tenantId: TenantId, clipId: ClipId): string => `${this.prefix}:clip:${hashed(tenantId, clipId)}`;
  /** BullMQ's lock: whoever runs the job holds it, and it goes by itself when that process is gone. */
  lock = (jobId: string): string => `${this.prefix}:${kindOfJob(jobId)}:${jobId}:lock`;
}

const hashed = (...parts: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);

const HOUR_MS = 3_600_000;

/** Of what is under way: longer than the longest clip takes. */
export const UNDER_WAY_TTL_MS = 7 * 24 * HOUR_MS;
/** Of what has ended: a bot that was down for so long still finds how it ended; later it hands the job in again. */
export const ENDED_TTL_MS = HOUR_MS;
/** Failed jobs stay so long for `damo queue failed`; in seconds, as BullMQ wants it. */
export const FAILED_AGE_SECONDS = (7 * 24 * HOUR_MS) / 1000;
export const MOST_FAILED_KEPT = 1000;
/** Turns are counted anew after an hour in which nothing was handed in. */
export const TURNS_TTL_MS = HOUR_MS;
