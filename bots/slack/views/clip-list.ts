import type { KnownBlock, SectionBlock } from "@slack/types";
import { FORGET_ONE } from "../../chat/command-texts.ts";
import type { RememberedClip } from "../../chat/desk.ts";
import { clockTime } from "../../time-text.ts";
import { ACTIONS, actionId } from "../action-ids.ts";
import { button, context, LIMITS, plain } from "./blocks.ts";

export type ClipListPurpose = "moments" | "forget";

/** A line a clip, newest first, with one button. */
export function clipListBlocks(
  clips: readonly RememberedClip[],
  purpose: ClipListPurpose,
  most: number = LIMITS.blocksInMessage,
): KnownBlock[] {
  const lines = clips.slice(0, most - 1).map(
    (clip, i): SectionBlock => ({
      type: "section",
      text: plain(`${clip.share.title} (${clockTime(clip.durationSeconds)})`, LIMITS.sectionText),
      accessory: purpose === "forget" ? forgetButton(clip, i) : momentsButton(clip, i),
    }),
  );
  const more = clips.length - lines.length;
  return more > 0 ? [...lines, context(`and ${more} more`)] : lines;
}

const momentsButton = ({ share }: RememberedClip, i: number) =>
  button("Moments", { actionId: actionId(ACTIONS.showMoments, i), value: share.id });

const forgetButton = ({ share }: RememberedClip, i: number) =>
  button("Forget", {
    actionId: actionId(ACTIONS.forgetShare, i),
    value: share.id,
    style: "danger",
    confirm: { title: `Forget ${share.title}?`, text: FORGET_ONE, yes: "Forget" },
  });
