import type { Button, ContextActionsBlock, KnownBlock } from "@slack/types";
import type { AnswerMessage } from "../../chat/chat-message.ts";
import { ACTIONS, actionId } from "../action-ids.ts";
import { actions, context, LIMITS, linkButton, plain, sections } from "./blocks.ts";
import { quoteBlocks } from "./quote.ts";

/** The evidence frame is not among them: it is a file of its own, posted right below. */
export function answerBlocks({ quote, text, spans, footnote, inquiryId }: AnswerMessage): KnownBlock[] {
  const links = spans.flatMap(({ label, url }, i): Button[] => {
    const link = url === undefined ? undefined : linkButton(`▶ ${label}`, url, actionId(ACTIONS.open, i));
    return link ? [link] : [];
  });
  const linkless = links.length === 0 ? spans.map(({ label }) => label) : [];
  return [
    ...quoteBlocks(quote),
    ...sections(text),
    ...(links.length === 0 ? [] : [actions(...links)]),
    ...(linkless.length === 0 ? [] : [context(linkless.join(", "))]),
    context(footnote),
    feedback(inquiryId),
  ];
}

const feedback = (inquiryId: string): ContextActionsBlock => ({
  type: "context_actions",
  elements: [
    {
      type: "feedback_buttons",
      action_id: ACTIONS.feedback,
      positive_button: {
        text: plain("Right", LIMITS.buttonText),
        accessibility_label: "This answer is right",
        value: `+${inquiryId}`,
      },
      negative_button: {
        text: plain("Wrong", LIMITS.buttonText),
        accessibility_label: "This answer is wrong",
        value: `-${inquiryId}`,
      },
    },
  ],
});
