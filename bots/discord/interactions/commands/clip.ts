/** `/clip help` and `/clip settings`. */
import {
  type APIApplicationCommandInteractionDataSubcommandOption,
  type APIChatInputApplicationCommandInteraction,
  ApplicationCommandOptionType,
  PermissionFlagsBits,
} from "discord.js";
import type { ChatSettings } from "../../../../core/index.ts";
import type { DiscordContext } from "../../context.ts";
import { noticeView } from "../../views/notice-view.ts";
import { settingsView } from "../../views/settings-view.ts";
import { framed, text } from "../../views/view.ts";
import { WORDS } from "../../words.ts";
import type { Handle } from "../interaction-created.ts";
import { optionOf } from "../options.ts";
import { placeOf, senderOf } from "../person.ts";
import { defer, finish, reply } from "../respond.ts";

export const clip: Handle<APIChatInputApplicationCommandInteraction> = async (context, interaction) => {
  const subcommand = interaction.data.options?.find(
    (option): option is APIApplicationCommandInteractionDataSubcommandOption =>
      option.type === ApplicationCommandOptionType.Subcommand,
  );
  const mode = context.readsEverything() ? WORDS.modeFull : WORDS.modeLimited;
  if (subcommand?.name !== "settings") {
    await reply(context, interaction, framed("info", [text(WORDS.help(mode))]), { quietly: true });
    return undefined;
  }
  const { change, where } = changeIn(subcommand);
  const refusal = change && refusalOf(interaction, where);
  if (refusal) {
    await reply(context, interaction, noticeView({ kind: "notice", tone: "problem", text: refusal }), {
      quietly: true,
    });
    return undefined;
  }
  await defer(context, interaction, { quietly: true });
  return () => showSettings(context, interaction, { change, where, mode });
};

async function showSettings(
  context: DiscordContext,
  interaction: APIChatInputApplicationCommandInteraction,
  { change, where, mode }: { change: ChatSettings | undefined; where: Where; mode: string },
): Promise<void> {
  const { tenantId, platform } = senderOf(interaction);
  const { channelId } = await placeOf(context, interaction);
  const target = where === "server" ? undefined : channelId;
  if (change) await context.desk.writeSettings(tenantId, platform, target, change);
  const settings = await context.desk.readSettings(tenantId, platform, target);
  await finish(context, interaction, settingsView({ settings, where, mode, saved: change !== undefined }));
}

export type Where = "channel" | "server";

function changeIn(subcommand: APIApplicationCommandInteractionDataSubcommandOption) {
  const data = { data: subcommand };
  const watch = optionOf(data, "watch", ApplicationCommandOptionType.String);
  const answer = optionOf(data, "answer", ApplicationCommandOptionType.String);
  const askParticipants = optionOf(data, "ask-participants", ApplicationCommandOptionType.Boolean);
  const where: Where = optionOf(data, "where", ApplicationCommandOptionType.String) === "server" ? "server" : "channel";
  const change: ChatSettings = {
    ...((watch === "always" || watch === "mention" || watch === "off") && { watch }),
    ...((answer === "always" || answer === "mention") && { answer }),
    ...(askParticipants !== undefined && { askParticipants }),
  };
  return { where, change: Object.keys(change).length > 0 ? change : undefined };
}

/** Discord tells with each interaction what its sender may do there. */
function refusalOf(interaction: APIChatInputApplicationCommandInteraction, where: Where): string | undefined {
  if (!interaction.member) return WORDS.settingsWhere;
  const rights = BigInt(interaction.member.permissions);
  const sufficient =
    where === "server"
      ? PermissionFlagsBits.ManageGuild
      : PermissionFlagsBits.ManageGuild | PermissionFlagsBits.ManageChannels;
  return (rights & (sufficient | PermissionFlagsBits.Administrator)) === 0n ? WORDS.settingsWho : undefined;
}
