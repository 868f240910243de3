/** `/forget`: the clips of the thread; elsewhere, or with `choose`, a list to choose from. */
import { type APIChatInputApplicationCommandInteraction, ApplicationCommandOptionType } from "discord.js";
import { noticeView } from "../../views/notice-view.ts";
import { rememberedView } from "../../views/remembered-view.ts";
import { WORDS } from "../../words.ts";
import type { Handle } from "../interaction-created.ts";
import { optionOf } from "../options.ts";
import { isConversation, placeOf, senderOf } from "../person.ts";
import { defer, finish } from "../respond.ts";

export const forget: Handle<APIChatInputApplicationCommandInteraction> = async (context, interaction) => {
  await defer(context, interaction, { quietly: true });
  const choose = optionOf(interaction, "choose", ApplicationCommandOptionType.Boolean) ?? false;
  return async () => {
    const sender = senderOf(interaction);
    const thread = await placeOf(context, interaction);
    if (choose || !isConversation(interaction, thread)) {
      await finish(context, interaction, rememberedView(await context.desk.remembered(sender)));
      return;
    }
    const receipts = await context.desk.forget({ ...sender, thread });
    const text = receipts.length === 0 ? WORDS.nothingForgotten : WORDS.forgotten(receipts.length);
    await finish(context, interaction, noticeView({ kind: "notice", tone: "info", text }));
  };
};
