/** What is remembered that a person may see, to choose from. */
import { ButtonStyle, ComponentType } from "discord.js";
import type { RememberedClip } from "../../chat/desk.ts";
import { clockTime, sizeText } from "../../time-text.ts";
import { customId } from "../custom-id.ts";
import { WORDS } from "../words.ts";
import { cut, LIMITS } from "./limits.ts";
import { button, footnote, framed, row, text, type View } from "./view.ts";

/** Labels and descriptions of a menu. */
const MAX_OPTION_LENGTH = 100;

export function rememberedView(clips: readonly RememberedClip[]): View {
  if (clips.length === 0) return framed("info", [text(WORDS.nothingRemembered)]);
  const listed = clips.slice(0, LIMITS.selectOptions);
  const left = clips.length - listed.length;
  return framed("info", [
    text(WORDS.remembered(clips.length)),
    row({
      type: ComponentType.StringSelect,
      custom_id: customId("forget"),
      placeholder: WORDS.chooseToForget,
      min_values: 1,
      max_values: listed.length,
      options: listed.map(({ share, durationSeconds, sizeBytes }) => ({
        label: cut(share.title, MAX_OPTION_LENGTH),
        description: `${clockTime(durationSeconds)}, ${sizeText(sizeBytes)}, ${day(share.createdAtMs)}`,
        value: share.id,
      })),
    }),
    left > 0 ? footnote(WORDS.more(left)) : undefined,
    row(button(WORDS.forgetAll(clips.length), customId("forget-all"), ButtonStyle.Danger)),
  ]);
}

const day = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);
