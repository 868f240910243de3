/**
 * What every WorkQueue must do, in this process or across several. Run by one small file per adapter. The model is the fake
 * one, held back by `pace` where a test has to see something happen between two steps.
 */
import { describe, expect, it } from "vitest";
import {
  type AnswerJobEvent,
  type AnswerQuestionJob,
  answerJobId,
  asClipId,
  asTenantId,
  type ClipId,
  type Followed,
  type JobEvent,
  memoryKeyOf,
  type TenantId,
  type WatchClipJob,
  type WatchJobEvent,
  type WorkQueue,
} from "../../core/index.ts";
import type { JobDeps } from "../../workers/run-jobs.ts";
import { FAKE_BUNDLE } from "../support/fake-clip-model.ts";
import { pacedDeps } from "../support/paced-model.ts";

export interface WorkQueueUnderTest {
  readonly queue: WorkQueue;
  /** Another door to the same work, as another process would have; the queue itself where there is no other process. */
  readonly elsewhere: WorkQueue;
}

/** So long a clip is watched before it makes room, ms; absent: as it is by default. */
type Slices = { readonly watchSliceMs?: number };

/** @param start  with one worker: one clip is watched at a time, two questions are answered */
export function describeWorkQueue(
  name: string,
  start: (deps: JobDeps, slices: Slices) => Promise<WorkQueueUnderTest>,
): void {
  const begin = async (slices: Slices = {}) => {
    const world = pacedDeps();
    return { ...world, ...(await start(world.deps, slices)) };
  };

  describe(`${name} as a WorkQueue`, () => {
    it("watches a clip and tells every step, to followers that come early, late and in the middle", async () => {
      const { queue, elsewhere, addClip, pace } = await begin();
      const clip = await addClip("dog bark dog");
      const jobId = await queue.watch(watchJob(clip));
      const early = collect(queue.followWatch(jobId));
      pace.letGo();
      const events = await early;
      expect(events.map(({ event }) => event.type)).toEqual(["opened", "window", "window", "window", "watched"]);
      expect(events.at(-1)?.event).toMatchObject({ cache: "miss", suggestions: [], info: { durationSeconds: 24 } });
      expect(await collect(elsewhere.followWatch(jobId))).toEqual(events);
      const middle = events[2] as Followed<WatchJobEvent>;
      expect(await collect(elsewhere.followWatch(jobId, { after: middle.eventId }))).toEqual(events.slice(3));
    });

    it("runs a clip once, however often and wherever it is handed in, before and after it is done", async () => {
      const { queue, elsewhere, addClip, pace } = await begin();
      const clip = await addClip("dog bark");
      const ids = await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 ? queue : elsewhere).watch(watchJob(clip))),
      );
      expect(new Set(ids).size).toBe(1);
      pace.letGo();
      await collect(queue.followWatch(ids[0] as string));
      expect(await elsewhere.watch(watchJob(clip))).toBe(ids[0]);
      await collect(elsewhere.followWatch(ids[0] as string));
      expect(pace.windows).toEqual(["dog", "bark"]);
    });

    it("watches again when the memory is gone, and after a failure", async () => {
      const { queue, addClip, removeClip, deps, pace } = await begin();
      pace.letGo();
      const clip = await addClip("dog");
      const jobId = await queue.watch(watchJob(clip));
      const first = await collect(queue.followWatch(jobId));
      await deps.memories.delete(TENANT, clip);
      expect(await queue.watch(watchJob(clip))).toBe(jobId);
      const second = await collect(queue.followWatch(jobId, { after: first.at(-1)?.eventId as string }));
      expect(second.at(-1)?.event).toMatchObject({ type: "watched", cache: "miss" });

      await deps.memories.delete(TENANT, clip);
      removeClip(clip);
      await queue.watch(watchJob(clip));
      const failed = await collect(queue.followWatch(jobId, { after: second.at(-1)?.eventId as string }));
      expect(failed.at(-1)?.event).toMatchObject({ type: "failed", code: "clip.not_found" });
      expect((await queue.counts()).watch).toEqual({ waiting: 0, running: 0, failed: 1 });

      await addClip("dog", clip);
      await queue.watch(watchJob(clip));
      const mended = await collect(queue.followWatch(jobId, { after: failed.at(-1)?.eventId as string }));
      expect(mended.at(-1)?.event).toMatchObject({ type: "watched" });
      expect((await queue.counts()).watch.failed).toBe(0);
    });

    it("tries again what another attempt may mend, and says so", async () => {
      const { queue, addClip, pace } = await begin();
      pace.letGo();
      const clip = await addClip("dog flaky bark");
      const events = await collect(queue.followWatch(await queue.watch(watchJob(clip))));
      expect(events.map(({ event }) => event.type)).toEqual([
        ...["opened", "window", "retrying"],
        ...["opened", "window", "window", "watched"],
      ]);
      expect(events[2]?.event).toMatchObject({ code: "model.runtime", attempt: 1 });
      expect(pace.windows).toEqual(["dog", "flaky", "bark"]); // it went on where it was
    });

    it("streams an answer, keeps the turn, and answers one question id once", async () => {
      const { queue, elsewhere, addClip, deps, pace } = await begin();
      pace.letGo();
      const clip = await addClip("dog bark dog");
      await collect(queue.followWatch(await queue.watch(watchJob(clip))));
      const job = answerJob(clip, "q1", "when is the dog there?");
      const jobId = await queue.ask(job);
      const events = await collect(queue.followAnswer(jobId));
      const text = events.map(({ event }) => (event.type === "text" ? event.text : "")).join("");
      expect(text).toBe("It is there 2 x.");
      expect(events.at(-1)?.event).toMatchObject({
        type: "answered",
        clipId: clip,
        answer: { text, verdict: "found" },
      });
      expect(await elsewhere.ask(job)).toBe(jobId);
      expect(await collect(elsewhere.followAnswer(jobId))).toEqual(events);
      expect((await deps.threads.read(TENANT, "thread"))?.turns.length).toBe(1);
    });

    it("answers before it watches, and between two windows of a watch", async () => {
      const { queue, addClip, pace } = await begin();
      const long = await addClip("dog bark bell horn");
      const other = await addClip("cat");
      const watching = queue.followWatch(await queue.watch(watchJob(long)));
      await queue.watch(watchJob(other));
      pace.letGo(1);
      await until(watching, "window");
      const answered = await collect(queue.followAnswer(await queue.ask(answerJob(long, "q1", "where is the dog?"))));
      expect(answered.at(-1)?.event).toMatchObject({ type: "answered", answer: { watchedUpToSeconds: 8 } });
      expect(pace.windows).toEqual(["dog"]);
      pace.letGo();
      await collect(queue.followWatch(await queue.watch(watchJob(other))));
    });

    it("lets a question wait for the first window of its clip", async () => {
      const { queue, addClip, pace } = await begin();
      const clip = await addClip("dog bark");
      await queue.watch(watchJob(clip));
      const answered = collect(queue.followAnswer(await queue.ask(answerJob(clip, "q1", "where is the dog?"))));
      pace.letGo();
      expect((await answered).at(-1)?.event).toMatchObject({ type: "answered" });
    });

    it("answers the questions of a thread in order, and those of other threads meanwhile", async () => {
      const { queue, addClip, deps, pace } = await begin();
      pace.letGo();
      const clip = await addClip("dog bark bell");
      await collect(queue.followWatch(await queue.watch(watchJob(clip))));
      const asked = Array.from({ length: 8 }, (_, i) => answerJob(clip, `q${i}`, `dog ${i}?`));
      const ids: string[] = [];
      for (const job of asked) ids.push(await queue.ask(job));
      const other = await queue.ask({ ...answerJob(clip, "q", "bell?"), threadId: "other" });
      const ends = await Promise.all([...ids, other].map((id) => collect(queue.followAnswer(id))));
      expect(ends.map((events) => events.at(-1)?.event.type)).toEqual(Array(9).fill("answered"));
      const turns = (await deps.threads.read(TENANT, "thread"))?.turns ?? [];
      expect(turns.map(({ question }) => question.text)).toEqual(asked.map(({ question }) => question));
    });

    it("fails a question about a clip that nobody watches", async () => {
      const { queue, addClip } = await begin();
      const clip = await addClip("dog");
      const events = await collect(queue.followAnswer(await queue.ask(answerJob(clip, "q1", "dog?"))));
      expect(events.at(-1)?.event).toMatchObject({ type: "failed", code: "memory.not_watched" });
    });

    it("lets tenants take turns", async () => {
      const { queue, addClip, pace } = await begin();
      const [a, b] = [asTenantId("a"), asTenantId("b")];
      const first = await addClip("first", undefined, a);
      const running = queue.followWatch(await queue.watch(watchJob(first, a)));
      await until(running, "opened");
      const jobs: string[] = [];
      for (const word of ["two", "three", "four"]) {
        jobs.push(await queue.watch(watchJob(await addClip(word, undefined, a), a)));
      }
      jobs.push(await queue.watch(watchJob(await addClip("other", undefined, b), b)));
      pace.letGo();
      await Promise.all(jobs.map((id) => collect(queue.followWatch(id))));
      expect(pace.windows.indexOf("other")).toBeLessThanOrEqual(2);
      expect(pace.windows.filter((word) => word !== "other")).toEqual(["first", "two", "three", "four"]);
    });

    it("does background work last", async () => {
      const { queue, addClip, pace } = await begin();
      const first = await addClip("first");
      await until(queue.followWatch(await queue.watch(watchJob(first))), "opened");
      const jobs = [await queue.watch({ ...watchJob(await addClip("old")), background: true })];
      jobs.push(await queue.watch(watchJob(await addClip("new"))));
      pace.letGo();
      await Promise.all(jobs.map((id) => collect(queue.followWatch(id))));
      expect(pace.windows).toEqual(["first", "new", "old"]);
    });

    it("lets a short clip in when a long one has had its time, and loses nothing of the long one", async () => {
      const { queue, addClip, deps, pace } = await begin({ watchSliceMs: 0 });
      const clip = await addClip("one two three four");
      const long = await queue.watch(watchJob(clip));
      const followed = collect(queue.followWatch(long));
      await until(queue.followWatch(long), "opened");
      const short = await queue.watch(watchJob(await addClip("short")));
      pace.letGo();
      expect((await collect(queue.followWatch(short))).map(({ event }) => event.type)).toEqual([
        ...["opened", "window", "watched"],
      ]);
      const events = (await followed).map(({ event }) => event);
      expect(pace.windows).toEqual(["one", "short", "two", "three", "four"]);
      // Nobody is told of a failure or another attempt, and progress never goes back.
      expect(events.map(({ type }) => type)).toEqual([
        ...["opened", "window", "opened", "window", "window", "window", "watched"],
      ]);
      expect(events.flatMap((event) => (event.type === "window" ? event.watchedSeconds : []))).toEqual([8, 16, 24, 32]);
      expect(events[2]).toMatchObject({ resumedAtSeconds: 8 });
      expect((await deps.memories.read(keyOf(clip)))?.windows.length).toBe(4);
      await expect.poll(() => queue.counts()).toMatchObject({ watch: { waiting: 0, running: 0, failed: 0 } });
    });

    it("lets long clips take turns, within a tenant and between tenants", async () => {
      const { queue, addClip, pace } = await begin({ watchSliceMs: 0 });
      const b = asTenantId("b");
      const jobs = [await queue.watch(watchJob(await addClip("a1 a2 a3")))];
      await until(queue.followWatch(jobs[0] as string), "opened");
      jobs.push(await queue.watch(watchJob(await addClip("b1 b2 b3", undefined, b), b)));
      jobs.push(await queue.watch(watchJob(await addClip("c1 c2 c3"))));
      pace.letGo();
      await Promise.all(jobs.map((id) => collect(queue.followWatch(id))));
      const at = (word: string) => pace.windows.indexOf(word);
      expect([...pace.windows].sort()).toEqual(["a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3"]);
      for (const round of [1, 2]) {
        const lasts = ["a", "b", "c"].map((clip) => at(`${clip}${round}`));
        const nexts = ["a", "b", "c"].map((clip) => at(`${clip}${round + 1}`));
        expect(nexts[0]).toBeGreaterThan(lasts[1] as number);
        expect(nexts[1]).toBeGreaterThan(lasts[0] as number);
      }
    });

    it("makes no room for background work, and background work makes room", async () => {
      const { queue, addClip, pace } = await begin({ watchSliceMs: 0 });
      const jobs = [await queue.watch({ ...watchJob(await addClip("old older oldest")), background: true })];
      await until(queue.followWatch(jobs[0] as string), "opened");
      jobs.push(await queue.watch({ ...watchJob(await addClip("ancient")), background: true }));
      jobs.push(await queue.watch(watchJob(await addClip("new newer"))));
      pace.letGo();
      await Promise.all(jobs.map((id) => collect(queue.followWatch(id))));
      expect(pace.windows.slice(0, 3)).toEqual(["old", "new", "newer"]);
      expect(pace.windows.slice(3).sort()).toEqual(["ancient", "older", "oldest"]);
    });

    it("stops a clip that has made room, at once", async () => {
      const { queue, elsewhere, addClip, deps, pace } = await begin({ watchSliceMs: 0 });
      const clip = await addClip("one two three");
      const long = await queue.watch(watchJob(clip));
      const followed = collect(queue.followWatch(long));
      await until(queue.followWatch(long), "opened");
      const short = await queue.watch(watchJob(await addClip("short")));
      pace.letGo(1);
      await until(queue.followWatch(short), "opened");
      expect(await elsewhere.cancel(long)).toBe(true);
      expect((await followed).map(({ event }) => event.type)).toEqual(["opened", "window", "stopped"]);
      expect((await deps.memories.read(keyOf(clip)))?.windows.length).toBe(1);
      pace.letGo();
      expect((await collect(queue.followWatch(short))).at(-1)?.event).toMatchObject({ type: "watched" });
    });

    it("refuses what one tenant has too much of, and nobody else's", async () => {
      const { queue, addClip, pace } = await begin();
      const clips = await Promise.all(Array.from({ length: 6 }, (_, i) => addClip(`dog${i}`)));
      await until(queue.followWatch(await queue.watch(watchJob(clips[0] as ClipId))), "opened");
      for (const clip of clips.slice(1, 4)) await queue.watch(watchJob(clip));
      await expect(queue.watch(watchJob(clips[4] as ClipId))).rejects.toMatchObject({ code: "queue.busy" });
      // The same job is no job more.
      const last = await queue.watch(watchJob(clips[3] as ClipId));
      const b = asTenantId("b");
      const theirs = await queue.watch(watchJob(await addClip("cat", undefined, b), b));
      pace.letGo();
      await Promise.all([last, theirs].map((id) => collect(queue.followWatch(id))));
      const later = await queue.watch(watchJob(clips[4] as ClipId));
      await collect(queue.followWatch(later));
    });

    it("really stops a watch that runs, and keeps what was watched", async () => {
      const { queue, elsewhere, addClip, deps, pace } = await begin();
      const clip = await addClip("dog bark bell");
      const jobId = await queue.watch(watchJob(clip));
      const events = collect(queue.followWatch(jobId));
      pace.letGo(1);
      await until(queue.followWatch(jobId), "window");
      expect(await elsewhere.cancel(jobId)).toBe(true);
      expect(pace.watching).toBe(0); // it has let go of the clip
      expect((await events).map(({ event }) => event.type)).toEqual(["opened", "window", "stopped"]);
      expect(await queue.cancel(jobId)).toBe(false);
      expect((await deps.memories.read(keyOf(clip)))?.windows.length).toBe(1);

      pace.letGo();
      await queue.watch(watchJob(clip));
      const again = await collect(queue.followWatch(jobId, { after: (await events).at(-1)?.eventId as string }));
      expect(again.at(-1)?.event).toMatchObject({ type: "watched", cache: "resumed" });
    });

    it("stops jobs that wait, and answers that run; knows nothing of others", async () => {
      const { queue, elsewhere, addClip, deps, pace } = await begin();
      const [clip, next] = [await addClip("dog"), await addClip("cat")];
      const first = await queue.watch(watchJob(clip));
      await until(queue.followWatch(first), "opened");
      const waiting = await queue.watch(watchJob(next));
      expect(await elsewhere.cancel(waiting)).toBe(true);
      expect((await collect(queue.followWatch(waiting))).map(({ event }) => event.type)).toEqual(["stopped"]);
      pace.letGo();
      await collect(queue.followWatch(first));

      pace.holdAnswers();
      const asked = await queue.ask(answerJob(clip, "q1", "dog?"));
      await until(queue.followAnswer(asked), "text");
      expect(await elsewhere.cancel(asked)).toBe(true);
      expect((await collect(queue.followAnswer(asked))).at(-1)?.event).toEqual({ type: "stopped" });
      expect(await deps.threads.read(TENANT, "thread")).toBeUndefined();
      expect(await queue.cancel("watch-unknown")).toBe(false);
    });

    it("keeps nothing of a clip that is forgotten, and does not bring it back", async () => {
      const { queue, elsewhere, addClip, removeClip, deps, pace } = await begin();
      const clip = await addClip("dog bark bell");
      const watched = await queue.watch(watchJob(clip));
      const events = collect(queue.followWatch(watched));
      pace.letGo(1);
      await until(queue.followWatch(watched), "window");
      const done = await queue.ask(answerJob(clip, "q1", "a dog named Hasso?"));
      await collect(queue.followAnswer(done));

      await elsewhere.forgetClip(TENANT, clip);
      await deps.memories.delete(TENANT, clip);
      removeClip(clip);
      pace.letGo();
      expect((await events).at(-1)?.event).toEqual({ type: "stopped" });
      expect(await deps.memories.has(keyOf(clip))).toBe(false);
      expect(pace.watching).toBe(0);
      for (const events of [queue.followWatch(watched), queue.followAnswer(done)] as AsyncIterable<
        Followed<JobEvent>
      >[]) {
        const left = await collect(events).catch((error: { code: string }) => error.code);
        if (left !== "queue.unavailable") expect(left).toMatchObject([{ event: { type: "stopped" } }]);
      }
      expect(await queue.counts()).toEqual({
        watch: { waiting: 0, running: 0, failed: 0 },
        answer: { waiting: 0, running: 0, failed: 0 },
      });
    });

    it("lets a follower leave without stopping anything", async () => {
      const { queue, addClip, pace } = await begin();
      const clip = await addClip("dog bark");
      const jobId = await queue.watch(watchJob(clip));
      const left = new AbortController();
      const leaving = collect(queue.followWatch(jobId, { signal: left.signal }));
      leaving.catch(() => {});
      await until(queue.followWatch(jobId), "opened");
      left.abort();
      await expect(leaving).rejects.toMatchObject({ code: "cancelled" });
      pace.letGo();
      expect((await collect(queue.followWatch(jobId))).at(-1)?.event).toMatchObject({ type: "watched" });
    });

    it("rejects to follow what it does not know", async () => {
      const { queue } = await begin();
      const job = answerJobId({ tenantId: TENANT, threadId: "t", questionId: "q" });
      await expect(collect(queue.followAnswer(job))).rejects.toMatchObject({ code: "queue.unavailable" });
      await expect(collect(queue.followWatch("watch-0"))).rejects.toMatchObject({ code: "queue.unavailable" });
    });

    it("refuses a question that is none, before it waits in line", async () => {
      const { queue } = await begin();
      await expect(queue.ask(answerJob(asClipId("c1".repeat(32)), "q", "?!"))).rejects.toMatchObject({
        code: "question.empty",
      });
    });
  });
}

const TENANT = asTenantId("local");

const keyOf = (clipId: ClipId) => memoryKeyOf(TENANT, clipId, FAKE_BUNDLE);

const watchJob = (clipId: ClipId, tenantId: TenantId = TENANT): WatchClipJob => ({
  tenantId,
  clipId,
  title: "dog.mp4",
});

let askedAtMs = 1_000;
const answerJob = (clipId: ClipId, questionId: string, question: string): AnswerQuestionJob => ({
  tenantId: TENANT,
  threadId: "thread",
  questionId,
  clipIds: [clipId],
  question,
  askedAtMs: askedAtMs++,
});

async function collect<Event extends JobEvent>(events: AsyncIterable<Followed<Event>>): Promise<Followed<Event>[]> {
  const all: Followed<Event>[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** Resolves at the first event of this type. */
async function until<Event extends WatchJobEvent | AnswerJobEvent>(
  events: AsyncIterable<Followed<Event>>,
  type: Event["type"],
): Promise<void> {
  for await (const { event } of events) if (event.type === type) return;
  throw new Error(`ended without ${type}`);
}
