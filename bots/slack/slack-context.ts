/** What the listeners share. */
import type { Logger } from "pino";
import type { ChatLedger, ChatPlace, TenantId } from "../../core/index.ts";
import type { Desk } from "../chat/desk.ts";
import type { SlackCalls } from "./slack-calls.ts";
import type { SlackFiles } from "./slack-files.ts";
import type { SlackPlatform } from "./slack-platform.ts";

export interface SlackContext {
  readonly tenantId: TenantId;
  readonly botUserId: string;
  readonly desk: Desk;
  readonly ledger: Pick<ChatLedger, "claim" | "find">;
  readonly platform: SlackPlatform;
  readonly calls: SlackCalls;
  readonly files: SlackFiles;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  /** Between two looks at a file whose channel is not listed yet, in ms. */
  readonly fileWaitMs: number;
}

/** An event may come again for 5 minutes and more; three times that, and nothing that was done is done again. */
export const CLAIM_MS = 15 * 60_000;

/** Where to answer a message outside a thread: under it. */
export const threadOf = ({ channelId, threadId, messageId }: ChatPlace & { messageId: string }): ChatPlace => ({
  channelId,
  threadId: threadId ?? messageId,
});
