/** The moments of a clip, each with the button that opens it. */
import { type APIComponentInContainer, ComponentType } from "discord.js";
import type { MomentsMessage } from "../../chat/chat-message.ts";
import { clockTime } from "../../time-text.ts";
import { WORDS } from "../words.ts";
import { isButton } from "./answer-view.ts";
import { LIMITS, plain, plainCut } from "./limits.ts";
import type { ViewOptions } from "./message-view.ts";
import { footnote, framed, linkButton, text, type View } from "./view.ts";

/** A section is three components (itself, its text, its button); the frame, the head and the foot are three more. */
const MOST_MOMENTS = Math.floor((LIMITS.components - 3) / 3);

export function momentsView(message: MomentsMessage, options: Pick<ViewOptions, "links">): View {
  const shown = message.moments.slice(0, MOST_MOMENTS);
  const left = message.moments.length - shown.length;
  return framed("info", [
    text(plainCut(message.text, 600)),
    ...shown.map((moment): APIComponentInContainer => {
      // 12 moments, the head and the foot share the message's 4,000 characters.
      const line = text(`**${plain(moment.label)}** ${plainCut(moment.what, 200)}`);
      return options.links === "buttons" && isButton(moment)
        ? {
            type: ComponentType.Section,
            components: [line],
            accessory: linkButton(`▶ ${clockTime(moment.startSeconds)}`, moment.url),
          }
        : line;
    }),
    left > 0 ? footnote(WORDS.more(left)) : undefined,
  ]);
}
