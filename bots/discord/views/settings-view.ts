/** What holds in a channel or server, and how much of it the bot can read. */
import type { ChatSettings } from "../../../core/index.ts";
import { WORDS } from "../words.ts";
import { footnote, framed, text, type View } from "./view.ts";

export interface SettingsViewOptions {
  readonly settings: Required<ChatSettings>;
  readonly where: "channel" | "server";
  /** How much the bot reads, in words. */
  readonly mode: string;
  /** Just changed. */
  readonly saved: boolean;
}

export function settingsView({ settings, where, mode, saved }: SettingsViewOptions): View {
  const lines = [
    `**${WORDS.settingsOf[where]}**${saved ? ` ${WORDS.settingsSaved}` : ""}`,
    `Watch: ${WORDS.watch[settings.watch]}`,
    `Answer: ${WORDS.answer[settings.answer]}`,
    `Discord Clips with people in them: ${settings.askParticipants ? WORDS.asksParticipants : WORDS.asksNobody}`,
  ];
  return framed("info", [text(lines.join("\n")), footnote(mode)]);
}
