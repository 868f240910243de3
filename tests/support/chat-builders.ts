/** Records of conversations, with what a test says about them and sensible words for the rest. */
import type { InquiryRecord, ShareRecord } from "../../core/index.ts";
import { TENANT } from "./memory-builders.ts";

export const aShare = (id: string, facts: Partial<ShareRecord> = {}): ShareRecord => ({
  type: "share",
  tenantId: TENANT,
  id,
  platform: "slack",
  source: { type: "file", fileId: `F-${id}`, message: { channelId: "C1", messageId: `m-${id}` } },
  title: "meadow.mp4",
  sharedBy: "alice",
  state: "received",
  createdAtMs: 1_000,
  ...facts,
});

export const anInquiry = (id: string, facts: Partial<InquiryRecord> = {}): InquiryRecord => ({
  type: "inquiry",
  tenantId: TENANT,
  id,
  platform: "slack",
  thread: { channelId: "C1", threadId: "t1" },
  message: { channelId: "C1", threadId: "t1", messageId: `m-${id}` },
  askedBy: "alice",
  question: "when does the dog bark?",
  state: "received",
  createdAtMs: 2_000,
  ...facts,
});
