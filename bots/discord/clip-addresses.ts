/**
 * Addresses of attachments, for as long as they are good: learned from events, asked for again by fetching the message.
 * They live in this process only. Without the message-content intent an address that came with a command is the only
 * one there will be, because messages that do not mention the bot are read without their attachments.
 */
import { type APIMessage, type REST, Routes } from "discord.js";
import { type ClipSource, DomainError, type MessageRef } from "../../core/index.ts";
import { type ClipAttachment, clipsIn, mentions } from "./clip-sources.ts";
import { asking } from "./discord-errors.ts";
import { channelOf } from "./places.ts";
import { isYoung } from "./young-message.ts";

type FileSource = Extract<ClipSource, { type: "file" }>;

export type Found =
  | { readonly found: "clip"; readonly clip: ClipAttachment }
  /** The message is there, but not the file. */
  | { readonly found: "removed" }
  /** The message is there, but its files are hidden from a bot without the intent. */
  | { readonly found: "hidden" };

/** An hour less than Discord signs them for. */
const GOOD_FOR_MS = 23 * 3600 * 1000;
const MAX_KNOWN = 5_000;

export interface ClipAddressesDeps {
  readonly rest: Pick<REST, "get">;
  readonly me: () => string;
  readonly readsEverything: () => boolean;
  /** Wall time, ms. */
  readonly now: () => number;
}

export class ClipAddresses {
  readonly #deps: ClipAddressesDeps;
  readonly #known = new Map<string, { readonly clip: ClipAttachment; readonly messageId: string; atMs: number }>();

  constructor(deps: ClipAddressesDeps) {
    this.#deps = deps;
  }

  learn(messageId: string, clip: ClipAttachment): void {
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.keys().next().value as string);
    this.#known.set(clip.attachmentId, { clip, messageId, atMs: this.#deps.now() });
  }

  /** The attachments of this message that were seen, and are not forgotten. */
  seenIn(messageId: string): string[] {
    return [...this.#known].filter(([, known]) => known.messageId === messageId).map(([id]) => id);
  }

  forget(attachmentId: string): void {
    this.#known.delete(attachmentId);
  }

  known(source: FileSource): ClipAttachment | undefined {
    const known = this.#known.get(source.fileId);
    return known && this.#deps.now() - known.atMs < GOOD_FOR_MS ? known.clip : undefined;
  }

  /** Fetches the message. @throws DomainError `source.gone`, `source.no_access`, `source.unreachable` */
  async fetch(source: FileSource): Promise<Found> {
    const message = await this.fetchMessage(source.message);
    const clip = clipsIn(message).find((one) => one.attachmentId === source.fileId);
    if (clip) {
      this.learn(message.id, clip);
      return { found: "clip", clip };
    }
    return this.isReadable(message) ? { found: "removed" } : { found: "hidden" };
  }

  /** @throws DomainError `source.gone`, `source.no_access`, `source.unreachable` */
  async fetchMessage(ref: MessageRef): Promise<APIMessage> {
    const route = Routes.channelMessage(channelOf(ref), ref.messageId);
    return (await asking(() => this.#deps.rest.get(route))) as APIMessage;
  }

  /** Whether what is missing in this message is really missing (docs.discord.com: "Message Content Intent", exceptions). */
  isReadable(message: APIMessage): boolean {
    const me = this.#deps.me();
    return (
      this.#deps.readsEverything() ||
      message.author.id === me ||
      mentions(message, me) ||
      message.content !== "" ||
      message.attachments.length > 0
    );
  }

  /** @throws DomainError `source.gone`, `source.no_access`, `source.unreachable` */
  async addressOf(source: FileSource, fresh: boolean): Promise<ClipAttachment> {
    const known = fresh ? undefined : this.known(source);
    if (known) return known;
    const found = await this.fetch(source);
    if (found.found === "clip") return found.clip;
    if (found.found === "removed" && isYoung(source.message.messageId, this.#deps.now())) {
      throw new DomainError("source.unreachable", "the message does not show the file yet");
    }
    if (found.found === "removed") throw new DomainError("source.gone", "the attachment was removed from its message");
    throw new DomainError("source.no_access", "attachments are hidden without the message-content intent", {
      details: { problem: "message content is off, so share it again and mention me with it" },
    });
  }
}
