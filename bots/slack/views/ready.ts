import type { KnownBlock } from "@slack/types";
import type { ReadyMessage } from "../../chat/chat-message.ts";
import { ACTIONS, actionId } from "../action-ids.ts";
import { actions, button, context, cut, sections } from "./blocks.ts";

/** Ours are sentences; what the model adds of its own is cut. */
const WARNING_LENGTH = 300;

/** All questions stand in the button's value, whole where Slack lets them; its label shows their beginning. */
export function readyBlocks({ text, warnings, suggestions }: ReadyMessage): KnownBlock[] {
  const buttons = suggestions.map((question, i) =>
    button(question, { actionId: actionId(ACTIONS.ask, i), value: question }),
  );
  return [
    ...sections(text),
    ...(warnings.length === 0 ? [] : [context(...warnings.map((warning) => cut(warning, WARNING_LENGTH)))]),
    ...(buttons.length === 0 ? [] : [actions(...buttons)]),
  ];
}
