/** A suggested question was pressed: its label is the question. */
import { type APIMessageComponentInteraction, ComponentType } from "discord.js";
import { noticeView } from "../../views/notice-view.ts";
import { WORDS } from "../../words.ts";
import type { Handle } from "../interaction-created.ts";
import { placeOf, senderOf } from "../person.ts";
import { acknowledge, reply } from "../respond.ts";

export const suggestion: Handle<APIMessageComponentInteraction> = async (context, interaction) => {
  const question = labelOf(interaction);
  if (question === undefined) {
    const view = noticeView({ kind: "notice", tone: "info", text: WORDS.outdated });
    await reply(context, interaction, view, { quietly: true });
    return undefined;
  }
  await acknowledge(context, interaction);
  const { by, ...sender } = senderOf(interaction);
  return async () =>
    context.desk.questionAsked({
      ...sender,
      thread: await placeOf(context, interaction),
      questionId: interaction.id,
      askedBy: by,
      question,
      mentioned: true,
    });
};

function labelOf({ message, data }: APIMessageComponentInteraction): string | undefined {
  const frames = (message.components ?? []).flatMap((part) =>
    part.type === ComponentType.Container ? part.components : [part],
  );
  const buttons = frames.flatMap((part) => (part.type === ComponentType.ActionRow ? part.components : []));
  const pressed = buttons.find((one) => "custom_id" in one && one.custom_id === data.custom_id);
  return pressed && "label" in pressed ? pressed.label : undefined;
}
