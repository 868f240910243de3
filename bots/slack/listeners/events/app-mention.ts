/** `app_mention`: also comes where the bot may not read the channel's messages. The same message may come as `message`. */
import type { App } from "@slack/bolt";
import type { RawMessage } from "../../read-message.ts";
import type { SlackContext } from "../../slack-context.ts";
import { heardMessage } from "./heard-message.ts";
import { once } from "./once.ts";

export function register(app: App, context: SlackContext): void {
  app.event("app_mention", async ({ event, body, context: { retryNum } }) =>
    once(context, { eventId: body.event_id, retryNum }, () =>
      heardMessage(context, event as RawMessage, { channelId: event.channel, direct: false }),
    ),
  );
}
