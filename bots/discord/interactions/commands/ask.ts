/**
 * `/ask`: about the clip of the thread, or about one that is brought along. A file of a command belongs to no message, and
 * so would be gone with it: it is posted where everybody sees it, and watched from there.
 */
import {
  type APIAttachment,
  type APIChatInputApplicationCommandInteraction,
  type APIMessage,
  ApplicationCommandOptionType,
  Routes,
} from "discord.js";
import { sizeText } from "../../../time-text.ts";
import { asClip } from "../../clip-sources.ts";
import type { DiscordContext } from "../../context.ts";
import { withoutRequest } from "../../discord-errors.ts";
import { askedWith, readMessage } from "../../incoming-message.ts";
import { plain } from "../../views/limits.ts";
import { noticeView } from "../../views/notice-view.ts";
import { WORDS } from "../../words.ts";
import type { Handle } from "../interaction-created.ts";
import { optionOf } from "../options.ts";
import { isConversation, placeOf, senderOf } from "../person.ts";
import { defer, reply } from "../respond.ts";

export const ask: Handle<APIChatInputApplicationCommandInteraction> = async (context, interaction) => {
  const question = optionOf(interaction, "question", ApplicationCommandOptionType.String)?.trim() ?? "";
  const attachmentId = optionOf(interaction, "clip", ApplicationCommandOptionType.Attachment);
  const attachment = attachmentId === undefined ? undefined : interaction.data.resolved?.attachments?.[attachmentId];
  if (attachment) return withClip(context, interaction, attachment, question);

  const place = await placeOf(context, interaction);
  const here = isConversation(interaction, place);
  const text = here ? WORDS.questionTaken : WORDS.askWhere;
  await reply(context, interaction, noticeView({ kind: "notice", tone: "info", text }), { quietly: true });
  if (!here) return undefined;
  const { by, ...sender } = senderOf(interaction);
  return () =>
    context.desk.questionAsked({
      ...sender,
      thread: place,
      questionId: interaction.id,
      askedBy: by,
      question,
      mentioned: true,
    });
};

async function withClip(
  context: DiscordContext,
  interaction: APIChatInputApplicationCommandInteraction,
  attachment: APIAttachment,
  question: string,
) {
  const clip = asClip(attachment);
  const limit = interaction.attachment_size_limit;
  if (!clip || attachment.size > limit) {
    const text = clip ? WORDS.clipTooLargeToPost(sizeText(limit)) : WORDS.notAClip;
    await reply(context, interaction, noticeView({ kind: "notice", tone: "problem", text }), { quietly: true });
    return undefined;
  }
  await defer(context, interaction, { quietly: false });
  // Posted once; what is tried again is only what comes after.
  const message = await post(context, interaction, attachment).catch((error: unknown) => {
    context.log.error(
      { err: withoutRequest(error), interactionId: interaction.id },
      "a clip of a command was not posted",
    );
    return undefined;
  });
  if (!message) return undefined;
  return async () => {
    const ref = { ...(await placeOf(context, interaction)), messageId: message.id };
    const { tenantId, by } = senderOf(interaction);
    const { shared, clips } = readMessage(message, { tenantId, ref, me: context.me(), askedTo: true });
    for (const posted of clips) context.addresses.learn(message.id, posted);
    const fromPerson = shared.map((event) => ({ ...event, sharedBy: by }));
    for (const event of askedWith(fromPerson, question, { questionId: interaction.id, askedBy: by })) {
      await context.desk.clipShared(event);
    }
  };
}

/** An ordinary message with the file: one of components would hide it from those who fetch it later. */
async function post(
  context: DiscordContext,
  interaction: APIChatInputApplicationCommandInteraction,
  attachment: APIAttachment,
): Promise<APIMessage> {
  const answer = await context.fetch(attachment.url);
  if (!answer.ok) throw new Error(`the file of the command answers ${answer.status}`);
  const data = Buffer.from(await answer.arrayBuffer());
  const { by } = senderOf(interaction);
  const file = {
    name: attachment.filename,
    data,
    ...(attachment.content_type && { contentType: attachment.content_type }),
  };
  const body = {
    content: WORDS.sharedFor(by, plain(attachment.filename)),
    attachments: [{ id: "0", filename: attachment.filename }],
    allowed_mentions: { parse: [] },
  };
  const route = Routes.webhookMessage(interaction.application_id, interaction.token);
  return (await context.rest.patch(route, { body, files: [file], auth: false })) as APIMessage;
}
