/** An answer that grows by edits of one message: for workspaces without streaming, and where a stream cannot go on. */
import type { MessageRef } from "../../core/index.ts";
import type { AnsweringMessage, ChatMessage } from "../chat/chat-message.ts";
import type { AnswerStream } from "../chat/chat-platform.ts";
import { PacedEdits } from "./paced-edits.ts";

export interface EditedAnswerDeps {
  /** Replaces what the message shows. */
  readonly edit: (ref: MessageRef, message: ChatMessage) => Promise<void>;
  /** What comes after the last state, e.g. the evidence frame. Safe to repeat. */
  readonly finished: (ref: MessageRef, message: ChatMessage) => Promise<void>;
  readonly editEveryMs: number;
}

export class EditedAnswer implements AnswerStream {
  readonly message: MessageRef;
  readonly #deps: EditedAnswerDeps;
  readonly #edits: PacedEdits<ChatMessage>;

  constructor(deps: EditedAnswerDeps, message: MessageRef) {
    this.#deps = deps;
    this.message = message;
    this.#edits = new PacedEdits((state) => deps.edit(message, state), deps.editEveryMs);
  }

  show(message: AnsweringMessage): void {
    // A state that was not shown is overtaken by the next one, at the latest by the last.
    void this.#edits.edit(message);
  }

  async finish(message: ChatMessage): Promise<void> {
    await this.#edits.editNow(message);
    await this.#deps.finished(this.message, message);
  }
}
