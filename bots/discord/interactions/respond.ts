/**
 * Answers to interactions. Discord waits three seconds for the first answer and takes more for 15 minutes (PLATFORM 2b);
 * whatever may take longer is said in ordinary messages by the desk, never here.
 */
import {
  type APIInteraction,
  type APIMessage,
  type APIModalInteractionResponseCallbackData,
  InteractionResponseType,
  MessageFlags,
  type REST,
  type RESTPatchAPIWebhookWithTokenMessageJSONBody,
  type RESTPostAPIInteractionCallbackJSONBody,
  Routes,
} from "discord.js";
import { asDomainError, isExpiredInteraction, withoutRequest } from "../discord-errors.ts";
import type { Log } from "../log.ts";
import type { View } from "../views/view.ts";

interface Answering {
  readonly rest: REST;
  readonly log: Log;
}

type Interaction = Pick<APIInteraction, "id" | "token" | "application_id">;

export interface ReplyOptions {
  /** Seen by the person alone. */
  readonly quietly: boolean;
}

/** Answers at once. */
export const reply = (context: Answering, interaction: Interaction, view: View, { quietly }: ReplyOptions) =>
  callback(context, interaction, {
    type: InteractionResponseType.ChannelMessageWithSource,
    data: {
      components: view.components,
      flags: MessageFlags.IsComponentsV2 | (quietly ? MessageFlags.Ephemeral : 0),
      allowed_mentions: { parse: [] },
    },
  });

/** "... is thinking", until `finish`. Of the flags Discord takes the quiet one alone here. */
export const defer = (context: Answering, interaction: Interaction, { quietly }: ReplyOptions) =>
  callback(context, interaction, {
    type: InteractionResponseType.DeferredChannelMessageWithSource,
    data: quietly ? { flags: MessageFlags.Ephemeral } : {},
  });

/** A button did its work: nothing more to see here. */
export const acknowledge = (context: Answering, interaction: Interaction) =>
  callback(context, interaction, { type: InteractionResponseType.DeferredMessageUpdate });

/** Replaces the message that holds the pressed button. */
export const replaceMessage = (context: Answering, interaction: Interaction, view: View) =>
  callback(context, interaction, {
    type: InteractionResponseType.UpdateMessage,
    data: { components: view.components, allowed_mentions: { parse: [] } },
  });

export const openForm = (context: Answering, interaction: Interaction, form: APIModalInteractionResponseCallbackData) =>
  callback(context, interaction, { type: InteractionResponseType.Modal, data: form });

/** What was deferred is said now. `undefined` when the token has run out (code 50027): then nobody waits for it any more. */
export async function finish(
  context: Answering,
  interaction: Interaction,
  view: View,
): Promise<APIMessage | undefined> {
  const body: RESTPatchAPIWebhookWithTokenMessageJSONBody = {
    flags: MessageFlags.IsComponentsV2,
    components: view.components,
    attachments: view.files.map(({ name, description }, id) => ({ id: String(id), filename: name, description })),
    allowed_mentions: { parse: [] },
  };
  const files = view.files.map(({ name, data, contentType }) => ({ name, data: Buffer.from(data), contentType }));
  const route = Routes.webhookMessage(interaction.application_id, interaction.token);
  try {
    return (await context.rest.patch(route, { body, files, auth: false })) as APIMessage;
  } catch (error) {
    if (!isExpiredInteraction(error)) throw asDomainError(error);
    context.log.warn({ interactionId: interaction.id }, "an interaction ended before its answer was there");
    return undefined;
  }
}

async function callback(
  { rest, log }: Answering,
  interaction: Interaction,
  body: RESTPostAPIInteractionCallbackJSONBody,
): Promise<void> {
  try {
    await rest.post(Routes.interactionCallback(interaction.id, interaction.token), { body, auth: false });
  } catch (error) {
    // Too late, or Discord stumbles: the person sees that from Discord. What was asked for is done all the same.
    log.warn({ err: withoutRequest(error), interactionId: interaction.id }, "an interaction was not answered");
  }
}
