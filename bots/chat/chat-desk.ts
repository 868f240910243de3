/**
 * The desk: what people do on any chat platform comes in here, is written into the ledger, and is then driven to its end
 * (drive-share.ts, drive-inquiry.ts) while the event itself is already acknowledged. `start` takes up what an earlier
 * process left unfinished; `close` leaves it for the next.
 */
import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import {
  type ChatSettings,
  type ForgetReceipt,
  hasEnded,
  type InquiryRecord,
  type PendingQuestion,
  type PlatformName,
  type ShareRecord,
  type TenantId,
} from "../../core/index.ts";
import type { ChatPlatform, ClipShared, QuestionAsked, SourceRemoved } from "./chat-platform.ts";
import type { Desk, Pressed, RememberedClip } from "./desk.ts";
import {
  Askable,
  type DeskContext,
  type DeskDeps,
  sharesIn,
  unlessGone,
  updateInquiry,
  updateShare,
} from "./desk-context.ts";
import { driveInquiry } from "./drive-inquiry.ts";
import { driveShare } from "./drive-share.ts";
import { KeyedRuns } from "./keyed-runs.ts";
import {
  answerStoppedNotice,
  forgottenNotice,
  noClipNotice,
  refusedNotice,
  stoppedNotice,
  waitingForConsentNotice,
} from "./messages.ts";
import { wipeShare } from "./wipe.ts";

/** What a channel does when nobody has said otherwise: share a clip, ask about it, no setting needed. */
export const DEFAULT_CHAT_SETTINGS = {
  watch: "always",
  answer: "always",
  askParticipants: true,
} as const satisfies Required<ChatSettings>;

/** What `/moments` asks in the thread's name. */
const MOMENTS_QUESTION = "What happens in this clip?";

export class ChatDesk implements Desk {
  readonly #context: DeskContext;
  readonly #platforms = new Map<PlatformName, ChatPlatform>();
  readonly #runs: KeyedRuns;
  #sweep: NodeJS.Timeout | undefined;

  constructor(deps: DeskDeps) {
    this.#runs = new KeyedRuns((error, key) => deps.log.error({ err: error, record: key }, "a conversation stumbled"));
    this.#context = {
      ...deps,
      askable: new Askable(),
      platform: (name) => {
        const platform = this.#platforms.get(name);
        if (!platform) throw new Error(`no ${name} in this process`);
        return platform;
      },
    };
  }

  /** Every platform of this process, before `start`: records of other platforms are left alone. */
  attach(platform: ChatPlatform): void {
    this.#platforms.set(platform.name, platform);
  }

  /**
   * Takes up what is unfinished, and looks now and then whether clips are still there: a retention policy of a platform
   * deletes files without telling (PLATFORM 2a).
   *
   * @param sweepEveryMs  0 = never
   */
  async start({ sweepEveryMs = 0 }: { readonly sweepEveryMs?: number } = {}): Promise<void> {
    const { ledger, scratchFolder } = this.#context;
    await rm(scratchFolder, { recursive: true, force: true });
    await mkdir(scratchFolder, { recursive: true, mode: 0o700 });
    for (const tenantId of await ledger.tenants()) {
      for (const record of await ledger.find(tenantId, { unfinished: true })) {
        if (!this.#platforms.has(record.platform)) continue;
        if (record.type === "inquiry") this.#answer(record);
        else {
          this.#drive(record);
          if (record.pendingQuestion) this.#askWithTheClip(record, record.pendingQuestion);
        }
      }
    }
    if (sweepEveryMs > 0) {
      const run = () => this.#runs.start("sweep", (signal) => this.sweep(signal));
      this.#sweep = setInterval(run, sweepEveryMs).unref();
    }
  }

  async clipShared(event: ClipShared): Promise<void> {
    const { tenantId, platform, source, sharedBy, title, durationSeconds, sizeBytes } = event;
    const settings = await this.readSettings(tenantId, platform, source.message.channelId);
    if (settings.watch !== "always" && !event.askedTo) return;

    const participants = settings.askParticipants ? (event.participants ?? []) : [];
    const { messageId, channelId } = source.message;
    const pendingQuestion = questionOf(event);
    const { record, created } = await this.#context.ledger.create<ShareRecord>({
      type: "share",
      tenantId,
      id: idOf("share", platform, channelId, messageId, source.type === "file" ? source.fileId : source.url),
      platform,
      source,
      title,
      sharedBy,
      state: "received",
      claimed: { ...(durationSeconds && { durationSeconds }), ...(sizeBytes && { sizeBytes }) },
      ...(participants.length > 0 && { awaitingConsentOf: participants }),
      ...(pendingQuestion && { pendingQuestion }),
      createdAtMs: this.#context.now(),
    });
    // Asked for again after it failed or was stopped: a second chance, in the same thread and message.
    const ended = record.state === "failed" || record.state === "stopped";
    const again = !created && event.askedTo && ended && !record.refusedBy;
    const share = again ? await updateShare(this.#context, record, { state: "received", failure: undefined }) : record;
    if (!share) return;
    if (created && participants.length > 0) await this.#askForConsent(share, participants);
    this.#drive(share);
    if (pendingQuestion) this.#askWithTheClip(share, pendingQuestion);
  }

  async questionAsked(event: QuestionAsked): Promise<void> {
    const { tenantId, platform, thread } = event;
    const shares = await sharesIn(this.#context, { tenantId, platform, thread });
    if (shares.length === 0) {
      if (!event.mentioned) return;
      const key = `${event.questionId}/no-clip`;
      return unlessGone(this.#context.platform(platform).post(tenantId, thread, noClipNotice, key));
    }
    const settings = await this.readSettings(tenantId, platform, thread.channelId);
    if (settings.answer === "mention" && !event.mentioned) return;
    const { record } = await this.#context.ledger.create<InquiryRecord>({
      type: "inquiry",
      tenantId,
      id: idOf("inquiry", platform, thread.channelId, event.questionId),
      platform,
      thread,
      ...(event.message && { message: event.message }),
      askedBy: event.askedBy,
      question: event.question,
      state: "received",
      createdAtMs: this.#context.now(),
    });
    // A clip that was stopped, or could not be fetched the first time, gets another chance when somebody asks for it.
    if (event.mentioned)
      for (const share of shares) if (share.state === "stopped" && !share.refusedBy) await this.#watchAgain(share);
    this.#answer(record);
  }

  async stopPressed({ tenantId, stopId }: Pressed & { readonly stopId: string }): Promise<void> {
    const record = await this.#context.ledger.read(tenantId, stopId);
    if (!record || hasEnded(record)) return;
    if (record.jobId && (await this.#context.queue.cancel(record.jobId))) return;
    // Not handed in yet: the run itself is stopped, and the record with it.
    await this.#runs.stop(record.id);
    const stopped =
      record.type === "share"
        ? await updateShare(this.#context, record, { state: "stopped" })
        : await updateInquiry(this.#context, record, { state: "stopped", question: "" });
    if (!stopped) return;
    const message = stopped.type === "share" ? stopped.statusMessage : stopped.answerMessage;
    const notice = stopped.type === "share" ? stoppedNotice(stopped) : answerStoppedNotice;
    if (message) await unlessGone(this.#context.platform(stopped.platform).edit(tenantId, message, notice));
  }

  async choicePressed({ tenantId, by, choiceId }: Pressed & { readonly choiceId: string }): Promise<void> {
    const [, choice, shareId] = /^(agree|refuse):(.+)$/.exec(choiceId) ?? [];
    const share = shareId ? await this.#context.ledger.read(tenantId, shareId) : undefined;
    if (share?.type !== "share" || !share.awaitingConsentOf?.includes(by)) return;
    if (choice === "refuse") {
      await updateShare(this.#context, share, { state: "stopped", refusedBy: by, awaitingConsentOf: [] });
      // Whoever has asked already is told that there is no clip to ask about.
      this.#context.askable.open(share.id);
      await this.#say(share, refusedNotice(share), "refused");
      return;
    }
    const left = share.awaitingConsentOf.filter((person) => person !== by);
    const agreed = await updateShare(this.#context, share, { awaitingConsentOf: left });
    if (agreed && left.length === 0) this.#drive(agreed);
  }

  async feedbackGiven(event: Pressed & { readonly inquiryId: string; readonly helpful: boolean }): Promise<void> {
    const { tenantId, inquiryId: id, helpful } = event;
    const kept = await updateInquiry(this.#context, { tenantId, id }, { helpful });
    if (kept) this.#context.log.info({ inquiry: id, helpful }, "an answer was judged");
  }

  async sourceRemoved(event: SourceRemoved): Promise<void> {
    const { tenantId, platform, channelId, threadId, fileId, messageIds } = event;
    const facets = {
      platform,
      ...(channelId && { channelId }),
      ...(threadId && { threadId }),
      ...(fileId && { fileId }),
    };
    const filters = messageIds ? messageIds.map((messageId) => ({ ...facets, messageId })) : [facets];
    for (const filter of filters) {
      for (const record of await this.#context.ledger.find(tenantId, filter)) {
        if (record.type === "share") await this.#wipe(record, { tell: channelId === undefined || !!messageIds });
        else await this.#withdraw(record);
      }
    }
  }

  async tenantRemoved(platform: PlatformName, tenantId: TenantId): Promise<void> {
    await this.sourceRemoved({ tenantId, platform });
    await this.#context.ledger.removeTenant(tenantId);
  }

  async showMoments(event: Pressed & { readonly thread: InquiryRecord["thread"] }): Promise<void> {
    const { by, ...rest } = event;
    const questionId = `moments/${this.#context.now()}/${by}`;
    await this.questionAsked({ ...rest, questionId, askedBy: by, question: MOMENTS_QUESTION, mentioned: true });
  }

  async forget(event: Pressed & { readonly thread?: InquiryRecord["thread"]; readonly shareId?: string }) {
    const { tenantId, platform, by, thread, shareId } = event;
    const named = shareId ? await this.#context.ledger.read(tenantId, shareId) : undefined;
    const shares =
      named?.type === "share" ? [named] : thread ? await sharesIn(this.#context, { tenantId, platform, thread }) : [];
    return this.#forgetSeen(shares, by);
  }

  async remembered({ tenantId, platform, by }: Pressed): Promise<readonly RememberedClip[]> {
    const memories = await this.#context.stores.memories.list(tenantId);
    const seen: RememberedClip[] = [];
    for (const share of await this.#seenBy(await this.#sharesOf(tenantId, platform), by)) {
      const memory = memories.find(({ key }) => key.clipId === share.clipId);
      if (!memory) continue;
      seen.push({ share, durationSeconds: memory.info.durationSeconds, sizeBytes: memory.sizeBytes });
    }
    return seen.reverse();
  }

  async forgetAll({ tenantId, platform, by }: Pressed): Promise<readonly ForgetReceipt[]> {
    return this.#forgetSeen(await this.#sharesOf(tenantId, platform), by);
  }

  async readSettings(tenantId: TenantId, platform: PlatformName, channelId?: string): Promise<Required<ChatSettings>> {
    const { ledger } = this.#context;
    const whole = await ledger.readSettings(tenantId, platform);
    const here = channelId === undefined ? {} : await ledger.readSettings(tenantId, platform, channelId);
    return { ...DEFAULT_CHAT_SETTINGS, ...whole, ...here };
  }

  async writeSettings(
    tenantId: TenantId,
    platform: PlatformName,
    channelId: string | undefined,
    settings: ChatSettings,
  ): Promise<void> {
    const before = await this.#context.ledger.readSettings(tenantId, platform, channelId);
    await this.#context.ledger.writeSettings(tenantId, platform, channelId, { ...before, ...settings });
  }

  /** Wipes what the platforms do not have any more. One question a clip; platforms wait for their own limits. */
  async sweep(signal: AbortSignal): Promise<void> {
    for (const tenantId of await this.#context.ledger.tenants()) {
      for (const [name, platform] of this.#platforms) {
        for (const share of await this.#sharesOf(tenantId, name)) {
          signal.throwIfAborted();
          if ((await platform.canSee(tenantId, share.source)) === "gone") await this.#wipe(share, { tell: true });
        }
      }
    }
  }

  /** Resolves once nothing is under way. */
  idle(): Promise<void> {
    return this.#runs.idle();
  }

  /** Leaves everything that is under way as it is in the ledger; the next `start` goes on. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await this.#runs.close();
  }

  #drive(share: ShareRecord): void {
    if (!hasEnded(share)) this.#runs.start(share.id, (signal) => driveShare(this.#context, share, signal));
  }

  #answer(inquiry: InquiryRecord): void {
    if (hasEnded(inquiry)) return;
    const hooks = {
      forget: (share: ShareRecord) => this.#wipe(share, { tell: true }),
      watchAgain: (share: ShareRecord) => this.#watchAgain(share),
    };
    this.#runs.start(inquiry.id, (signal) => driveInquiry(this.#context, inquiry, hooks, signal));
  }

  /** From the start, for a clip whose memory is missing: its bytes may be gone too. */
  async #watchAgain(share: ShareRecord): Promise<void> {
    const again = await updateShare(this.#context, share, { state: "received" });
    if (again) this.#drive(again);
  }

  /** Its thread is known once the share is greeted. */
  #askWithTheClip(share: ShareRecord, asked: PendingQuestion): void {
    const { tenantId, platform } = share;
    this.#runs.start(`${share.id}/${asked.questionId}`, async (signal) => {
      if (!hasEnded(share)) await this.#context.askable.wait(share.id, signal);
      const current = await this.#context.ledger.read(tenantId, share.id);
      // Why it was not watched has been said in the thread.
      if (current?.type !== "share" || !current.thread || current.state === "failed") return;
      await this.questionAsked({ tenantId, platform, thread: current.thread, mentioned: true, ...asked });
      await updateShare(this.#context, share, { pendingQuestion: undefined });
    });
  }

  async #askForConsent(share: ShareRecord, participants: readonly string[]): Promise<void> {
    await this.#say(share, waitingForConsentNotice(share, participants), "consent");
  }

  async #say(share: ShareRecord, notice: ReturnType<typeof refusedNotice>, what: string): Promise<void> {
    const platform = this.#context.platform(share.platform);
    const { tenantId, source, title } = share;
    const thread = share.thread ?? (await platform.openThread(tenantId, source.message, title));
    await updateShare(this.#context, share, { thread });
    await unlessGone(platform.post(tenantId, thread, notice, `${share.id}/${what}`));
  }

  /** The question was deleted: so is its answer. */
  async #withdraw(inquiry: InquiryRecord): Promise<void> {
    await this.#context.ledger.remove(inquiry.tenantId, inquiry.id);
    await this.#runs.stop(inquiry.id);
    if (inquiry.jobId) await this.#context.queue.cancel(inquiry.jobId);
    if (!inquiry.answerMessage) return;
    await unlessGone(this.#context.platform(inquiry.platform).remove(inquiry.tenantId, inquiry.answerMessage));
  }

  async #wipe(share: ShareRecord, { tell }: { readonly tell: boolean }): Promise<void> {
    await this.#wiped(share, tell);
  }

  async #wiped(share: ShareRecord, tell: boolean): Promise<ForgetReceipt | undefined> {
    const current = (await this.#context.ledger.read(share.tenantId, share.id)) as ShareRecord | undefined;
    const receipt = await wipeShare(this.#context, this.#runs, share, { takeBack: tell });
    const status = current?.statusMessage;
    if (tell && status) {
      const notice = forgottenNotice(share.title, receipt);
      await unlessGone(this.#context.platform(share.platform).edit(share.tenantId, status, notice));
    }
    return receipt;
  }

  async #forgetSeen(shares: readonly ShareRecord[], by: string): Promise<readonly ForgetReceipt[]> {
    const receipts: ForgetReceipt[] = [];
    for (const share of await this.#seenBy(shares, by)) {
      const receipt = await this.#wiped(share, true);
      if (receipt) receipts.push(receipt);
    }
    return receipts;
  }

  async #seenBy(shares: readonly ShareRecord[], by: string): Promise<ShareRecord[]> {
    const seen: ShareRecord[] = [];
    for (const share of shares) {
      const platform = this.#context.platform(share.platform);
      if ((await platform.canSee(share.tenantId, share.source, by)) === "yes") seen.push(share);
    }
    return seen;
  }

  async #sharesOf(tenantId: TenantId, platform: PlatformName): Promise<readonly ShareRecord[]> {
    return (await this.#context.ledger.find(tenantId, { type: "share", platform })) as readonly ShareRecord[];
  }
}

function questionOf({ question, asked, source, sharedBy }: ClipShared): PendingQuestion | undefined {
  if (!question) return undefined;
  return asked
    ? { question, ...asked }
    : { question, questionId: source.message.messageId, askedBy: sharedBy, message: source.message };
}

const idOf = (...parts: readonly string[]): string =>
  `${parts[0]}-${createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 24)}`;
