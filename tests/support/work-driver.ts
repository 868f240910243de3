/** Hands in and follows as the desk does: what the queue does not know (any more) is handed in again. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AnswerJobEvent,
  type AnswerQuestionJob,
  isDomainError,
  type WatchClipJob,
  type WatchJobEvent,
  type WorkQueue,
} from "../../core/index.ts";

/** @returns the last event; `outages` counts how often the queue was away */
export async function driveWatch(
  queue: WorkQueue,
  job: WatchClipJob,
  seen: WatchJobEvent[] = [],
): Promise<WatchJobEvent> {
  return throughOutages(async () => {
    let last: WatchJobEvent | undefined;
    for await (const { event } of queue.followWatch(await queue.watch(job))) {
      last = event;
      seen.push(event);
    }
    return last as WatchJobEvent;
  });
}

export async function driveQuestion(queue: WorkQueue, job: AnswerQuestionJob): Promise<AnswerJobEvent> {
  return throughOutages(async () => {
    let last: AnswerJobEvent | undefined;
    for await (const { event } of queue.followAnswer(await queue.ask(job))) last = event;
    return last as AnswerJobEvent;
  });
}

async function throughOutages<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const outage =
        isDomainError(error) && (error.code === "queue.unavailable" || error.code === "memory.unavailable");
      if (!outage) throw error;
      await sleep(200);
    }
  }
}
