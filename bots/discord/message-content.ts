/**
 * Whether the bot reads messages that do not mention it. Discord gives their words and files only to applications with
 * the privileged intent "Message Content" (PLATFORM 2b); the bot works without it, by mentions, replies and commands.
 */
import { type APIApplication, ApplicationFlags, GatewayIntentBits } from "discord.js";
import { type DiscordConfig, DomainError } from "../../core/index.ts";

/** Large bots get the first after a review, others turn the second on in the developer portal. */
const GRANTED = ApplicationFlags.GatewayMessageContent | ApplicationFlags.GatewayMessageContentLimited;

export const isGranted = (application: Pick<APIApplication, "flags">): boolean =>
  ((application.flags ?? 0) & GRANTED) !== 0;

/** @throws DomainError `config.invalid` when it is asked for and not granted: Discord would close the gateway with 4014 */
export function readsEverything(
  wanted: DiscordConfig["messageContent"],
  application: Pick<APIApplication, "flags">,
): boolean {
  if (wanted === "on" && !isGranted(application)) throw intentMissing();
  return wanted !== "off" && isGranted(application);
}

export const intentMissing = (): DomainError =>
  new DomainError("config.invalid", "the gateway refuses the intents (4014)", {
    details: {
      problem:
        "DISCORD_MESSAGE_CONTENT is on, but the application has no Message Content intent; turn it on in the developer portal " +
        "(Bot, Privileged Gateway Intents, Message Content), or set DISCORD_MESSAGE_CONTENT=off",
    },
  });

/** Servers and their channels, messages in them, direct messages. */
export const intentsOf = (everything: boolean): readonly GatewayIntentBits[] => [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.DirectMessages,
  ...(everything ? [GatewayIntentBits.MessageContent] : []),
];
