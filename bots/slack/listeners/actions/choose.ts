/** An answer to a question of ours, e.g. whether somebody agrees. */
import type { App, BlockAction } from "@slack/bolt";
import { ACTIONS, anyOf } from "../../action-ids.ts";
import type { SlackContext } from "../../slack-context.ts";
import { pressed, readPress } from "./press.ts";

export function register(app: App, context: SlackContext): void {
  app.action<BlockAction>(anyOf(ACTIONS.choose), async ({ ack, body }) => {
    await ack();
    const press = readPress(body);
    await context.desk.choicePressed({ ...pressed(context, press), choiceId: press.value });
  });
}
