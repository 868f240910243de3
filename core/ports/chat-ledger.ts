/**
 * The durable memory of conversations on chat platforms. Called by bots/chat/; implemented in memory/ (embedded and Redis).
 * Suite: tests/contract/chat-ledger.suite.ts. Nothing here is needed to answer from memory; losing it loses only which
 * message belongs to what.
 */
import type { ChatRecord, ChatSettings, InquiryRecord, PlatformName, ShareRecord } from "../chat.ts";
import type { ClipId, TenantId } from "../clip.ts";

/** Every field that is given must match. Message, file and thread ids are unique within a platform's channel. */
export interface ChatRecordFilter {
  readonly platform?: PlatformName;
  readonly type?: ChatRecord["type"];
  readonly channelId?: string;
  /** Thread that it is talked about in. */
  readonly threadId?: string;
  /** The message that shared or asked. */
  readonly messageId?: string;
  /** Slack file id, Discord attachment id. */
  readonly fileId?: string;
  readonly clipId?: ClipId;
  /** Only what has not ended. */
  readonly unfinished?: boolean;
}

export interface ChatLedger {
  /** True for the first caller only, in all processes, until `ttlMs` has passed: dedupes platform events. */
  claim(tenantId: TenantId, what: string, ttlMs: number): Promise<boolean>;
  /** Creates the record unless there is one with this id; returns the one that is kept, and whether it is new. */
  create<R extends ChatRecord>(record: R): Promise<{ readonly record: R; readonly created: boolean }>;
  read(tenantId: TenantId, id: string): Promise<ChatRecord | undefined>;
  /** Replaces fields of a record. `undefined` when it has been removed meanwhile: it does not come back. */
  update(
    tenantId: TenantId,
    id: string,
    change: Partial<ShareRecord> | Partial<InquiryRecord>,
  ): Promise<ChatRecord | undefined>;
  /** Oldest first. */
  find(tenantId: TenantId, filter: ChatRecordFilter): Promise<readonly ChatRecord[]>;
  remove(tenantId: TenantId, id: string): Promise<boolean>;
  /** Tenants that have any record or setting: a bot takes up their unfinished records when it starts. */
  tenants(): Promise<readonly TenantId[]>;
  /** Settings of a channel (`channelId`), or of the whole workspace or server (without). */
  readSettings(tenantId: TenantId, platform: PlatformName, channelId?: string): Promise<ChatSettings>;
  writeSettings(
    tenantId: TenantId,
    platform: PlatformName,
    channelId: string | undefined,
    settings: ChatSettings,
  ): Promise<void>;
  /** Removes everything of the tenant: the app was uninstalled, the bot left the server. */
  removeTenant(tenantId: TenantId): Promise<void>;
  close(): Promise<void>;
}
