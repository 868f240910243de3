/** How far a clip has been watched, with a bar and a way to stop. */
import { ButtonStyle } from "discord.js";
import type { ProgressMessage } from "../../chat/chat-message.ts";
import { customId } from "../custom-id.ts";
import { WORDS } from "../words.ts";
import { LIMITS, plainCut } from "./limits.ts";
import { button, footnote, framed, row, text, type View } from "./view.ts";

/** Wide enough to move at each edit of a two-minute clip, narrow enough for a phone. */
const BAR_CELLS = 20;

export function progressView(message: ProgressMessage): View {
  const share = message.durationSeconds > 0 ? Math.min(1, message.watchedSeconds / message.durationSeconds) : 0;
  return framed("working", [
    text(plainCut(message.text, LIMITS.text - 100)),
    message.stage === "watching" && message.durationSeconds > 0 ? footnote(progressBar(share)) : undefined,
    message.stopId === undefined
      ? undefined
      : row(button(WORDS.stop, customId("stop", message.stopId), ButtonStyle.Secondary)),
  ]);
}

const progressBar = (share: number): string => {
  const full = Math.floor(share * BAR_CELLS);
  return `${"▰".repeat(full)}${"▱".repeat(BAR_CELLS - full)} ${Math.floor(share * 100)} %`;
};
