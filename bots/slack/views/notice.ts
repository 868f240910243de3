import type { KnownBlock, SectionBlock } from "@slack/types";
import type { NoticeMessage } from "../../chat/chat-message.ts";
import { ACTIONS, actionId } from "../action-ids.ts";
import { actions, button, sections } from "./blocks.ts";

/** People as Slack names them; anything else would be mark-up. */
const PERSON = /^[UW][A-Z0-9]+$/;

export function noticeBlocks({ tone, text, choices = [], to = [] }: NoticeMessage): KnownBlock[] {
  const people = to.filter((id) => PERSON.test(id)).map((id) => `<@${id}>`);
  const buttons = choices.map(({ id, label, style }, i) =>
    button(label, { actionId: actionId(ACTIONS.choose, i), value: id, ...(style && { style }) }),
  );
  return [
    ...(people.length === 0 ? [] : [mentions(people)]),
    ...sections(tone === "problem" ? `⚠ ${text}` : text),
    ...(buttons.length === 0 ? [] : [actions(...buttons)]),
  ];
}

/** The one place where mark-up is wanted: people are told. */
const mentions = (people: readonly string[]): SectionBlock => ({
  type: "section",
  text: { type: "mrkdwn", text: people.slice(0, 50).join(" ") },
});
