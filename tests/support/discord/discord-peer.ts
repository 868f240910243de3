/** A server with one channel, two people and the bot in it, for the suite of chat platforms. */
import { type APIMessage, ButtonStyle, ChannelType, ComponentType } from "discord-api-types/v10";
import { generateSnowflake } from "discord-digital-twin";
import { pino } from "pino";
import type { Desk } from "../../../bots/chat/desk.ts";
import { createFetchLink } from "../../../bots/chat/fetch-link.ts";
import { type DiscordBot, type DiscordDeps, openDiscord } from "../../../bots/discord/open-discord.ts";
import { tenantOfGuild } from "../../../bots/discord/tenant.ts";
import type { ChatPlace, MessageRef } from "../../../core/index.ts";
import { type DiscordConfig, loadConfig } from "../../../core/index.ts";
import type { ChatPeer, SeenMessage } from "../../contract/chat-platform.suite.ts";
import { FakeDesk } from "../fake-desk.ts";
import { FakeDiscord } from "./fake-discord.ts";
import { flatten, readSeen } from "./read-message.ts";

export const PEOPLE = { alice: "1001", bob: "1002", stranger: "1003" } as const;
export const GUILD_ID = "2001";
export const CHANNEL_ID = "3001";

export const channelOf = (place: ChatPlace): string => place.threadId ?? place.channelId;

export async function startFakeDiscord(): Promise<FakeDiscord> {
  const fake = await FakeDiscord.start({
    guild: { id: GUILD_ID, name: "Meadow" },
    channels: [{ id: CHANNEL_ID, name: "clips", type: ChannelType.GuildText }],
    users: [
      { id: PEOPLE.alice, username: "alice" },
      { id: PEOPLE.bob, username: "bob" },
    ],
    botUser: { id: "9001", username: "damo" },
  });
  await fake.twin.prisma.user.create({ data: { id: PEOPLE.stranger, username: "stranger" } });
  return fake;
}

export const configOf = (fake: FakeDiscord, changes: Record<string, string> = {}): DiscordConfig =>
  loadConfig({
    DISCORD_BOT_TOKEN: fake.twin.botToken,
    DISCORD_API_URL: fake.apiUrl,
    ...changes,
  }).discord as DiscordConfig;

export const testLog = pino({ level: process.env["TEST_LOG"] ?? "silent" });

export async function connectBot(
  fake: FakeDiscord,
  desk: Desk,
  changes: Record<string, string> = {},
  deps: Partial<DiscordDeps> = {},
): Promise<DiscordBot> {
  const bot = await openDiscord(configOf(fake, changes), { log: testLog, fetchLink: createFetchLink(), ...deps });
  await bot.start(desk);
  return bot;
}

export interface DiscordPeer extends ChatPeer {
  readonly fake: FakeDiscord;
}

/** @param changes  settings, e.g. `{ DISCORD_MESSAGE_CONTENT: "off" }` */
export async function connectDiscordPeer(changes: Record<string, string> = {}): Promise<DiscordPeer> {
  const fake = await startFakeDiscord();
  const desk = new FakeDesk();
  let bot = await connectBot(fake, desk, changes);
  const person = (place: ChatPlace) => fake.twin.channel(channelOf(place)).user(PEOPLE.alice);
  const home: ChatPlace = { channelId: CHANNEL_ID };
  const named = (text: string, mention = false) => (mention ? `<@${fake.twin.botUserId}> ${text}` : text);

  return {
    fake,
    tenantId: tenantOfGuild(GUILD_ID),
    platform: bot.platform,
    desk,
    personId: PEOPLE.alice,
    strangerId: PEOPLE.stranger,
    lacks: new Set(),
    async restart() {
      await bot.close();
      bot = await connectBot(fake, desk, changes);
      return bot.platform;
    },
    async shareClip({ name, bytes, mimeType, text = "", mention, thread = home }) {
      const attachment = fake.cdn.upload({ filename: name, bytes, content_type: mimeType });
      const content = named(text, mention).trim();
      const message = await person(thread).sendMessage({ content, attachments: [attachment] });
      return { ...thread, messageId: message.id };
    },
    async say({ text, mention, thread = home }) {
      const message = await person(thread).sendMessage({ content: named(text, mention) });
      return { ...thread, messageId: message.id };
    },
    async deleteMessage(ref) {
      const message = await readMessage(fake, ref);
      for (const { id } of message?.attachments ?? []) fake.cdn.remove(id);
      await person(ref).deleteMessage({ messageId: ref.messageId });
    },
    press: (ref, label) => press(fake, ref, label),
    messages: (place) => messagesIn(fake, place),
    async close() {
      await bot.close();
      await fake.close();
    },
  };
}

export async function press(fake: FakeDiscord, ref: MessageRef, label: string, by: string = PEOPLE.alice) {
  const message = await readMessage(fake, ref);
  const parts = flatten((message?.components ?? []) as Parameters<typeof flatten>[0]) as {
    type: number;
    style?: number;
    label?: string;
    custom_id?: string;
  }[];
  const button = parts.find(
    (part) => part.type === ComponentType.Button && part.label === label && part.style !== ButtonStyle.Link,
  );
  if (!button?.custom_id) throw new Error(`no button ${label} in ${JSON.stringify(message?.components)}`);
  await fake.twin
    .channel(channelOf(ref))
    .user(by)
    .clickButton({ messageId: ref.messageId, customId: button.custom_id });
}

export async function messagesIn(fake: FakeDiscord, place: ChatPlace): Promise<readonly SeenMessage[]> {
  const where = { channelId: place.channelId, ...(place.threadId && { threadId: place.threadId }) };
  const all = await fake.twin.channel(channelOf(place)).getMessages();
  return (
    all
      // The message that a thread started at is shown in it, but it is in the channel.
      .filter((message) => message.channel_id === channelOf(place))
      .map((message) => readSeen(message, { ...where, messageId: message.id }, fake.twin.botUserId))
  );
}

async function readMessage(fake: FakeDiscord, ref: MessageRef): Promise<APIMessage | undefined> {
  return (await fake.twin.channel(channelOf(ref)).getMessages()).find(({ id }) => id === ref.messageId);
}

/** Somebody uses a command on a message, in the channel that the message is in. */
export async function useOnMessage(fake: FakeDiscord, name: string, ref: MessageRef, by: string = PEOPLE.alice) {
  const message = await readMessage(fake, ref);
  return fake.twin.simulateInteraction({
    type: 2,
    channelId: channelOf(ref),
    userId: by,
    data: {
      id: generateSnowflake(),
      name,
      type: 3,
      target_id: ref.messageId,
      resolved: { messages: { [ref.messageId]: message } },
    },
  });
}
