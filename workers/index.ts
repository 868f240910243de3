/** Everything of workers/ that the composition roots may use. It never pulls in model/: a bot host needs no GPU library. */
export { BullMqWorkQueue, type BullMqWorkQueueDeps, type FailedJob } from "./bullmq-work-queue.ts";
export { type InProcessQueueOptions, InProcessWorkQueue } from "./in-process-work-queue.ts";
export { JobWorker, type JobWorkerOptions } from "./job-worker.ts";
export { QUEUE_LIMITS, type QueueLimits } from "./queue-limits.ts";
export type { QueueLinkOptions } from "./queue-link.ts";
export type { JobDeps } from "./run-jobs.ts";
export type { WorkObserver } from "./work-observer.ts";
