/** Right or wrong: `+` or `-`, then the id of the question. */
import type { App, BlockAction } from "@slack/bolt";
import { ACTIONS } from "../../action-ids.ts";
import type { SlackContext } from "../../slack-context.ts";
import { pressed, readPress } from "./press.ts";

export function register(app: App, context: SlackContext): void {
  app.action<BlockAction>(ACTIONS.feedback, async ({ ack, body }) => {
    await ack();
    const press = readPress(body);
    const helpful = press.value.startsWith("+");
    await context.desk.feedbackGiven({ ...pressed(context, press), inquiryId: press.value.slice(1), helpful });
  });
}
