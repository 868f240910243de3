/** The message command "Ask about this clip": asks for the question in a form. The message comes with the command, intent or not. */
import { type APIMessageApplicationCommandInteraction, ComponentType, TextInputStyle } from "discord.js";
import { MAX_QUESTION_LENGTH } from "../../../../core/index.ts";
import { customId } from "../../custom-id.ts";
import { readMessage } from "../../incoming-message.ts";
import { noticeView } from "../../views/notice-view.ts";
import { WORDS } from "../../words.ts";
import type { Handle } from "../interaction-created.ts";
import { placeOf, senderOf } from "../person.ts";
import { openForm, reply } from "../respond.ts";

/** Discord's most for a text field. */
const MAX_FIELD_LENGTH = 4000;

export const askAboutThisClip: Handle<APIMessageApplicationCommandInteraction> = async (context, interaction) => {
  const message = interaction.data.resolved.messages[interaction.data.target_id];
  const ref = { ...(await placeOf(context, interaction)), messageId: interaction.data.target_id };
  const { tenantId } = senderOf(interaction);
  const found = message && readMessage(message, { tenantId, ref, me: context.me(), askedTo: true });
  if (!found || found.shared.length === 0) {
    const view = noticeView({ kind: "notice", tone: "problem", text: WORDS.noClipThere });
    await reply(context, interaction, view, { quietly: true });
    return undefined;
  }
  context.pointedAt.keep(message);
  await openForm(context, interaction, {
    custom_id: customId("question", message.id),
    title: WORDS.askAboutThisClip,
    components: [
      {
        type: ComponentType.Label,
        label: WORDS.yourQuestion,
        description: WORDS.yourQuestionHint,
        component: {
          type: ComponentType.TextInput,
          custom_id: "question",
          style: TextInputStyle.Paragraph,
          required: false,
          max_length: Math.min(MAX_QUESTION_LENGTH, MAX_FIELD_LENGTH),
        },
      },
    ],
  });
  return undefined;
};
