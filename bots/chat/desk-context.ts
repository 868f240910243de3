/** What the parts of the desk share: the stores, the queue, the platforms, and how a failing world is waited for. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import {
  type ChatLedger,
  type ClipId,
  type ForgetClipDeps,
  type InquiryRecord,
  isDomainError,
  type MediaStore,
  type PlatformName,
  type ShareRecord,
  type ShowEvidenceDeps,
  type Span,
  type TenantId,
  type WorkQueue,
} from "../../core/index.ts";
import type { ChatPlatform } from "./chat-platform.ts";

export interface DeskDeps {
  readonly ledger: ChatLedger;
  readonly queue: WorkQueue;
  /** What forgetting a clip removes. */
  readonly stores: Omit<ForgetClipDeps, "now"> & { readonly media: MediaStore };
  /** Pictures under answers. Absent: none. */
  readonly evidence?: ShowEvidenceDeps;
  /** Jump links into a clip. */
  readonly linksInto: (target: ClipTarget) => Promise<LinkTo>;
  /** Cuts the span out of the stored clip, as an MP4 small enough to post; asked only when there is no link. */
  readonly cutClip?: (target: ClipTarget, span: Span, signal: AbortSignal) => Promise<Uint8Array | undefined>;
  /** For downloads on their way; emptied when the desk starts. */
  readonly scratchFolder: string;
  readonly limits: { readonly maxClipBytes: number; readonly maxClipSeconds: number };
  /** Wall time, ms since the epoch. */
  readonly now: () => number;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
}

/** `undefined` when there is no address that people can open. */
export type LinkTo = (span: Span) => string | undefined;

export interface ClipTarget {
  readonly tenantId: TenantId;
  readonly clipId: ClipId;
  readonly threadId: string;
}

export interface DeskContext extends DeskDeps {
  /** @throws Error when the platform is not running in this process (its records wait for one where it is) */
  platform(name: PlatformName): ChatPlatform;
  /** Says that questions about the share can be answered, or that they never will. */
  readonly askable: Askable;
}

/** Who waits for the first window of a share. In this process only: the same process drives the share. */
export class Askable {
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #open = new Set<string>();

  open(shareId: string): void {
    this.#open.add(shareId);
    for (const go of this.#waiting.get(shareId) ?? []) go();
    this.#waiting.delete(shareId);
  }

  close(shareId: string): void {
    this.#open.delete(shareId);
  }

  /** Resolves when `open` was called, at once when it was; rejects when `signal` aborts. */
  async wait(shareId: string, signal: AbortSignal): Promise<void> {
    if (this.#open.has(shareId)) return;
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      this.#waiting.set(shareId, [...(this.#waiting.get(shareId) ?? []), resolve]);
    });
  }
}

/** 1 s, 2 s, 4 s ... 30 s: soon for a hiccup, rare enough for an outage. */
const PATIENCE_MS = { first: 1_000, most: 30_000 } as const;

/** The store or the queue is away: jobs wait, nothing is lost. Everything else is for the caller. */
const isOutage = (error: unknown): boolean =>
  isDomainError(error) && (error.code === "memory.unavailable" || error.code === "queue.unavailable");

/** Does the work, again and again while the store or the queue is away. `onOutage` is called once. */
export async function throughOutages<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onOutage: (error: unknown) => void = () => undefined,
): Promise<T> {
  for (let waitMs: number = PATIENCE_MS.first, told = false; ; waitMs = Math.min(waitMs * 2, PATIENCE_MS.most)) {
    try {
      return await work();
    } catch (error) {
      if (!isOutage(error) || signal.aborted) throw error;
      if (!told) onOutage(error);
      told = true;
      await sleep(waitMs, undefined, { signal });
    }
  }
}

/** Tries what may work the next time, a few times. */
export async function withRetries<T>(work: () => Promise<T>, signal: AbortSignal, attempts = 3): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const again = isDomainError(error) && error.retryable && !isOutage(error) && attempt < attempts;
      if (!again || signal.aborted) throw error;
      await sleep(PATIENCE_MS.first * 2 ** (attempt - 1), undefined, { signal });
    }
  }
}

/** A message that people deleted, or may not see any more, is no reason to stop working. */
export async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isDomainError(error) || (error.code !== "source.gone" && error.code !== "source.no_access")) throw error;
  }
}

export const updateShare = async (
  { ledger }: Pick<DeskContext, "ledger">,
  { tenantId, id }: Pick<ShareRecord, "tenantId" | "id">,
  change: Partial<ShareRecord>,
): Promise<ShareRecord | undefined> => (await ledger.update(tenantId, id, change)) as ShareRecord | undefined;

export const updateInquiry = async (
  { ledger }: Pick<DeskContext, "ledger">,
  { tenantId, id }: Pick<InquiryRecord, "tenantId" | "id">,
  change: Partial<InquiryRecord>,
): Promise<InquiryRecord | undefined> => (await ledger.update(tenantId, id, change)) as InquiryRecord | undefined;

/**
 * The clips of a thread, oldest first. A clip that has only just been shared has no thread in the ledger yet; on both
 * platforms a thread under a message carries the message's id.
 */
export async function sharesIn(
  { ledger }: Pick<DeskContext, "ledger">,
  { tenantId, platform, thread }: Pick<InquiryRecord, "tenantId" | "platform" | "thread">,
): Promise<readonly ShareRecord[]> {
  const { channelId, threadId } = thread;
  if (threadId === undefined) return [];
  const inChannel = { type: "share", platform, channelId } as const;
  const inThread = await ledger.find(tenantId, { ...inChannel, threadId });
  const above = await ledger.find(tenantId, { ...inChannel, messageId: threadId });
  const all = [...inThread, ...above.filter(({ id }) => !inThread.some((other) => other.id === id))];
  return (all as ShareRecord[]).sort((a, b) => a.createdAtMs - b.createdAtMs);
}
