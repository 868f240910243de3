/** The settings of a channel were saved. */
import type { App } from "@slack/bolt";
import type { ChatSettings } from "../../../../core/index.ts";
import { VIEW_SETTINGS } from "../../action-ids.ts";
import type { SlackContext } from "../../slack-context.ts";
import { readSettingsView } from "../../views/settings.ts";

export function register(app: App, context: SlackContext): void {
  app.view({ callback_id: VIEW_SETTINGS, type: "view_submission" }, async ({ ack, view }) => {
    const settings: ChatSettings = readSettingsView(view.state.values);
    await ack();
    await context.desk.writeSettings(context.tenantId, "slack", view.private_metadata, settings);
  });
}
