/**
 * What a job does, whoever runs it: the in-process queue or a worker that took it from Redis. Both only hand on events;
 * waiting, retrying and cancelling are theirs.
 */
import {
  type AnswerComposer,
  type AnswerJobEvent,
  type AnswerQuestionJob,
  type AskThreadDeps,
  askThread,
  type ClipId,
  type ClipMemory,
  type ClipMemoryStore,
  type ClipModel,
  DomainError,
  isDomainError,
  type JobFailure,
  type MediaStore,
  memoryKeyOf,
  stopWatching,
  type ThreadStore,
  type WatchClipDeps,
  type WatchClipJob,
  type WatchJobEvent,
  watchClip,
} from "../core/index.ts";

export interface JobDeps extends Omit<WatchClipDeps & AskThreadDeps, "model" | "memories"> {
  readonly model: ClipModel;
  /** Words answers anew, where one is configured. */
  readonly composer?: AnswerComposer;
  readonly memories: ClipMemoryStore;
  readonly threads: ThreadStore;
  readonly media: Pick<MediaStore, "find">;
  /** Questions that this memory answers with high confidence. Default: none. */
  readonly suggestQuestions?: (memory: ClipMemory, signal: AbortSignal) => Promise<readonly string[]>;
}

/**
 * Watches, or says at once that there was nothing left to watch. Once `signal` is aborted it ends with `cancelled`, and by
 * then the clip's file has been let go of.
 *
 * @throws DomainError as watchClip; `clip.not_found` when the clip's bytes are needed and not kept
 */
export async function* runWatchJob(
  deps: JobDeps,
  { tenantId, clipId, title }: WatchClipJob,
  signal: AbortSignal,
): AsyncGenerator<WatchJobEvent> {
  const path =
    (await deps.media.find(tenantId, clipId))?.path ?? (await pathOfNothing(deps, { tenantId, clipId, title }));
  // Leaving the watch would end it some time later; this waits until it has ended.
  const stopping: Promise<void>[] = [];
  const stop = () => void stopping.push(stopWatching(deps.memories, tenantId, clipId));
  if (signal.aborted) throw new DomainError("cancelled", "stopped before it began", { cause: signal.reason });
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const event of watchClip(deps, { tenantId, clipId, title, path })) {
      if (event.type !== "watched") {
        yield event;
        continue;
      }
      const { memory, cache } = event;
      const suggestions = (await deps.suggestQuestions?.(memory, signal)) ?? [];
      yield { type: "watched", info: memory.info, warnings: memory.warnings, cache, suggestions };
    }
  } finally {
    signal.removeEventListener("abort", stop);
    await Promise.all(stopping);
  }
}

/** A memory that is complete needs no file, so an empty path will do; else the clip cannot be watched. */
async function pathOfNothing({ model, memories }: JobDeps, { tenantId, clipId, title }: WatchClipJob): Promise<string> {
  const memory = await memories.readIndex(memoryKeyOf(tenantId, clipId, model.bundle));
  if (memory?.complete) return "";
  throw new DomainError("clip.not_found", "the clip's bytes are not kept", { details: { path: title } });
}

/**
 * Answers, and by the last event the answer is part of the thread. Safe to run again: a question that was answered is not
 * answered a second time (a worker may be killed after the turn was kept and before anybody was told).
 *
 * @throws DomainError as askThread
 */
export async function* runAnswerJob(
  deps: JobDeps,
  job: AnswerQuestionJob,
  signal: AbortSignal,
): AsyncGenerator<AnswerJobEvent> {
  const { tenantId, threadId, question, askedAtMs } = job;
  const thread = await deps.threads.read(tenantId, threadId);
  const kept = thread?.turns.find((turn) => turn.askedAtMs === askedAtMs && turn.question.text === question.trim());
  if (kept) {
    yield { type: "answered", answer: kept.answer, clipId: kept.clipId };
    return;
  }
  const clips = await namedClips(deps, job);
  const clipId = job.clipIds.at(-1) as ClipId;
  // The turn bears the time of the job, which is how it is known again above.
  const request = { tenantId, threadId, clipId, clips, question, signal };
  yield* askThread({ ...deps, now: () => askedAtMs }, request);
}

/** The thread's clips with what people call them; read only where there is a choice. */
async function namedClips({ model, memories }: JobDeps, { tenantId, clipIds }: AnswerQuestionJob) {
  const titleOf = async (clipId: ClipId): Promise<string> =>
    clipIds.length < 2 ? "" : ((await memories.readIndex(memoryKeyOf(tenantId, clipId, model.bundle)))?.title ?? "");
  return Promise.all(clipIds.map(async (clipId) => ({ clipId, title: await titleOf(clipId) })));
}

/** How a job that threw ends for those who wait. What is no DomainError is a bug of ours, and is logged as one. */
export function failureOf(error: unknown): JobFailure {
  const { code, details } = isDomainError(error) ? error : new DomainError("model.runtime", String(error));
  return { type: "failed", code, details };
}
