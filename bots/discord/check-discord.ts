/** For `damo doctor`: whether the token is good, what the bot may read, and the link that invites it. */
import { REST } from "discord.js";
import { type DiscordConfig, DomainError, isDomainError } from "../../core/index.ts";
import { isGranted, readsEverything } from "./message-content.ts";
import { readApplication, restOptions } from "./open-discord.ts";
import { inviteLink } from "./permissions.ts";

/** @throws DomainError `config.invalid` */
export async function checkDiscord(config: DiscordConfig): Promise<string> {
  try {
    const application = await readApplication(new REST(restOptions(config, {})).setToken(config.token.reveal()));
    const reads = readsEverything(config.messageContent, application)
      ? "reads every message"
      : `reads only what mentions it (message content is ${isGranted(application) ? "switched off here" : "off in the developer portal"})`;
    return `${application.name}, ${reads}; invite it with ${inviteLink(application.id)}`;
  } catch (error) {
    if (!isDomainError(error) || error.code !== "source.unreachable") throw error;
    throw new DomainError("config.invalid", "Discord cannot be reached", {
      cause: error,
      details: { problem: `Discord cannot be reached at ${config.apiUrl}` },
    });
  }
}
