/** The form of "Ask about this clip" comes back: the clip is watched, and the question asked when there is one. */
import { type APIModalSubmitInteraction, ComponentType, type ModalSubmitComponent } from "discord.js";
import { askedWith, readMessage } from "../../incoming-message.ts";
import { noticeView } from "../../views/notice-view.ts";
import { WORDS } from "../../words.ts";
import type { Handle } from "../interaction-created.ts";
import { placeOf, senderOf } from "../person.ts";
import { reply } from "../respond.ts";

export const questionForm: Handle<APIModalSubmitInteraction> = async (context, interaction, [messageId = ""]) => {
  const question = textOf(interaction).trim();
  const view = noticeView({ kind: "notice", tone: "info", text: question ? WORDS.questionTaken : WORDS.clipTaken });
  await reply(context, interaction, view, { quietly: true });

  return async () => {
    const ref = { ...(await placeOf(context, interaction)), messageId };
    const message = context.pointedAt.get(messageId) ?? (await context.addresses.fetchMessage(ref));
    const { tenantId, by } = senderOf(interaction);
    const { shared, clips } = readMessage(message, { tenantId, ref, me: context.me(), askedTo: true });
    for (const clip of clips) context.addresses.learn(messageId, clip);
    for (const event of askedWith(shared, question, { questionId: interaction.id, askedBy: by })) {
      await context.desk.clipShared(event);
    }
  };
};

/** The only field, in a label; in a row as forms had it before. */
function textOf(interaction: APIModalSubmitInteraction): string {
  for (const part of interaction.data.components) {
    const fields: readonly ModalSubmitComponent[] =
      part.type === ComponentType.Label ? [part.component] : "components" in part ? part.components : [];
    for (const field of fields) if (field.type === ComponentType.TextInput) return field.value;
  }
  return "";
}
