/** An answer that grows by edits of its message: at most one in `editEveryMs`, none while another is on its way, newest wins. */

import type { MessageRef } from "../../core/index.ts";
import type { AnsweringMessage, AnswerMessage, ChatMessage } from "../chat/chat-message.ts";
import type { AnswerStream } from "../chat/chat-platform.ts";

export interface GrowingMessageDeps {
  readonly edit: (message: ChatMessage) => Promise<void>;
  readonly editEveryMs: number;
  /** Wall time, ms. */
  readonly now: () => number;
  /** An edit on the way did not arrive; the next one, or the last, says the same and more. */
  readonly onMissed: (error: unknown) => void;
}

export function growingMessage(ref: MessageRef, deps: GrowingMessageDeps): AnswerStream {
  let next: AnsweringMessage | undefined;
  let editing: Promise<void> | undefined;
  let lastEditAtMs = deps.now();
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  const schedule = () => {
    if (ended || editing || timer || !next) return;
    timer = setTimeout(send, Math.max(0, lastEditAtMs + deps.editEveryMs - deps.now()));
  };
  const send = () => {
    timer = undefined;
    const message = next;
    next = undefined;
    if (ended || !message) return;
    editing = deps
      .edit(message)
      .catch(deps.onMissed)
      .finally(() => {
        editing = undefined;
        lastEditAtMs = deps.now();
        schedule();
      });
  };

  return {
    message: ref,
    show(message) {
      next = message;
      schedule();
    },
    async finish(message: AnswerMessage | ChatMessage) {
      ended = true;
      clearTimeout(timer);
      // Edits of one message may overtake each other: the last one waits for the one before.
      await editing;
      await deps.edit(message);
    },
  };
}
