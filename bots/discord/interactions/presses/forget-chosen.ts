/** Clips were chosen from the list of `/forget`. */
import type { APIMessageComponentInteraction } from "discord.js";
import { noticeView } from "../../views/notice-view.ts";
import { WORDS } from "../../words.ts";
import type { Handle } from "../interaction-created.ts";
import { senderOf } from "../person.ts";
import { acknowledge, finish } from "../respond.ts";

export const forgetChosen: Handle<APIMessageComponentInteraction> = async (context, interaction) => {
  await acknowledge(context, interaction);
  const shareIds = "values" in interaction.data ? interaction.data.values : [];
  return async () => {
    const sender = senderOf(interaction);
    let forgotten = 0;
    for (const shareId of shareIds) forgotten += (await context.desk.forget({ ...sender, shareId })).length;
    const text = forgotten === 0 ? WORDS.nothingForgotten : WORDS.forgotten(forgotten);
    await finish(context, interaction, noticeView({ kind: "notice", tone: "info", text }));
  };
};
