/** Discord as a ChatPlatform, against discord-digital-twin with our faults in front of it. */
import { connectDiscordPeer } from "../support/discord/discord-peer.ts";
import { describeChatPlatform } from "./chat-platform.suite.ts";

describeChatPlatform("Discord", () => connectDiscordPeer());
