/** Everything of workers/ that the composition roots may use. It never pulls in model/: a bot host needs no GPU library. */
export { BullMqWorkQueue, type BullMqWorkQueueDeps, type FailedJob } from "./bullmq-work-queue.ts";
export { type InProcessQueueOptions, InProcessWorkQueue } from "./in-process-work-queue.ts";
export { JobWorker, type JobWorkerOptions } from "./job-worker.ts";
export { type OpsReply, type OpsServer, opsReply, serveOps } from "./ops-server.ts";
export { QUEUE_LIMITS, type QueueLimits } from "./queue-limits.ts";
export type { QueueLinkOptions } from "./queue-link.ts";
export { type RedisFacts, redisFacts } from "./redis-facts.ts";
export type { JobDeps } from "./run-jobs.ts";
export { createServiceLog, loggingObserver, observers, type ServiceLog } from "./service-log.ts";
export { createWorkMetrics, type WorkMetrics } from "./work-metrics.ts";
export type { WorkObserver } from "./work-observer.ts";
