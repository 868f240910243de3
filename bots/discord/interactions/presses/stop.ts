/** "Stop" under a clip that is being watched, or an answer that is being made. */
import type { APIMessageComponentInteraction } from "discord.js";
import type { Handle } from "../interaction-created.ts";
import { senderOf } from "../person.ts";
import { acknowledge } from "../respond.ts";

export const stop: Handle<APIMessageComponentInteraction> = async (context, interaction, about) => {
  await acknowledge(context, interaction);
  return () => context.desk.stopPressed({ ...senderOf(interaction), stopId: about.join("|") });
};
