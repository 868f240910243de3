/** What the desk says (bots/chat/chat-message.ts), drawn with Discord's components. A pure function. */
import type { ChatMessage } from "../../chat/chat-message.ts";
import { answerView } from "./answer-view.ts";
import { answeringView } from "./answering-view.ts";
import { momentsView } from "./moments-view.ts";
import { noticeView } from "./notice-view.ts";
import { progressView } from "./progress-view.ts";
import { readyView } from "./ready-view.ts";
import type { View } from "./view.ts";

export interface ViewOptions {
  /** Whether the bot reads messages that do not mention it: if not, people are told to mention it. */
  readonly readsEverything: boolean;
  /** Link buttons, unless Discord has refused the address (e.g. `http://localhost`): then links in the text. */
  readonly links: "buttons" | "text";
}

export function messageView(message: ChatMessage, options: ViewOptions): View {
  switch (message.kind) {
    case "progress":
      return progressView(message);
    case "ready":
      return readyView(message, options);
    case "answering":
      return answeringView(message);
    case "answer":
      return answerView(message, options);
    case "moments":
      return momentsView(message, options);
    case "notice":
      return noticeView(message);
  }
}
