import type { KnownBlock } from "@slack/types";
import type { ProgressMessage } from "../../chat/chat-message.ts";
import { ACTIONS } from "../action-ids.ts";
import { actions, button, context, sections } from "./blocks.ts";

const BAR_LENGTH = 20;

export function progressBlocks({ text, watchedSeconds, durationSeconds, stopId }: ProgressMessage): KnownBlock[] {
  return [
    ...sections(text),
    ...(durationSeconds > 0 ? [context(bar(watchedSeconds / durationSeconds))] : []),
    ...(stopId === undefined ? [] : [actions(button("Stop", { actionId: ACTIONS.stop, value: stopId }))]),
  ];
}

/** 0.4 -> "▰▰▰▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱▱▱ 40 %" */
function bar(part: number): string {
  const done = Math.min(1, Math.max(0, part));
  const full = Math.floor(done * BAR_LENGTH);
  return `${"▰".repeat(full)}${"▱".repeat(BAR_LENGTH - full)} ${Math.floor(done * 100)} %`;
}
