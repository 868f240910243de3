/** Who may see a clip, by Discord's permissions: roles, overwrites of the channel, private threads. Discord is nock, by `makeRequest`. */

import { Client } from "discord.js";
import { ChannelType, OverwriteType, PermissionFlagsBits } from "discord-api-types/v10";
import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canSee } from "../../../../bots/discord/can-see.ts";
import { ClipAddresses } from "../../../../bots/discord/clip-addresses.ts";
import { tenantOfGuild } from "../../../../bots/discord/tenant.ts";
import type { ClipSource } from "../../../../core/index.ts";

const GUILD = "2001";
const [CHANNEL, THREAD, MESSAGE, FILE] = ["3001", "3002", "4001", "5001"];
const MODERATORS = "6001";
const { ViewChannel, ReadMessageHistory, Administrator, ManageThreads } = PermissionFlagsBits;
const bits = (...flags: bigint[]) => String(flags.reduce((all, flag) => all | flag, 0n));
const tenantId = tenantOfGuild(GUILD);
const source: ClipSource = { type: "file", fileId: FILE, message: { channelId: CHANNEL, messageId: MESSAGE } };
const inThread: ClipSource = { ...source, message: { channelId: CHANNEL, threadId: THREAD, messageId: MESSAGE } };

let client: Client;
let readsEverything = true;
const api = () => nock("https://discord.com").persist();
const user = (id: string) => ({ id, username: id, discriminator: "0", global_name: null, avatar: null });

beforeEach(() => {
  nock.disableNetConnect();
  readsEverything = true;
  client = new Client({ intents: [], rest: { makeRequest: fetch as never, retries: 0 } });
  client.rest.setToken("token");
});
afterEach(async () => {
  await client.destroy();
  nock.cleanAll();
  nock.enableNetConnect();
});

/** A server where `@everyone` may do what is said, with what the channel changes for some. */
function aServer(options: {
  readonly everyone?: string;
  readonly moderators?: string;
  readonly overwrites?: readonly { id: string; type: number; allow: string; deny: string }[];
  readonly thread?: { readonly type: number; readonly members: readonly string[] };
}) {
  const { everyone = bits(ViewChannel, ReadMessageHistory), moderators = "0", overwrites = [], thread } = options;
  const role = (id: string, permissions: string) => ({
    id,
    name: id,
    permissions,
    position: 0,
    color: 0,
    hoist: false,
  });
  const channel = {
    id: CHANNEL,
    type: ChannelType.GuildText,
    guild_id: GUILD,
    name: "clips",
    permission_overwrites: overwrites,
  };
  const api_ = api();
  api_
    .get(`/api/v10/guilds/${GUILD}`)
    .query(true)
    .reply(200, {
      id: GUILD,
      name: "Meadow",
      owner_id: "9",
      roles: [role(GUILD, everyone), role(MODERATORS, moderators)],
      emojis: [],
      stickers: [],
      features: [],
      channels: [channel],
    });
  api_.get(`/api/v10/channels/${CHANNEL}`).reply(200, channel);
  if (thread) {
    const metadata = {
      archived: false,
      auto_archive_duration: 60,
      archive_timestamp: "2026-01-01T00:00:00Z",
      locked: false,
    };
    api_.get(`/api/v10/channels/${THREAD}`).reply(200, {
      id: THREAD,
      guild_id: GUILD,
      parent_id: CHANNEL,
      type: thread.type,
      name: "t",
      thread_metadata: metadata,
    });
    for (const id of thread.members)
      api_.get(`/api/v10/channels/${THREAD}/thread-members/${id}`).reply(200, { id: THREAD, user_id: id });
    api_.get(/thread-members/).reply(404, { code: 10007, message: "Unknown Member" });
  }
}
function aMember(id: string, roles: readonly string[] = []) {
  api()
    .get(`/api/v10/guilds/${GUILD}/members/${id}`)
    .reply(200, { user: user(id), roles, joined_at: "2026-01-01T00:00:00Z", deaf: false, mute: false, flags: 0 });
}
function aMessage(place: string, changes: Record<string, unknown> = {}) {
  const attachments = [
    {
      id: FILE,
      filename: "meadow.mp4",
      content_type: "video/mp4",
      size: 3,
      url: "https://cdn.discordapp.com/x",
      proxy_url: "",
    },
  ];
  api()
    .get(`/api/v10/channels/${place}/messages/${MESSAGE}`)
    .reply(200, {
      id: MESSAGE,
      channel_id: place,
      author: user("1"),
      content: "",
      mentions: [],
      attachments,
      ...changes,
    });
}
const sees = (who?: string, what: ClipSource = source) => {
  const addresses = new ClipAddresses({
    rest: client.rest,
    me: () => "9001",
    readsEverything: () => readsEverything,
    now: Date.now,
  });
  return canSee({ client, rest: client.rest, addresses, now: Date.now }, tenantId, what, who);
};

describe("a clip in a channel is seen", () => {
  it("by members who may view the channel and read its history", async () => {
    aServer({});
    aMember("1");
    aMessage(CHANNEL);
    expect(await sees("1")).toBe("yes");
  });

  it.each([
    ["may not view it", bits(ReadMessageHistory), "0", [], [], "no"],
    ["may not read what came before", bits(ViewChannel), "0", [], [], "no"],
    ["may by a role", "0", bits(ViewChannel, ReadMessageHistory), [MODERATORS], [], "yes"],
    ["administrates", "0", bits(Administrator), [MODERATORS], [], "yes"],
    [
      "is kept out by the channel",
      undefined,
      "0",
      [],
      [{ id: GUILD, type: OverwriteType.Role, allow: "0", deny: bits(ViewChannel) }],
      "no",
    ],
    [
      "is let in by name where others are kept out",
      undefined,
      "0",
      [],
      [
        { id: GUILD, type: OverwriteType.Role, allow: "0", deny: bits(ViewChannel) },
        { id: "1", type: OverwriteType.Member, allow: bits(ViewChannel), deny: "0" },
      ],
      "yes",
    ],
  ] as const)("or not, by somebody who %s", async (_who, everyone, moderators, roles, overwrites, answer) => {
    aServer({ ...(everyone !== undefined && { everyone }), moderators, overwrites });
    aMember("1", roles);
    aMessage(CHANNEL);
    expect(await sees("1")).toBe(answer);
  });

  it("no more by those who have left, and roles are asked for each time", async () => {
    aServer({});
    aMessage(CHANNEL);
    const members = nock("https://discord.com").get(`/api/v10/guilds/${GUILD}/members/1`);
    members.reply(200, {
      user: user("1"),
      roles: [],
      joined_at: "2026-01-01T00:00:00Z",
      deaf: false,
      mute: false,
      flags: 0,
    });
    expect(await sees("1")).toBe("yes");
    nock("https://discord.com")
      .get(`/api/v10/guilds/${GUILD}/members/1`)
      .reply(404, { code: 10007, message: "Unknown Member" });
    expect(await sees("1")).toBe("no");
  });

  it("in a private thread by those who are in it, and by those who manage threads", async () => {
    aServer({ thread: { type: ChannelType.PrivateThread, members: ["1"] }, moderators: bits(ManageThreads) });
    aMember("1");
    aMember("2");
    aMember("3", [MODERATORS]);
    aMessage(THREAD as string);
    expect([await sees("1", inThread), await sees("2", inThread), await sees("3", inThread)]).toEqual([
      "yes",
      "no",
      "yes",
    ]);
  });
});

describe("a clip is gone", () => {
  it.each([
    [10008, "Unknown Message"],
    [10003, "Unknown Channel"],
  ])("when Discord says %i, %s", async (code, message) => {
    api()
      .get(/messages/)
      .reply(404, { code, message });
    expect(await sees("1")).toBe("gone");
  });

  it("when its message has lost it, but not when the message only hides it", async () => {
    aMessage(CHANNEL, { attachments: [] });
    expect(await sees()).toBe("gone");
    readsEverything = false;
    expect(await sees()).toBe("yes");
  });

  it("when a link was edited out of its message", async () => {
    const link: ClipSource = { type: "link", url: "https://media.example/a.mp4", message: source.message };
    aMessage(CHANNEL, { content: "it was here", attachments: [] });
    expect(await sees(undefined, link)).toBe("gone");
  });

  it("not when the bot may not look: that is a no, asked once", async () => {
    let asked = 0;
    api()
      .get(/messages/)
      .reply(() => {
        asked += 1;
        return [403, { code: 50001, message: "Missing Access" }];
      });
    expect(await sees("1")).toBe("no");
    expect(asked).toBe(1);
  });
});

describe("when Discord cannot be asked", () => {
  it("nobody is told anything, and it may be tried again", async () => {
    api()
      .get(/messages/)
      .reply(503, {});
    await expect(sees("1")).rejects.toMatchObject({ code: "source.unreachable", retryable: true });
  });
});
