/** One or two sentences, perhaps with a choice. */
import { ButtonStyle } from "discord.js";
import type { NoticeMessage } from "../../chat/chat-message.ts";
import { customId } from "../custom-id.ts";
import { LIMITS, plainCut } from "./limits.ts";
import { button, framed, rows, text, type View } from "./view.ts";

/** As many as fit beside the text, at 23 characters each. */
const MOST_MENTIONS = 20;

const STYLES = { primary: ButtonStyle.Primary, danger: ButtonStyle.Danger } as const;

export const noticeView = (message: NoticeMessage): View => ({
  ...framed(message.tone, [
    text([mentionsOf(message), plainCut(message.text, LIMITS.text - 500)].filter(Boolean).join(" ")),
    ...rows(
      (message.choices ?? []).map((choice) =>
        button(
          choice.label,
          customId("choice", choice.id),
          choice.style === undefined ? ButtonStyle.Secondary : STYLES[choice.style],
        ),
      ),
    ),
  ]),
  notify: (message.to ?? []).slice(0, MOST_MENTIONS),
});

const mentionsOf = ({ to = [] }: NoticeMessage): string =>
  to
    .slice(0, MOST_MENTIONS)
    .map((id) => `<@${id}>`)
    .join(" ");
