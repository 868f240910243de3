/** "Forget all" under the list of `/forget`. */
import type { APIMessageComponentInteraction } from "discord.js";
import { noticeView } from "../../views/notice-view.ts";
import { WORDS } from "../../words.ts";
import type { Handle } from "../interaction-created.ts";
import { senderOf } from "../person.ts";
import { acknowledge, finish } from "../respond.ts";

export const forgetAll: Handle<APIMessageComponentInteraction> = async (context, interaction) => {
  await acknowledge(context, interaction);
  return async () => {
    const receipts = await context.desk.forgetAll(senderOf(interaction));
    const text = receipts.length === 0 ? WORDS.nothingForgotten : WORDS.forgotten(receipts.length);
    await finish(context, interaction, noticeView({ kind: "notice", tone: "info", text }));
  };
};
