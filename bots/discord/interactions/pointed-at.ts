/**
 * Messages handed over by the command "Ask about this clip". Its form brings back only the message's id, and without the
 * message-content intent the message could not be read again. Kept in this process for a while, never stored.
 */
import type { APIMessage } from "discord.js";

/** More than are ever filled in at once. */
const MAX_KEPT = 500;

export class PointedAt {
  readonly #messages = new Map<string, APIMessage>();

  keep(message: APIMessage): void {
    if (this.#messages.size >= MAX_KEPT) this.#messages.delete(this.#messages.keys().next().value as string);
    this.#messages.set(message.id, message);
  }

  get(messageId: string): APIMessage | undefined {
    return this.#messages.get(messageId);
  }
}
