/** The stop button of a clip that is being watched, or of an answer that is being made. */
import type { App, BlockAction } from "@slack/bolt";
import { ACTIONS } from "../../action-ids.ts";
import type { SlackContext } from "../../slack-context.ts";
import { pressed, readPress } from "./press.ts";

export function register(app: App, context: SlackContext): void {
  app.action<BlockAction>(ACTIONS.stop, async ({ ack, body }) => {
    await ack();
    const press = readPress(body);
    await context.desk.stopPressed({ ...pressed(context, press), stopId: press.value });
  });
}
