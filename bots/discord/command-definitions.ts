/** The commands as Discord is told them; registered when the bot starts. docs/discord.md lists the same, a test compares. */
import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  type RESTPostAPIApplicationCommandsJSONBody,
} from "discord.js";
import { MAX_QUESTION_LENGTH } from "../../core/index.ts";

export const COMMANDS = {
  askAboutThisClip: "Ask about this clip",
  ask: "ask",
  moments: "moments",
  clip: "clip",
  forget: "forget",
} as const;

/** In servers and in direct messages with the bot; conversations of people among themselves it is not part of. */
const WHERE = {
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
  integration_types: [ApplicationIntegrationType.GuildInstall],
};

export const COMMAND_DEFINITIONS: RESTPostAPIApplicationCommandsJSONBody[] = [
  { ...WHERE, type: ApplicationCommandType.Message, name: COMMANDS.askAboutThisClip },
  {
    ...WHERE,
    type: ApplicationCommandType.ChatInput,
    name: COMMANDS.ask,
    description: "Ask about the clip of this thread, or about one that you bring",
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: "question",
        description: "When does the dog bark?",
        required: true,
        max_length: MAX_QUESTION_LENGTH,
      },
      {
        type: ApplicationCommandOptionType.Attachment,
        name: "clip",
        description: "A video or a sound to share and ask about",
        required: false,
        file_types: ["video", "audio"],
      },
    ],
  },
  {
    ...WHERE,
    type: ApplicationCommandType.ChatInput,
    name: COMMANDS.moments,
    description: "List what happens in the clip of this thread, with the times",
  },
  {
    ...WHERE,
    type: ApplicationCommandType.ChatInput,
    name: COMMANDS.forget,
    description: "Make me forget the clips of this thread, or choose among all that you may see",
    options: [
      {
        type: ApplicationCommandOptionType.Boolean,
        name: "choose",
        description: "Choose among all clips that I remember here",
        required: false,
      },
    ],
  },
  {
    ...WHERE,
    type: ApplicationCommandType.ChatInput,
    name: COMMANDS.clip,
    description: "Settings and help",
    options: [
      { type: ApplicationCommandOptionType.Subcommand, name: "help", description: "What I can do, and how" },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: "settings",
        description: "See or change when I watch and answer",
        options: [
          {
            type: ApplicationCommandOptionType.String,
            name: "watch",
            description: "Which clips I watch",
            choices: [
              { name: "every clip", value: "always" },
              { name: "only clips that I am mentioned with", value: "mention" },
              { name: "none", value: "off" },
            ],
          },
          {
            type: ApplicationCommandOptionType.String,
            name: "answer",
            description: "Which messages in a clip's thread I answer",
            choices: [
              { name: "every question", value: "always" },
              { name: "only those that mention me", value: "mention" },
            ],
          },
          {
            type: ApplicationCommandOptionType.Boolean,
            name: "ask-participants",
            description: "Ask the people in a Discord Clip before I watch it",
          },
          {
            type: ApplicationCommandOptionType.String,
            name: "where",
            description: "Where it holds (default: this channel)",
            choices: [
              { name: "this channel", value: "channel" },
              { name: "the whole server", value: "server" },
            ],
          },
        ],
      },
    ],
  },
];
