/** `app_home_opened`: the page of the bot shows what it remembers that this person may see. */
import type { App } from "@slack/bolt";
import type { SlackContext } from "../../slack-context.ts";
import { homeView } from "../../views/home.ts";

export function register(app: App, context: SlackContext): void {
  app.event("app_home_opened", async ({ event }) => {
    if (event.tab === "home") await showHome(context, event.user);
  });
}

export async function showHome(context: SlackContext, by: string): Promise<void> {
  const { tenantId, desk, calls } = context;
  const clips = await desk.remembered({ tenantId, platform: "slack", by });
  const view = homeView(clips);
  await calls.run("views.publish", (client) => client.views.publish({ user_id: by, view }));
}
