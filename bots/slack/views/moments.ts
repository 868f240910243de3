import type { KnownBlock, SectionBlock } from "@slack/types";
import type { MomentsMessage } from "../../chat/chat-message.ts";
import { ACTIONS, actionId } from "../action-ids.ts";
import { context, cut, LIMITS, linkButton, plain, sections } from "./blocks.ts";

/** A line each; the last block is left for how many more there are. */
export function momentsBlocks({ text, moments }: MomentsMessage): KnownBlock[] {
  const opening = sections(cut(text, LIMITS.sectionText));
  const room = LIMITS.blocksInMessage - opening.length - 1;
  // What all lines share of the text that one message may have.
  const lineLength = Math.floor(
    (LIMITS.messageText - LIMITS.sectionText) / Math.max(1, Math.min(room, moments.length)),
  );
  const lines = moments.slice(0, room).map((moment, i): SectionBlock => {
    const link =
      moment.url === undefined ? undefined : linkButton(`▶ ${moment.label}`, moment.url, actionId(ACTIONS.open, i));
    const line = link ? moment.what : `${moment.label}  ${moment.what}`;
    return { type: "section", text: plain(line, lineLength), ...(link && { accessory: link }) };
  });
  const more = moments.length - lines.length;
  return [...opening, ...lines, ...(more > 0 ? [context(`and ${more} more`)] : [])];
}
