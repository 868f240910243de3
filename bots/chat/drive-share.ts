/**
 * One share, from the message that carries a clip to "ask me about it". A state machine whose steps are safe to repeat:
 * after a restart it goes on from the state in the ledger, and posts nothing twice.
 *
 *     received   react, open the thread, post the status message, fetch the bytes, learn the clip's id
 *     fetched    hand the clip to the queue
 *     watching   follow the job: progress into the status message, until it is ready, failed or stopped
 */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { extname, join } from "node:path";
import {
  type ClipId,
  clipIdOfFile,
  DomainError,
  hasEnded,
  isDomainError,
  keepSubtitles,
  type MessageRef,
  type ShareRecord,
  type WatchJobEvent,
} from "../../core/index.ts";
import type { ChatMessage } from "./chat-message.ts";
import { type DeskContext, throughOutages, unlessGone, updateShare, withRetries } from "./desk-context.ts";
import { failureNotice, type Progress, progressMessage, readyMessage, stoppedNotice } from "./messages.ts";

type Driven = ShareRecord | undefined;

/** Resolves when the share has ended, was removed, or waits for consent. @param signal  the share is left as it is */
export async function driveShare(context: DeskContext, first: ShareRecord, signal: AbortSignal): Promise<void> {
  let share: Driven = first;
  const outage = (error: unknown) => context.log.warn({ err: error, share: first.id }, "waiting for the store");
  try {
    while (share && !hasEnded(share) && !share.awaitingConsentOf?.length) {
      signal.throwIfAborted();
      const current: ShareRecord = share;
      share = await throughOutages(() => step(context, current, signal), signal, outage);
    }
  } finally {
    // Whoever waits for the first window looks at the record again and finds how it ended.
    context.askable.open(first.id);
  }
}

async function step(context: DeskContext, share: ShareRecord, signal: AbortSignal): Promise<Driven> {
  try {
    if (share.state !== "received") return await watch(context, share, signal);
    const greeted = await greet(context, share);
    if (!greeted) return undefined;
    const clipId = await fetchClip(context, greeted, signal);
    const fetched = await updateShare(context, share, { state: "fetched", clipId });
    // Forgotten while it was on its way: nothing of it may stay.
    if (!fetched) await context.stores.media.delete(share.tenantId, clipId);
    return fetched;
  } catch (error) {
    if (signal.aborted || !isDomainError(error)) throw error;
    if (error.code === "memory.unavailable" || error.code === "queue.unavailable") throw error;
    return fail(context, share, error);
  }
}

/** The reaction, the thread and the status message; every later step only edits the latter. */
async function greet(context: DeskContext, share: ShareRecord): Promise<Driven> {
  const platform = context.platform(share.platform);
  if (share.statusMessage) return share;
  await unlessGone(platform.mark(share.source.message, "seen"));
  const thread = share.thread ?? (await platform.openThread(share.tenantId, share.source.message, share.title));
  // Known before anything else: a question may already be there.
  if (!(await updateShare(context, share, { thread }))) return undefined;
  const statusMessage = await platform.post(share.tenantId, thread, progressMessage(share), statusKey(share));
  return updateShare(context, share, { statusMessage });
}

const statusKey = (share: ShareRecord): string => `${share.id}/status`;

async function fetchClip(context: DeskContext, share: ShareRecord, signal: AbortSignal): Promise<ClipId> {
  const { maxClipBytes, maxClipSeconds } = context.limits;
  const { durationSeconds = 0, sizeBytes = 0 } = share.claimed ?? {};
  if (sizeBytes > maxClipBytes) {
    throw new DomainError("clip.too_large", "larger than the limit", {
      details: { sizeBytes, maxBytes: maxClipBytes },
    });
  }
  if (durationSeconds > maxClipSeconds) {
    throw new DomainError("clip.too_long", "longer than the limit", { details: { maxSeconds: maxClipSeconds } });
  }
  const path = join(context.scratchFolder, `${randomUUID()}${extname(share.title)}`);
  try {
    const platform = context.platform(share.platform);
    const options = { maxBytes: maxClipBytes, signal };
    await withRetries(() => platform.download(share.tenantId, share.source, path, options), signal);
    const clipId = await clipIdOfFile(path, { signal });
    await context.stores.media.remember(share.tenantId, clipId, {
      path,
      copy: true,
      ...(share.source.type === "link" && { originUrl: share.source.url }),
    });
    return clipId;
  } finally {
    await rm(path, { force: true });
  }
}

async function watch(context: DeskContext, share: ShareRecord, signal: AbortSignal): Promise<Driven> {
  const { tenantId, title, clipId } = share;
  if (!clipId) throw new Error(`share ${share.id} is ${share.state} without a clip`);
  // Handing it in again after a restart is the same job; where the queue did not survive, it is a new one.
  const jobId = await context.queue.watch({ tenantId, clipId, title });
  const watching = await updateShare(context, share, { state: "watching", jobId });
  if (!watching) return undefined;

  const status = statusEditor(context, watching);
  let last: WatchJobEvent | undefined;
  let wordsKept = false;
  for await (const { event } of context.queue.followWatch(jobId, { signal })) {
    last = event;
    const progress = progressOf(event);
    // A long clip is opened again each time its turn comes.
    if (event.type === "opened" && !wordsKept) {
      wordsKept = true;
      await keepWords(context, watching, clipId);
    }
    if (event.type === "window") context.askable.open(share.id);
    if (progress) await status.progress(progress);
  }
  signal.throwIfAborted();
  if (last?.type === "watched") {
    const { durationSeconds } = last.info;
    await status.end(readyMessage(watching, { ...last, durationSeconds }));
    await unlessGone(context.platform(share.platform).mark(share.source.message, "ready"));
    return updateShare(context, share, { state: "ready" });
  }
  if (last?.type === "stopped") {
    await status.end(stoppedNotice(watching));
    return updateShare(context, share, { state: "stopped" });
  }
  if (last?.type === "failed") {
    throw new DomainError(last.code, "watching failed", { details: { ...last.details } });
  }
  throw new DomainError("queue.unavailable", `the events of ${jobId} ended early`);
}

/** What the platform itself wrote down of the clip's words. Questions are answered without as well. */
async function keepWords(context: DeskContext, { tenantId, platform, source, id }: ShareRecord, clipId: ClipId) {
  const { lines } = context.stores;
  if (!lines) return;
  try {
    const vtt = await context.platform(platform).subtitles?.(tenantId, source);
    if (vtt) await keepSubtitles(lines, { tenantId, clipId }, platform, vtt);
  } catch (error) {
    context.log.warn({ err: error, share: id }, "the platform's subtitles were not kept");
  }
}

function progressOf(event: WatchJobEvent): Progress | undefined {
  switch (event.type) {
    case "opened":
      return {
        stage: "watching",
        watchedSeconds: event.resumedAtSeconds,
        durationSeconds: event.info.durationSeconds,
      };
    case "window":
      return { stage: "watching", watchedSeconds: event.watchedSeconds, durationSeconds: event.durationSeconds };
    case "retrying":
      return { stage: "retrying", watchedSeconds: 0, durationSeconds: 0 };
    default:
      return undefined;
  }
}

/** Edits the status message, not more often than the platform likes; what comes in between is passed over. */
function statusEditor(context: DeskContext, share: ShareRecord) {
  const platform = context.platform(share.platform);
  let editedAtMs = Number.NEGATIVE_INFINITY;
  let known: Progress = { stage: "watching", watchedSeconds: 0, durationSeconds: 0 };
  const edit = (message: ChatMessage) =>
    share.statusMessage ? unlessGone(platform.edit(share.tenantId, share.statusMessage, message)) : Promise.resolve();
  return {
    async progress(progress: Progress): Promise<void> {
      // A retry does not know how far the last attempt came; we do.
      known = progress.stage === "retrying" ? { ...known, stage: "retrying" } : progress;
      if (context.now() - editedAtMs < platform.editEveryMs) return;
      editedAtMs = context.now();
      // Progress is a courtesy: an edit that fails is logged, the next one tells more anyway.
      await edit(progressMessage(share, known)).catch((error: unknown) =>
        context.log.warn({ err: error, share: share.id }, "progress was not shown"),
      );
    },
    end: edit,
  };
}

/** Says it once, in the thread where there is one, else by the reaction alone. */
async function fail(context: DeskContext, share: ShareRecord, error: DomainError): Promise<Driven> {
  const current = (await context.ledger.read(share.tenantId, share.id)) as Driven;
  if (!current) return undefined;
  const failure = { code: error.code, details: error.details };
  context.log.warn({ err: error, share: share.id, clip: share.clipId }, "a clip was not watched");
  const platform = context.platform(share.platform);
  const tell = async (statusMessage: MessageRef | undefined): Promise<void> => {
    if (statusMessage) await platform.edit(share.tenantId, statusMessage, failureNotice(failure));
    else if (current.thread) {
      await platform.post(share.tenantId, current.thread, failureNotice(failure), statusKey(share));
    }
  };
  await unlessGone(tell(current.statusMessage));
  await unlessGone(platform.mark(share.source.message, "failed"));
  return updateShare(context, share, { state: "failed", failure });
}
