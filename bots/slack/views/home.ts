import type { HomeView } from "@slack/types";
import { FORGET_ALL, helpText, NOTHING_REMEMBERED } from "../../chat/command-texts.ts";
import type { RememberedClip } from "../../chat/desk.ts";
import { sizeText } from "../../time-text.ts";
import { ACTIONS, COMMAND } from "../action-ids.ts";
import { actions, button, context, LIMITS, plain, sections } from "./blocks.ts";
import { clipListBlocks } from "./clip-list.ts";

/** Room for the headings and the help. */
const MOST_CLIPS = LIMITS.blocksInView - 10;

export function homeView(clips: readonly RememberedClip[]): HomeView {
  const bytes = clips.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const forgetAll = button("Forget everything", {
    actionId: ACTIONS.forgetAll,
    style: "danger",
    confirm: { title: "Forget everything?", text: FORGET_ALL, yes: "Forget everything" },
  });
  return {
    type: "home",
    blocks: [
      { type: "header", text: plain("What I remember", LIMITS.header) },
      ...(clips.length === 0
        ? sections(NOTHING_REMEMBERED)
        : [
            context(
              `${clips.length} ${clips.length === 1 ? "clip" : "clips"} that you can see, ${sizeText(bytes)} of memory`,
            ),
            ...clipListBlocks(clips, "forget", MOST_CLIPS),
            actions(forgetAll),
          ]),
      { type: "divider" },
      { type: "header", text: plain("How it works", LIMITS.header) },
      ...sections(helpText({ mention: "@ and my name", command: COMMAND })),
    ],
  };
}
