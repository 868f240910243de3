/** Every interaction, handed to the handler of its command, button or form. */
import {
  type APIChatInputApplicationCommandInteraction,
  type APIInteraction,
  type APIMessageApplicationCommandInteraction,
  type APIMessageComponentInteraction,
  type APIModalSubmitInteraction,
  ApplicationCommandType,
  InteractionType,
} from "discord.js";
import { COMMANDS } from "../command-definitions.ts";
import type { DiscordContext } from "../context.ts";
import { type Press, readCustomId } from "../custom-id.ts";
import { noticeView } from "../views/notice-view.ts";
import { WORDS } from "../words.ts";
import { ask } from "./commands/ask.ts";
import { askAboutThisClip } from "./commands/ask-about-this-clip.ts";
import { clip } from "./commands/clip.ts";
import { forget } from "./commands/forget.ts";
import { moments } from "./commands/moments.ts";
import { questionForm } from "./forms/question-form.ts";
import { chosen } from "./presses/chosen.ts";
import { forgetAll } from "./presses/forget-all.ts";
import { forgetChosen } from "./presses/forget-chosen.ts";
import { helpful, unhelpful } from "./presses/helpful.ts";
import { stop } from "./presses/stop.ts";
import { suggestion } from "./presses/suggestion.ts";
import { reply } from "./respond.ts";

/**
 * A handler answers within three seconds, and returns what is left to do after that. The latter may be done twice.
 */
export type Afterwards = (() => Promise<void>) | undefined;
export type Handle<Interaction> = (
  context: DiscordContext,
  interaction: Interaction,
  about: readonly string[],
) => Promise<Afterwards>;

const SLASH_COMMANDS: Readonly<Record<string, Handle<APIChatInputApplicationCommandInteraction>>> = {
  [COMMANDS.ask]: ask,
  [COMMANDS.moments]: moments,
  [COMMANDS.clip]: clip,
  [COMMANDS.forget]: forget,
};

const MESSAGE_COMMANDS: Readonly<Record<string, Handle<APIMessageApplicationCommandInteraction>>> = {
  [COMMANDS.askAboutThisClip]: askAboutThisClip,
};

const PRESSES: Readonly<Partial<Record<Press, Handle<APIMessageComponentInteraction>>>> = {
  ask: suggestion,
  stop,
  helpful,
  unhelpful,
  choice: chosen,
  forget: forgetChosen,
  "forget-all": forgetAll,
};

const FORMS: Readonly<Partial<Record<Press, Handle<APIModalSubmitInteraction>>>> = { question: questionForm };

export async function interactionCreated(context: DiscordContext, interaction: APIInteraction): Promise<Afterwards> {
  const handled = route(context, interaction);
  if (handled) return handled;
  if (interaction.type === InteractionType.ApplicationCommandAutocomplete) return undefined;
  const view = noticeView({ kind: "notice", tone: "info", text: WORDS.outdated });
  await reply(context, interaction, view, { quietly: true });
  return undefined;
}

function route(context: DiscordContext, interaction: APIInteraction): Promise<Afterwards> | undefined {
  switch (interaction.type) {
    case InteractionType.ApplicationCommand: {
      const { data } = interaction;
      if (data.type === ApplicationCommandType.ChatInput) {
        return SLASH_COMMANDS[data.name]?.(context, interaction as APIChatInputApplicationCommandInteraction, []);
      }
      if (data.type === ApplicationCommandType.Message) {
        return MESSAGE_COMMANDS[data.name]?.(context, interaction as APIMessageApplicationCommandInteraction, []);
      }
      return undefined;
    }
    case InteractionType.MessageComponent: {
      const id = readCustomId(interaction.data.custom_id);
      return id && PRESSES[id.press]?.(context, interaction, id.about);
    }
    case InteractionType.ModalSubmit: {
      const id = readCustomId(interaction.data.custom_id);
      return id && FORMS[id.press]?.(context, interaction, id.about);
    }
    default:
      return undefined;
  }
}
