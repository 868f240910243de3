/** What the handlers of events and interactions are handed. */
import type { Client, REST } from "discord.js";
import type { ChatPlatform } from "../chat/chat-platform.ts";
import type { Desk } from "../chat/desk.ts";
import type { ClipAddresses } from "./clip-addresses.ts";
import type { PointedAt } from "./interactions/pointed-at.ts";
import type { Log } from "./log.ts";
import type { Places } from "./places.ts";

export interface DiscordContext {
  readonly client: Client;
  readonly rest: REST;
  readonly desk: Desk;
  readonly platform: ChatPlatform;
  readonly places: Places;
  readonly addresses: ClipAddresses;
  /** Messages that "Ask about this clip" was used on, until its form comes back. */
  readonly pointedAt: PointedAt;
  /** Our user's id. */
  readonly me: () => string;
  readonly readsEverything: () => boolean;
  /** For attachments that come with a command. */
  readonly fetch: typeof fetch;
  /** Wall time, ms. */
  readonly now: () => number;
  readonly log: Log;
}
