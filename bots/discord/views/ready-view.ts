/** A clip has been watched: what to ask, as buttons. */
import { ButtonStyle } from "discord.js";
import type { ReadyMessage } from "../../chat/chat-message.ts";
import { customId } from "../custom-id.ts";
import { WORDS } from "../words.ts";
import { LIMITS, plain, plainCut } from "./limits.ts";
import type { ViewOptions } from "./message-view.ts";
import { button, footnote, framed, rows, text, type View } from "./view.ts";

export function readyView(message: ReadyMessage, options: Pick<ViewOptions, "readsEverything">): View {
  // The label is the question: one that does not fit whole would be asked cut.
  const asButtons = message.suggestions.filter(
    (question) => question.length <= LIMITS.buttonLabel && question.trim() !== "",
  );
  return framed("found", [
    text(plainCut(message.text, 2500)),
    message.warnings.length === 0
      ? undefined
      : text(plainCut(message.warnings.map((warning) => `⚠ ${warning}`).join("\n"), 1000)),
    ...rows(
      asButtons.map((question, index) =>
        button(question, customId("ask", message.shareId, String(index)), ButtonStyle.Primary),
      ),
    ),
    options.readsEverything ? undefined : footnote(plain(WORDS.mentionMe)),
  ]);
}
