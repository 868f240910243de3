/** The use case core/ask-thread.ts behind a queue: for the player in a process whose questions all go one way. */
import { randomUUID } from "node:crypto";
import { type AskThreadEvent, type AskThreadRequest, DomainError, type WorkQueue } from "../core/index.ts";

/** @throws DomainError as askThread; `queue.busy`, `queue.unavailable` */
export async function* askThroughQueue(
  { queue, now }: { readonly queue: Pick<WorkQueue, "ask" | "followAnswer" | "cancel">; readonly now: () => number },
  { tenantId, threadId, clipId, question, signal }: AskThreadRequest,
): AsyncGenerator<AskThreadEvent> {
  const job = { tenantId, threadId, questionId: randomUUID(), clipIds: [clipId] as [typeof clipId], question };
  const jobId = await queue.ask({ ...job, askedAtMs: now() });
  let over = false;
  try {
    for await (const { event } of queue.followAnswer(jobId, signal ? { signal } : {})) {
      if (event.type === "text") yield event;
      if (event.type === "failed")
        throw new DomainError(event.code, "the question failed", { details: { ...event.details } });
      if (event.type === "stopped") throw new DomainError("cancelled", "the question was stopped");
      if (event.type !== "answered") continue;
      over = true;
      yield event;
    }
  } finally {
    // Whoever asked has left: nobody waits for the rest.
    if (!over) await queue.cancel(jobId).catch(() => false);
  }
}
