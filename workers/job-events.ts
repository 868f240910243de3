/** Reads what happened to a job from its stream, from any process, at the reader's own pace. */
import { setTimeout as sleep } from "node:timers/promises";
import { DomainError, type Followed, type FollowOptions, isLastEvent, type JobEvent } from "../core/index.ts";
import type { QueueLink } from "./queue-link.ts";

/** Read at once: a slow reader holds so many in memory, not all. */
const EVENTS_A_READ = 200;

/** Messages can get lost with a connection, so a reader also looks by itself. */
const LOOK_EVERY_MS = 2000;

export interface JobEventsDeps {
  readonly link: QueueLink;
  /** Whether the queue holds the job: waiting, running or failed. */
  readonly isKnown: (jobId: string) => Promise<boolean>;
}

/** @throws DomainError `queue.unavailable`, also for a job that nothing is known of; `cancelled` once `signal` is aborted */
export async function* followJob<Event extends JobEvent>(
  { link, isKnown }: JobEventsDeps,
  jobId: string,
  { after, signal }: FollowOptions = {},
): AsyncGenerator<Followed<Event>> {
  const stream = link.keys.events(jobId);
  let seen = after ?? "0-0";
  let heard = false;
  let wake = () => {};
  const stopListening = link.listen(stream, () => {
    heard = true;
    wake();
  });
  const onAbort = () => wake();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      if (signal?.aborted) throw new DomainError("cancelled", "left before the end", { cause: signal.reason });
      heard = false;
      const entries = await link.use((client) => client.xrange(stream, `(${seen}`, "+", "COUNT", EVENTS_A_READ));
      for (const [eventId, fields] of entries as [string, string[]][]) {
        const event = JSON.parse(fields[1] as string) as Event;
        seen = eventId;
        yield { eventId, event };
        if (isLastEvent(event)) return;
      }
      if (entries.length > 0) continue;
      if (await isOver(jobId)) return; // resumed after the last event
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
        if (heard || signal?.aborted) resolve();
      });
      const looked = new AbortController();
      await Promise.race([woken, sleep(LOOK_EVERY_MS, undefined, { signal: looked.signal }).catch(() => {})]);
      looked.abort();
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stopListening();
  }

  async function isOver(id: string): Promise<boolean> {
    const last = await lastEventOf(link, id);
    if (last) return isLastEvent(last.event) && compareIds(last.eventId, seen) <= 0;
    if (await isKnown(id)) return false;
    // It may have ended, and gone, between two looks.
    if (await lastEventOf(link, id)) return false;
    throw new DomainError("queue.unavailable", "the queue does not know this job");
  }
}

export async function lastEventOf(link: QueueLink, jobId: string): Promise<Followed<JobEvent> | undefined> {
  const [entry] = (await link.use((client) => client.xrevrange(link.keys.events(jobId), "+", "-", "COUNT", 1))) as [
    string,
    string[],
  ][];
  return entry && { eventId: entry[0], event: JSON.parse(entry[1][1] as string) as JobEvent };
}

/** Ids of a Redis stream: milliseconds, then a number. */
function compareIds(a: string, b: string): number {
  const [aMs = 0, aNumber = 0] = a.split("-").map(Number);
  const [bMs = 0, bNumber = 0] = b.split("-").map(Number);
  return aMs - bMs || aNumber - bNumber;
}
