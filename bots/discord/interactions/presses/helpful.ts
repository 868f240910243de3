/** Whether an answer helped. */
import type { APIMessageComponentInteraction } from "discord.js";
import { noticeView } from "../../views/notice-view.ts";
import { WORDS } from "../../words.ts";
import type { Handle } from "../interaction-created.ts";
import { senderOf } from "../person.ts";
import { reply } from "../respond.ts";

const judged =
  (wasHelpful: boolean): Handle<APIMessageComponentInteraction> =>
  async (context, interaction, about) => {
    const view = noticeView({ kind: "notice", tone: "info", text: WORDS.thanks });
    await reply(context, interaction, view, { quietly: true });
    return () =>
      context.desk.feedbackGiven({ ...senderOf(interaction), inquiryId: about.join("|"), helpful: wasHelpful });
  };

export const helpful = judged(true);
export const unhelpful = judged(false);
