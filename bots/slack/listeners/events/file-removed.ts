/** `file_deleted`, `file_unshared`: the clip is wiped. A retention policy sends neither; the desk's sweep finds those. */
import type { App } from "@slack/bolt";
import type { SlackContext } from "../../slack-context.ts";
import { once } from "./once.ts";

export function register(app: App, context: SlackContext): void {
  const { desk, tenantId } = context;
  app.event("file_deleted", async ({ event, body, context: { retryNum } }) =>
    once(context, { eventId: body.event_id, retryNum }, () =>
      desk.sourceRemoved({ tenantId, platform: "slack", fileId: event.file_id }),
    ),
  );
  app.event("file_unshared", async ({ event, body, context: { retryNum } }) =>
    once(context, { eventId: body.event_id, retryNum }, () => {
      const { file_id: fileId, channel_id: channelId } = event;
      return desk.sourceRemoved({ tenantId, platform: "slack", fileId, ...(channelId && { channelId }) });
    }),
  );
}
