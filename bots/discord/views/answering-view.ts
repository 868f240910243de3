/** An answer while it is made. */
import type { AnsweringMessage } from "../../chat/chat-message.ts";
import { customId } from "../custom-id.ts";
import { WORDS } from "../words.ts";
import { LIMITS, plainCut } from "./limits.ts";
import { button, framed, quoted, row, text, type View } from "./view.ts";

export const answeringView = (message: AnsweringMessage): View =>
  framed("working", [
    quoted(message.quote),
    text(plainCut(message.text.trim() || "…", LIMITS.text - 600)),
    row(button(WORDS.stop, customId("stop", message.stopId))),
  ]);
