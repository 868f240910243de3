/**
 * What goes when a share goes. A clip's memory lives as long as one share of it does; what was said about it in a thread
 * goes with the share of that thread.
 */
import { type ForgetReceipt, forgetClip, type ShareRecord, threadIdOf } from "../../core/index.ts";
import { type DeskContext, unlessGone } from "./desk-context.ts";
import type { KeyedRuns } from "./keyed-runs.ts";

export interface WipeOptions {
  /** Whether answers that were posted are deleted as well; not where the whole channel is gone. */
  readonly takeBack: boolean;
}

/**
 * Safe to repeat. The record goes first: whatever is still under way finds it missing and leaves nothing behind.
 *
 * @returns the receipt when the clip itself went; `undefined` when another share still holds it, or nothing was fetched yet
 */
export async function wipeShare(
  context: DeskContext,
  runs: KeyedRuns,
  share: ShareRecord,
  { takeBack }: WipeOptions,
): Promise<ForgetReceipt | undefined> {
  const { ledger, queue, stores, now } = context;
  const { tenantId } = share;
  // As it is now: it may have been fetched since the caller looked.
  const current = ((await ledger.read(tenantId, share.id)) as ShareRecord | undefined) ?? share;
  await ledger.remove(tenantId, share.id);
  await runs.stop(share.id);
  const { clipId, thread } = current;

  const others = clipId ? await ledger.find(tenantId, { type: "share", clipId }) : [];
  const inThread = thread ? { threadId: thread.threadId, channelId: thread.channelId, platform: share.platform } : {};
  const asked = thread ? await ledger.find(tenantId, { type: "inquiry", ...dropAbsent(inThread) }) : [];
  const stillHere = others.some((other) => other.thread && thread && samePlace(other.thread, thread));
  for (const inquiry of stillHere ? [] : asked) {
    if (clipId && inquiry.clipId && inquiry.clipId !== clipId) continue;
    await ledger.remove(tenantId, inquiry.id);
    await runs.stop(inquiry.id);
    if (inquiry.type !== "inquiry") continue;
    const { jobId } = inquiry;
    if (jobId) await queue.cancel(jobId);
    // The answer shows the clip, in words and in its frame.
    if (takeBack && inquiry.answerMessage) {
      await unlessGone(context.platform(inquiry.platform).remove(tenantId, inquiry.answerMessage));
    }
  }
  if (!clipId) return undefined;
  if (others.length === 0) {
    await queue.forgetClip(tenantId, clipId);
    return forgetClip({ ...stores, now }, { tenantId, clipId });
  }
  if (thread && !stillHere) await stores.threads.delete(tenantId, threadIdOf(share.platform, thread));
  return undefined;
}

const samePlace = (a: { channelId: string; threadId?: string }, b: { channelId: string; threadId?: string }): boolean =>
  a.channelId === b.channelId && a.threadId === b.threadId;

const dropAbsent = <T extends object>(facets: T): Partial<T> =>
  Object.fromEntries(Object.entries(facets).filter(([, value]) => value !== undefined)) as Partial<T>;
