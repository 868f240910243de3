/**
 * What a platform may ask of the desk. Implemented by chat-desk.ts; platforms are handed it, tests hand them a fake.
 *
 * Every method is safe to call twice with the same event and resolves once the event cannot be lost any more (it is in the
 * ledger), not when the work is done: a platform acknowledges first, or right after.
 */
import type { ChatPlace, ChatSettings, ForgetReceipt, PlatformName, ShareRecord, TenantId } from "../../core/index.ts";
import type { ClipShared, QuestionAsked, SourceRemoved } from "./chat-platform.ts";

/** Somebody pressed a button of a message that the desk posted. */
export interface Pressed {
  readonly tenantId: TenantId;
  readonly platform: PlatformName;
  readonly by: string;
}

export interface RememberedClip {
  readonly share: ShareRecord;
  readonly durationSeconds: number;
  readonly sizeBytes: number;
}

export interface Desk {
  clipShared(event: ClipShared): Promise<void>;
  /** Suggested questions on buttons come here as well. Not about a clip that we know: ignored, unless mentioned. */
  questionAsked(event: QuestionAsked): Promise<void>;
  /** `stopId` as the message said it. */
  stopPressed(event: Pressed & { readonly stopId: string }): Promise<void>;
  choicePressed(event: Pressed & { readonly choiceId: string }): Promise<void>;
  feedbackGiven(event: Pressed & { readonly inquiryId: string; readonly helpful: boolean }): Promise<void>;
  /** Deleted messages and files, left channels. */
  sourceRemoved(event: SourceRemoved): Promise<void>;
  /** The app was uninstalled, the server left: everything of the tenant goes. */
  tenantRemoved(platform: PlatformName, tenantId: TenantId): Promise<void>;
  /** Posts the clip's moments into the thread. */
  showMoments(event: Pressed & { readonly thread: ChatPlace }): Promise<void>;
  /** Forgets the clips of a thread, or one share; only where `by` may see them. The receipts are also posted there. */
  forget(
    event: Pressed & { readonly thread?: ChatPlace; readonly shareId?: string },
  ): Promise<readonly ForgetReceipt[]>;
  /** What is remembered that this person may see, newest first. */
  remembered(event: Pressed): Promise<readonly RememberedClip[]>;
  /** Forgets all of `remembered`. */
  forgetAll(event: Pressed): Promise<readonly ForgetReceipt[]>;
  readSettings(tenantId: TenantId, platform: PlatformName, channelId?: string): Promise<Required<ChatSettings>>;
  writeSettings(
    tenantId: TenantId,
    platform: PlatformName,
    channelId: string | undefined,
    settings: ChatSettings,
  ): Promise<void>;
}
