/** `damo queue`: what waits in Redis, what was given up there, and another try for it. */
import { DomainError } from "../../core/index.ts";
import type { CommandContext } from "./context.ts";
import type { QueueDesk } from "./services.ts";

export async function queueCounts(context: CommandContext): Promise<void> {
  const { terminal } = context;
  await withQueue(context, async (queue) => {
    const counts = await queue.counts();
    for (const kind of ["watch", "answer"] as const) {
      const { waiting, running, failed } = counts[kind];
      terminal.result(`${kind.padEnd(7)} ${waiting} waiting, ${running} running, ${failed} failed\n`);
    }
    terminal.line({ type: "queueCounts", ...counts });
  });
}

export async function queueFailed(context: CommandContext): Promise<void> {
  const { terminal } = context;
  await withQueue(context, async (queue) => {
    const jobs = await queue.failed();
    if (jobs.length === 0) terminal.note("No job has failed.");
    for (const { jobId, kind, tenantId, code, attempts, failedAtMs, title, threadId } of jobs) {
      const when = new Date(failedAtMs).toISOString();
      terminal.result(`${jobId}  ${when}  ${code}  ${title ?? threadId ?? ""} (${tenantId}, ${attempts} attempts)\n`);
      const about = { ...(title !== undefined && { title }), ...(threadId !== undefined && { threadId }) };
      terminal.line({ type: "failedJob", jobId, kind, tenantId, code, attempts, failedAtMs, ...about });
    }
  });
}

export async function queueRetry(
  context: CommandContext,
  jobId: string | undefined,
  options: { readonly all?: boolean },
): Promise<void> {
  if ((jobId === undefined) === (options.all !== true)) {
    throw new DomainError("usage", "JOB or --all", { details: { problem: "name one job, or give --all" } });
  }
  const { terminal } = context;
  await withQueue(context, async (queue) => {
    const ids = jobId === undefined ? (await queue.failed()).map((job) => job.jobId) : [jobId];
    if (ids.length === 0) terminal.note("No job has failed.");
    for (const id of ids) {
      if (!(await queue.retry(id))) {
        throw new DomainError("usage", `no failed job ${id}`, {
          details: { problem: `no failed job is called ${id}` },
        });
      }
      terminal.result(`Handed in again: ${id}\n`);
      terminal.line({ type: "retriedJob", jobId: id });
    }
  });
}

async function withQueue(context: CommandContext, work: (queue: QueueDesk) => Promise<void>): Promise<void> {
  const queue = await (await context.services()).queueDesk();
  try {
    await work(queue);
  } finally {
    await queue.close();
  }
}
