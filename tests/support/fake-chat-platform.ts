/** A chat platform in memory: channels, threads and messages in a list, posts idempotent by key as the port asks. */
import { copyFile } from "node:fs/promises";
import type { ChatMessage } from "../../bots/chat/chat-message.ts";
import type { AnswerStream, ChatPlatform } from "../../bots/chat/chat-platform.ts";
import { type ChatPlace, type ClipSource, DomainError, type MessageRef, type TenantId } from "../../core/index.ts";

export interface PostedMessage {
  readonly ref: MessageRef;
  readonly key: string;
  /** Every state that people saw, oldest first. */
  readonly states: ChatMessage[];
}

export class FakeChatPlatform implements ChatPlatform {
  readonly name = "slack" as const;
  readonly editEveryMs: number = 0;
  readonly posted: PostedMessage[] = [];
  readonly marks: (readonly [messageId: string, mark: string])[] = [];
  downloads = 0;
  /** The file that every source holds. */
  clipPath: string;
  /** Throw here to let a call fail. */
  before: (
    call: "post" | "edit" | "download" | "answer" | "finish",
    /** Of a download: aborted when nobody wants it any more. */
    signal?: AbortSignal,
  ) => void | Promise<void> = () => {};
  see: (source: ClipSource, userId?: string) => "yes" | "no" | "gone" = () => "yes";

  constructor(clipPath: string) {
    this.clipPath = clipPath;
  }

  /** The last state of each message of a thread. */
  said(place?: ChatPlace): ChatMessage[] {
    return this.posted
      .filter(({ ref }) => !place || ref.threadId === place.threadId)
      .map(({ states }) => states.at(-1) as ChatMessage);
  }

  /** All words that people ever saw. */
  words(): string[] {
    return this.posted.flatMap(({ states }) => states.map(({ text }) => text));
  }

  async mark(message: MessageRef, mark: "seen" | "ready" | "failed"): Promise<void> {
    this.marks.push([message.messageId, mark]);
  }

  async openThread(_tenantId: TenantId, message: MessageRef): Promise<ChatPlace> {
    return { channelId: message.channelId, threadId: message.threadId ?? message.messageId };
  }

  async post(_tenantId: TenantId, place: ChatPlace, message: ChatMessage, key: string): Promise<MessageRef> {
    await this.before("post");
    const there = this.posted.find((posted) => posted.key === key);
    if (there) return there.ref;
    const ref = { ...place, messageId: `bot-${this.posted.length + 1}` };
    this.posted.push({ ref, key, states: [message] });
    return ref;
  }

  async edit(_tenantId: TenantId, ref: MessageRef, message: ChatMessage): Promise<void> {
    await this.before("edit");
    const there = this.posted.find((posted) => posted.ref.messageId === ref.messageId);
    if (!there) throw new DomainError("source.gone", "no such message");
    there.states.push(message);
  }

  async remove(_tenantId: TenantId, ref: MessageRef): Promise<void> {
    const at = this.posted.findIndex((posted) => posted.ref.messageId === ref.messageId);
    if (at >= 0) this.posted.splice(at, 1);
  }

  async answer(
    tenantId: TenantId,
    place: ChatPlace,
    _askedBy: string,
    message: ChatMessage,
    key: string,
  ): Promise<AnswerStream> {
    await this.before("answer");
    const ref = await this.post(tenantId, place, message, key);
    const show = (next: ChatMessage) => this.posted.find((posted) => posted.key === key)?.states.push(next);
    return {
      message: ref,
      show,
      finish: async (last) => {
        await this.before("finish");
        await this.edit(tenantId, ref, last);
      },
    };
  }

  async download(
    _tenantId: TenantId,
    _source: ClipSource,
    toPath: string,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<void> {
    this.downloads += 1;
    await this.before("download", signal);
    signal.throwIfAborted();
    await copyFile(this.clipPath, toPath);
  }

  async canSee(_tenantId: TenantId, source: ClipSource, userId?: string): Promise<"yes" | "no" | "gone"> {
    return this.see(source, userId);
  }
}
