import type { KnownBlock } from "@slack/types";
import type { NoticeMessage } from "../../chat/chat-message.ts";
import { ACTIONS, actionId } from "../action-ids.ts";
import { actions, button, sections } from "./blocks.ts";

export function noticeBlocks({ tone, text, choices = [] }: NoticeMessage): KnownBlock[] {
  const buttons = choices.map(({ id, label, style }, i) =>
    button(label, { actionId: actionId(ACTIONS.choose, i), value: id, ...(style && { style }) }),
  );
  return [...sections(tone === "problem" ? `⚠ ${text}` : text), ...(buttons.length === 0 ? [] : [actions(...buttons)])];
}
