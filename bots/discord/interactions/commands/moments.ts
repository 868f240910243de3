/** `/moments`: the desk posts them into the thread. */
import type { APIChatInputApplicationCommandInteraction } from "discord.js";
import { noticeView } from "../../views/notice-view.ts";
import { WORDS } from "../../words.ts";
import type { Handle } from "../interaction-created.ts";
import { isConversation, placeOf, senderOf } from "../person.ts";
import { reply } from "../respond.ts";

export const moments: Handle<APIChatInputApplicationCommandInteraction> = async (context, interaction) => {
  const thread = await placeOf(context, interaction);
  const here = isConversation(interaction, thread);
  const text = here ? WORDS.momentsTaken : WORDS.momentsWhere;
  await reply(context, interaction, noticeView({ kind: "notice", tone: "info", text }), { quietly: true });
  return here ? () => context.desk.showMoments({ ...senderOf(interaction), thread }) : undefined;
};
