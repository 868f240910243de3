import type { KnownBlock } from "@slack/types";
import type { AnsweringMessage } from "../../chat/chat-message.ts";
import { ACTIONS } from "../action-ids.ts";
import { actions, button, sections } from "./blocks.ts";
import { quoteBlocks } from "./quote.ts";

export function answeringBlocks({ quote, text, stopId }: AnsweringMessage): KnownBlock[] {
  return [...quoteBlocks(quote), ...sections(text), stopButton(stopId)];
}

export const stopButton = (stopId: string) => actions(button("Stop", { actionId: ACTIONS.stop, value: stopId }));
