/** `agent_session_stopped`: Slack's own stop button, which people have while an answer is streamed. */
import type { App } from "@slack/bolt";
import type { SlackContext } from "../../slack-context.ts";
import { once } from "./once.ts";

export function register(app: App, context: SlackContext): void {
  app.event("agent_session_stopped", async ({ event, body, context: { retryNum } }) =>
    once(context, { eventId: body.event_id, retryNum }, async () => {
      const { channel: channelId, thread_ts: threadId, streaming_message_ts: streams = [], user: by } = event;
      const { tenantId, desk, ledger, platform } = context;
      const here = { platform: "slack", type: "inquiry", channelId, threadId, unfinished: true } as const;
      const known = streams.flatMap((ts) => platform.streaming.get(ts) ?? []);
      // A stream that a former process began.
      const stopIds = known.length > 0 ? known : (await ledger.find(tenantId, here)).map(({ id }) => id);
      for (const stopId of new Set(stopIds)) await desk.stopPressed({ tenantId, platform: "slack", by, stopId });
    }),
  );
}
