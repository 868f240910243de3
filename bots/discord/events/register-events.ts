/** Every event of the gateway that we listen to, and its handler. Raw payloads: discord.js drops what it has not cached. */
import { type APIInteraction, type Client, GatewayDispatchEvents } from "discord.js";
import type { DiscordContext } from "../context.ts";
import type { Handling } from "../handling.ts";
import { interactionCreated } from "../interactions/interaction-created.ts";
import { channelDeleted } from "./channels/channel-deleted.ts";
import { threadDeleted } from "./channels/thread-deleted.ts";
import { messageCreated } from "./messages/message-created.ts";
import { messageDeleted } from "./messages/message-deleted.ts";
import { messageUpdated } from "./messages/message-updated.ts";
import { messagesDeleted } from "./messages/messages-deleted.ts";
import { serverRemoved } from "./servers/server-removed.ts";

/** Safe to run twice, and so tried again when something is away. */
const REPEATABLE = {
  [GatewayDispatchEvents.MessageCreate]: messageCreated,
  [GatewayDispatchEvents.MessageUpdate]: messageUpdated,
  [GatewayDispatchEvents.MessageDelete]: messageDeleted,
  [GatewayDispatchEvents.MessageDeleteBulk]: messagesDeleted,
  [GatewayDispatchEvents.ThreadDelete]: threadDeleted,
  [GatewayDispatchEvents.ChannelDelete]: channelDeleted,
  [GatewayDispatchEvents.GuildDelete]: serverRemoved,
} as const;

export function registerEvents(client: Client, context: DiscordContext, handling: Handling): void {
  for (const [event, handle] of Object.entries(REPEATABLE)) {
    const run = handle as (context: DiscordContext, data: unknown) => Promise<void>;
    client.ws.on(event as keyof typeof REPEATABLE, (data: unknown) => {
      void handling.run(event, () => run(context, data));
    });
  }
  client.ws.on(GatewayDispatchEvents.InteractionCreate, (interaction) => {
    void handling.run("INTERACTION_CREATE", () => answerThenWork(context, interaction, handling), { retry: false });
  });
}

/** The answer within three seconds is given once; what is left to do after it is as repeatable as any event. */
async function answerThenWork(context: DiscordContext, interaction: APIInteraction, handling: Handling): Promise<void> {
  const afterwards = await interactionCreated(context, interaction);
  if (afterwards) void handling.run("INTERACTION_CREATE", afterwards);
}
