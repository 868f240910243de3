/** Slack opens the link and tells us; it shows a warning to people when we do not acknowledge. */
import type { App } from "@slack/bolt";
import { ACTIONS, anyOf } from "../../action-ids.ts";

export function register(app: App): void {
  app.action(anyOf(ACTIONS.open), async ({ ack }) => ack());
}
