/** `app_uninstalled`, `tokens_revoked`: everything of the workspace goes. */
import type { App } from "@slack/bolt";
import type { SlackContext } from "../../slack-context.ts";
import { once } from "./once.ts";

export function register(app: App, context: SlackContext): void {
  const { desk, tenantId } = context;
  app.event("app_uninstalled", async ({ body, context: { retryNum } }) =>
    once(context, { eventId: body.event_id, retryNum }, () => desk.tenantRemoved("slack", tenantId)),
  );
  app.event("tokens_revoked", async ({ event, body, context: { retryNum } }) =>
    once(context, { eventId: body.event_id, retryNum }, async () => {
      // Tokens of people (`oauth`) are none of ours.
      if ((event.tokens.bot ?? []).length > 0) await desk.tenantRemoved("slack", tenantId);
    }),
  );
}
