/** Options of a command as people filled them in. */
import type { APIApplicationCommandInteractionDataOption, ApplicationCommandOptionType } from "discord.js";

/** The value of an option, e.g. of `question`. */
export function optionOf<Type extends ApplicationCommandOptionType>(
  interaction: { readonly data: { readonly options?: readonly APIApplicationCommandInteractionDataOption[] } },
  name: string,
  type: Type,
) {
  const option = interaction.data.options?.find((one) => one.name === name && one.type === type);
  return (option as { value?: unknown } | undefined)?.value as
    | (Type extends ApplicationCommandOptionType.Boolean ? boolean : string)
    | undefined;
}
