/**
 * Where conversations live. Called by core/ask-thread.ts; implemented in memory/.
 * Suite: tests/contract/thread-store.suite.ts.
 */
import type { ClipId, TenantId } from "../clip.ts";
import type { Thread, Turn } from "../conversation.ts";

export interface ThreadStore {
  read(tenantId: TenantId, threadId: string): Promise<Thread | undefined>;
  /** Appends a turn and remembers the clip it was about. Creates the thread when it is new. */
  appendTurn(tenantId: TenantId, threadId: string, turn: Turn): Promise<void>;
  delete(tenantId: TenantId, threadId: string): Promise<boolean>;
  /** Removes every turn about this clip, in every thread of the tenant; returns how many were removed. */
  forgetClip(tenantId: TenantId, clipId: ClipId): Promise<number>;
  close(): Promise<void>;
}
