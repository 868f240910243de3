/** A choice under a notice, e.g. whether somebody in a clip agrees that it is watched. */
import type { APIMessageComponentInteraction } from "discord.js";
import { noticeView } from "../../views/notice-view.ts";
import { WORDS } from "../../words.ts";
import type { Handle } from "../interaction-created.ts";
import { senderOf } from "../person.ts";
import { reply } from "../respond.ts";

export const chosen: Handle<APIMessageComponentInteraction> = async (context, interaction, about) => {
  const view = noticeView({ kind: "notice", tone: "info", text: WORDS.choiceNoted });
  await reply(context, interaction, view, { quietly: true });
  return () => context.desk.choicePressed({ ...senderOf(interaction), choiceId: about.join("|") });
};
