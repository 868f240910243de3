/** The bot, or everybody, is out of a channel: what was shared there cannot be seen any more, so it is forgotten. */
import type { App } from "@slack/bolt";
import type { SlackContext } from "../../slack-context.ts";
import { once } from "./once.ts";

/** All carry the channel's id in `channel`. */
const LEFT = [
  "channel_left",
  "group_left",
  "channel_archive",
  "group_archive",
  "channel_deleted",
  "group_deleted",
] as const;

export function register(app: App, context: SlackContext): void {
  const { desk, tenantId, botUserId, platform } = context;
  for (const name of LEFT) {
    app.event(name, async ({ event, body, context: { retryNum } }) =>
      once(context, { eventId: body.event_id, retryNum }, () =>
        desk.sourceRemoved({ tenantId, platform: "slack", channelId: event.channel }),
      ),
    );
  }
  app.event("member_left_channel", async ({ event, body, context: { retryNum } }) =>
    once(context, { eventId: body.event_id, retryNum }, async () => {
      const { user, channel: channelId } = event;
      platform.members.forget(channelId, user);
      if (user === botUserId) await desk.sourceRemoved({ tenantId, platform: "slack", channelId });
    }),
  );
}
