/** Discord when it is not at its best: hidden content, expired addresses, lost connections, limits, refusals, deletions. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type APIAttachment, AttachmentFlags, ChannelType, GatewayDispatchEvents } from "discord-api-types/v10";
import { pino } from "pino";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { ClipShared } from "../../bots/chat/chat-platform.ts";
import { checkDiscord } from "../../bots/discord/check-discord.ts";
import { intentsOf } from "../../bots/discord/message-content.ts";
import { tenantOfDirectMessages, tenantOfGuild } from "../../bots/discord/tenant.ts";
import { WORDS } from "../../bots/discord/words.ts";
import { asTenantId } from "../../core/index.ts";
import { aNotice, anAnswer, anAnswering, aReady, aSpan, GREY_JPEG } from "../support/chat-messages.ts";
import {
  CHANNEL_ID,
  configOf,
  connectBot,
  connectDiscordPeer,
  type DiscordPeer,
  GUILD_ID,
  messagesIn,
  PEOPLE,
  startFakeDiscord,
  useOnMessage,
} from "../support/discord/discord-peer.ts";
import { eventually } from "../support/discord/eventually.ts";
import { type FakeDiscord, rateLimited, refused } from "../support/discord/fake-discord.ts";
import { FakeDesk } from "../support/fake-desk.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

const BYTES = new Uint8Array(200_000).map((_, index) => (index * 31) % 251);
const CLIP = { name: "meadow.mp4", bytes: BYTES, mimeType: "video/mp4" };
const tenantId = tenantOfGuild(GUILD_ID);
const OPTIONS = { maxBytes: 1e9, signal: new AbortController().signal };

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});
async function aPeer(changes: Record<string, string> = {}): Promise<DiscordPeer> {
  const peer = await connectDiscordPeer(changes);
  open.push(peer);
  return peer;
}
async function aFake(): Promise<FakeDiscord> {
  const fake = await startFakeDiscord();
  open.push(fake);
  return fake;
}
async function aClip(peer: DiscordPeer): Promise<ClipShared> {
  const { messageId } = await peer.shareClip(CLIP);
  return peer.desk.heard("clipShared", ({ source }) => source.message.messageId === messageId);
}
async function aThread(peer: DiscordPeer) {
  const shared = await aClip(peer);
  return { shared, thread: await peer.platform.openThread(tenantId, shared.source.message, shared.title) };
}
async function download(peer: DiscordPeer, shared: ClipShared): Promise<Uint8Array> {
  const path = join(await scratchFolder(), "clip");
  await peer.platform.download(tenantId, shared.source, path, OPTIONS);
  return readFile(path);
}
const requestsTo = (fake: FakeDiscord, method: string, path: RegExp) =>
  fake.requests.filter((request) => request.method === method && path.test(request.path));

describe("without the message-content intent", () => {
  it("the bot hears mentions and commands, and nothing else", async () => {
    const peer = await aPeer({ DISCORD_MESSAGE_CONTENT: "off" });
    const unheard = await peer.shareClip(CLIP);
    await peer.shareClip({ ...CLIP, name: "named.mp4", mention: true, text: "when?" });
    expect(await peer.desk.heard("clipShared")).toMatchObject({ title: "named.mp4", question: "when?" });

    await useOnMessage(peer.fake, WORDS.askAboutThisClip, unheard);
    await peer.fake.twin
      .channel(CHANNEL_ID)
      .user(PEOPLE.alice)
      .submitModal({
        customId: `damo|question|${unheard.messageId}`,
        fields: [{ customId: "question", value: "who?" }],
      });
    const pointedAt = await peer.desk.heard("clipShared", ({ question }) => question === "who?");
    expect(Buffer.compare(await download(peer, pointedAt), BYTES)).toBe(0);
    expect(await peer.platform.canSee(tenantId, pointedAt.source, PEOPLE.alice)).toBe("yes");
    expect(peer.desk.calls.clipShared.length).toBe(2);

    const thread = await peer.platform.openThread(tenantId, unheard, "meadow.mp4");
    await peer.say({ text: "is anybody there?", thread });
    await peer.say({ text: "when?", thread, mention: true });
    expect((await peer.desk.heard("questionAsked")).question).toBe("when?");
    const ready = await peer.platform.post(tenantId, thread, aReady(), "ready");
    expect((await peer.messages(thread)).find(({ ref }) => ref.messageId === ready.messageId)?.text).toContain(
      "Mention me",
    );
  });

  it("a clip whose files are hidden is not fetched, and not taken for gone", async () => {
    const peer = await aPeer({ DISCORD_MESSAGE_CONTENT: "auto" });
    const shared = await aClip(peer);
    peer.fake.gateway.messageContentGranted = false;
    const fresh = await connectBot(peer.fake, new FakeDesk());
    open.push(fresh);
    expect(fresh.readsEverything).toBe(false);
    const path = join(await scratchFolder(), "clip");
    await expect(fresh.platform.download(tenantId, shared.source, path, OPTIONS)).rejects.toMatchObject({
      code: "source.no_access",
      details: { problem: expect.stringContaining("mention me with it") },
    });
    // The message is there: nothing is wiped because of what cannot be seen.
    expect(await fresh.platform.canSee(tenantId, shared.source)).toBe("yes");
  });

  it("a start that asks for it is refused with the intent's name, before and at the gateway", async () => {
    const fake = await aFake();
    fake.gateway.messageContentGranted = false;
    const problem = { code: "config.invalid", details: { problem: expect.stringContaining("Message Content") } };
    await expect(connectBot(fake, new FakeDesk(), { DISCORD_MESSAGE_CONTENT: "on" })).rejects.toMatchObject(problem);
    // Turned off between the question and the connection: close code 4014.
    fake.fault(/^\/applications\/@me$/, { status: 200, body: { id: "9001", flags: 1 << 19 } });
    await expect(connectBot(fake, new FakeDesk(), { DISCORD_MESSAGE_CONTENT: "on" })).rejects.toMatchObject(problem);
    expect(fake.gateway.lastIdentify?.intents).toBe(intentsOf(true).reduce((sum, bit) => sum | bit, 0));
  });
});

describe("a token or shards that Discord does not take", () => {
  it("stop the start with what to do", async () => {
    const fake = await aFake();
    fake.fault(/^\/applications\/@me$/, refused(401, 0, "401: Unauthorized"));
    await expect(connectBot(fake, new FakeDesk())).rejects.toMatchObject({
      code: "config.invalid",
      details: { problem: expect.stringContaining("DISCORD_BOT_TOKEN") },
    });
  });

  it("are found by the doctor, which also says what the bot reads and how to invite it", async () => {
    const fake = await aFake();
    const all = await checkDiscord(configOf(fake));
    expect(all).toContain("reads every message; invite it with https://discord.com/oauth2/authorize?client_id=9001");
    expect(await checkDiscord(configOf(fake, { DISCORD_MESSAGE_CONTENT: "off" }))).toContain("switched off here");
    fake.gateway.messageContentGranted = false;
    expect(await checkDiscord(configOf(fake))).toContain("off in the developer portal");
    fake.fault(/@me$/, refused(401, 0, "401: Unauthorized"));
    await expect(checkDiscord(configOf(fake))).rejects.toMatchObject({ code: "config.invalid" });
    fake.fault(/@me$/, "cut", { times: 9 });
    await expect(checkDiscord(configOf(fake))).rejects.toMatchObject({
      code: "config.invalid",
      details: { problem: expect.stringContaining(fake.apiUrl) },
    });
  });

  it("shards are those of the configuration", async () => {
    const fake = await aFake();
    open.push(await connectBot(fake, new FakeDesk(), { DISCORD_SHARDS: "4", DISCORD_SHARD_IDS: "2" }));
    expect(fake.gateway.lastIdentify?.shard).toEqual([2, 4]);
  });
});

describe("fetching a clip", () => {
  it("asks its message for a new address when the one at hand has expired", async () => {
    const peer = await aPeer();
    const shared = await aClip(peer);
    peer.fake.cdn.expireAddresses();
    expect(Buffer.compare(await download(peer, shared), BYTES)).toBe(0);
    expect(peer.fake.cdn.requests.map(({ status }) => status)).toEqual([404, 200]);
  });

  it("goes on where the connection was cut", async () => {
    const peer = await aPeer();
    const shared = await aClip(peer);
    peer.fake.cdn.cutAfter = [50_000, 30_000];
    expect(Buffer.compare(await download(peer, shared), BYTES)).toBe(0);
    const [whole, ...rest] = peer.fake.cdn.requests;
    expect(whole).toMatchObject({ range: undefined, status: 200 });
    expect(rest.length).toBeGreaterThan(0);
    for (const { range, status } of rest) expect([range?.startsWith("bytes="), status]).toEqual([true, 206]);
  });

  it("knows a file that was taken out of its message, or whose message is gone, from one that it may not fetch", async () => {
    const clock = Date.now;
    let aheadMs = 0;
    const moved = vi.spyOn(Date, "now").mockImplementation(() => clock() + aheadMs);
    onTestFinished(() => moved.mockRestore());
    const peer = await aPeer({ DISCORD_CATCH_UP_MINUTES: "0" });
    const shared = await aClip(peer);
    const fresh = await peer.restart();
    const path = join(await scratchFolder(), "clip");
    const fetched = () => fresh.download(tenantId, shared.source, path, OPTIONS);
    const route = new RegExp(`/messages/${shared.source.message.messageId}$`);

    peer.fake.fault(route, refused(403, 50001, "Missing Access"));
    await expect(fetched()).rejects.toMatchObject({ code: "source.no_access", retryable: false });
    peer.fake.fault(route, refused(403, 50001, "Missing Access"));
    expect(await fresh.canSee(tenantId, shared.source)).toBe("no");
    expect(requestsTo(peer.fake, "GET", route).filter(({ status }) => status === 403).length).toBe(2);

    await peer.fake.twin.prisma.message.update({
      where: { id: shared.source.message.messageId },
      data: { attachments: "[]", content: "without the clip" },
    });
    // Of a message that has only just been written it is not believed yet.
    await expect(fetched()).rejects.toMatchObject({ code: "source.unreachable", retryable: true });
    expect(await fresh.canSee(tenantId, shared.source)).toBe("yes");
    aheadMs = 60_000;
    await expect(fetched()).rejects.toMatchObject({ code: "source.gone" });
    expect(await fresh.canSee(tenantId, shared.source)).toBe("gone");
  });

  it("is stopped by its signal", async () => {
    const peer = await aPeer();
    const shared = await aClip(peer);
    const path = join(await scratchFolder(), "clip");
    const stopped = peer.platform.download(tenantId, shared.source, path, {
      maxBytes: 1e9,
      signal: AbortSignal.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("posting", () => {
  it("waits for rate limits and arrives once", async () => {
    const peer = await aPeer();
    const { thread } = await aThread(peer);
    peer.fake.fault(/\/messages$/, rateLimited(0.4), { method: "POST", times: 2 });
    await peer.platform.post(tenantId, thread, aNotice({ text: "patience" }), "key");
    const posts = requestsTo(peer.fake, "POST", /\/messages$/);
    expect(posts.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect((posts.at(-1)?.atMs ?? 0) - (posts[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(800);
    expect((await peer.messages(thread)).filter(({ text }) => text.includes("patience")).length).toBe(1);
  });

  it("goes through Discord's hiccups", async () => {
    const peer = await aPeer();
    const { thread } = await aThread(peer);
    peer.fake.fault(/\/messages$/, { status: 502, body: {} }, { method: "POST", times: 2 });
    await peer.platform.post(tenantId, thread, aNotice(), "key");
    expect((await peer.messages(thread)).length).toBe(1);
  });

  it("again after the answer was lost finds the message by its nonce", async () => {
    const peer = await aPeer();
    const { thread } = await aThread(peer);
    peer.fake.fault(/\/messages$/, "cut-after", { method: "POST" });
    const first = await peer.platform
      .post(tenantId, thread, aNotice(), "key")
      .catch((error: { retryable?: boolean; code?: string }) => {
        expect(error).toMatchObject({ code: "source.unreachable", retryable: true });
      });
    const second = await peer.platform.post(tenantId, thread, aNotice(), "key");
    if (first) expect(second).toEqual(first);
    expect((await peer.messages(thread)).length).toBe(1);
  });

  it("never asks twice where it is forbidden", async () => {
    const peer = await aPeer();
    const { thread } = await aThread(peer);
    peer.fake.fault(/\/messages$/, refused(403, 50013, "Missing Permissions"), { method: "POST", times: 9 });
    await expect(peer.platform.post(tenantId, thread, aNotice(), "key")).rejects.toMatchObject({
      code: "source.no_access",
      details: { problem: expect.stringContaining("Missing Permissions") },
    });
    expect(requestsTo(peer.fake, "POST", /\/messages$/).length).toBe(1);
  });

  it("writes links as text where Discord takes no such address in a button", async () => {
    const peer = await aPeer();
    const { thread } = await aThread(peer);
    const url = "http://localhost:7717/c/token?t=4";
    const ref = await peer.platform.post(tenantId, thread, anAnswer({ spans: [{ ...aSpan(4, 6), url }] }), "key");
    const message = (await peer.messages(thread)).find((one) => one.ref.messageId === ref.messageId);
    expect(message?.text).toContain(url);
  });

  it("leaves out a picture that is too large for the server", async () => {
    const peer = await aPeer();
    const { thread } = await aThread(peer);
    const frame = { atSeconds: 4, jpeg: GREY_JPEG, altText: "The clip at 0:04" };
    peer.fake.fault(/\/messages$/, refused(413, 40005, "Request entity too large"), { method: "POST" });
    await peer.platform.post(tenantId, thread, anAnswer({ frame }), "key");
    expect(await peer.messages(thread)).toMatchObject([{ media: 0 }]);
  });

  it("opens an archived thread again", async () => {
    const peer = await aPeer();
    const { thread } = await aThread(peer);
    const ref = await peer.platform.post(tenantId, thread, aNotice(), "key");
    peer.fake.fault(/\/messages\/\d+$/, refused(400, 50083, "Thread is archived"), { method: "PATCH" });
    await peer.platform.edit(tenantId, ref, aNotice({ text: "changed" }));
    expect(requestsTo(peer.fake, "PATCH", new RegExp(`^/channels/${thread.threadId}$`))[0]?.body).toEqual({
      archived: false,
    });
    expect((await peer.messages(thread))[0]?.text).toBe("changed");
  });

  it("talks in the channel where there can be no thread", async () => {
    const peer = await aPeer();
    const shared = await aClip(peer);
    peer.fake.fault(/\/threads$/, refused(400, 50024, "Cannot execute action on this channel type"));
    expect(await peer.platform.openThread(tenantId, shared.source.message, "x")).toEqual({ channelId: CHANNEL_ID });
  });

  it("edits a growing answer no more often than it says, and ends with the last word", async () => {
    const peer = await aPeer();
    const { thread } = await aThread(peer);
    const stream = await peer.platform.answer(tenantId, thread, PEOPLE.alice, anAnswering(""), "answer");
    const startedAt = Date.now();
    const spent = () => (Date.now() - startedAt) / peer.platform.editEveryMs;
    for (let count = 0; spent() < 2.5; count++) {
      stream.show(anAnswering(`word ${count}`));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await stream.finish(anAnswer());
    const edits = requestsTo(peer.fake, "PATCH", /\/messages\/\d+$/);
    expect(edits.length).toBeGreaterThan(1);
    // One at once, one each time the pause is over, and the last word.
    expect(edits.length).toBeLessThanOrEqual(2 + Math.floor(spent()));
    expect(JSON.stringify(edits.at(-1)?.body)).toContain("The dog barks at 0:04");
    expect(peer.fake.twin.getTypingEvents({ channelId: thread.threadId as string }).length).toBe(1);
  });
});

describe("a gateway that drops the connection", () => {
  it("is taken up where it was, with everything that came meanwhile", async () => {
    const peer = await aPeer();
    const { thread } = await aThread(peer);
    peer.fake.gateway.drop();
    for (let index = 0; index < 5; index++) await peer.say({ text: `question ${index}?`, thread });
    await peer.desk.heard("questionAsked", ({ question }) => question === "question 4?", 30_000);
    expect(peer.desk.calls.questionAsked.map(({ question }) => question)).toEqual(
      [0, 1, 2, 3, 4].map((index) => `question ${index}?`),
    );
    expect(peer.fake.gateway.received.filter((op) => op === 2).length).toBe(1);
    expect(peer.fake.gateway.received).toContain(6);
  });

  it("and loses the session is made anew, and what came meanwhile is read", async () => {
    const peer = await aPeer();
    const { thread } = await aThread(peer);
    peer.fake.gateway.drop({ resumable: false });
    await peer.say({ text: "lost?", thread });
    await peer.shareClip({ ...CLIP, name: "lost.mp4" });
    await peer.desk.heard("questionAsked", ({ question }) => question === "lost?", 30_000);
    await peer.desk.heard("clipShared", ({ title }) => title === "lost.mp4", 30_000);
  });

  it("or a bot that was away reads what came meanwhile, once", async () => {
    const fake = await aFake();
    const desk = new FakeDesk();
    const first = await connectBot(fake, desk);
    await first.close();
    const alice = fake.twin.channel(CHANNEL_ID).user(PEOPLE.alice);
    const attachment = fake.cdn.upload({ filename: "away.mp4", bytes: BYTES, content_type: "video/mp4" });
    await alice.sendMessage({ content: "", attachments: [attachment] });
    for (let index = 0; index < 120; index++) await alice.sendMessage({ content: `chatter ${index}` });
    await alice.sendMessage({ content: `<@${fake.twin.botUserId}> what did I miss?` });
    open.push(await connectBot(fake, desk));
    await desk.heard("questionAsked", ({ question }) => question === "what did I miss?", 30_000);
    expect(desk.calls.clipShared.map(({ title }) => title)).toEqual(["away.mp4"]);
    expect(desk.calls.questionAsked.length).toBe(1);
    expect(requestsTo(fake, "GET", /\/messages\?/).length).toBe(2);
  });
});

describe("the log", () => {
  it("holds neither words of people nor tokens, whatever Discord refuses", async () => {
    const lines: string[] = [];
    const fake = await aFake();
    const log = pino({ level: "debug" }, { write: (line: string) => lines.push(line) });
    const desk = new FakeDesk();
    desk.before = () => Promise.reject(new TypeError("a bug of ours"));
    const bot = await connectBot(fake, desk, {}, { log });
    open.push(bot);
    fake.fault(/callback$/, refused(400, 50035, "Invalid Form Body"));
    fake.fault(/\/messages$/, refused(400, 50035, "Invalid Form Body"), { method: "POST" });
    fake.fault(/\/messages$/, { status: 500, body: {} }, { method: "POST", times: 99 });
    const alice = fake.twin.channel(CHANNEL_ID).user(PEOPLE.alice);
    const { token } = await alice.runSlashCommand({ name: "forget" });
    await alice.sendMessage({ content: `<@${fake.twin.botUserId}> a private question?` });
    const post = () =>
      bot.platform.post(tenantId, { channelId: CHANNEL_ID }, aNotice({ text: "a private answer" }), "key");
    log.error({ err: await post().catch((error: unknown) => error) }, "the desk logs what it cannot handle");
    log.error({ err: await post().catch((error: unknown) => error) }, "the desk logs what it cannot handle");
    const said = await eventually(
      () => lines.join(""),
      (all) => all.split("was not handled").length > 1 && all.includes("was not answered"),
    );
    expect(said).toContain("Invalid Form Body");
    for (const secret of [token, fake.twin.botToken, "private"]) expect(said).not.toContain(secret);
  });
});

describe("what is taken away on Discord", () => {
  it("many messages at once, a thread, a channel, a server are told to the desk", async () => {
    const peer = await aPeer();
    const { shared, thread } = await aThread(peer);
    const { messageId } = shared.source.message;
    const where = { channel_id: CHANNEL_ID, guild_id: GUILD_ID };
    peer.fake.gateway.dispatch(GatewayDispatchEvents.MessageDeleteBulk, { ids: ["1", messageId], ...where });
    expect(await peer.desk.heard("sourceRemoved")).toEqual({
      tenantId,
      platform: "discord",
      channelId: CHANNEL_ID,
      messageIds: ["1", messageId],
    });
    await peer.fake.twin.prisma.channel.delete({ where: { id: thread.threadId as string } });
    peer.fake.gateway.dispatch(GatewayDispatchEvents.ThreadDelete, {
      id: thread.threadId,
      guild_id: GUILD_ID,
      parent_id: CHANNEL_ID,
      type: ChannelType.PublicThread,
    });
    await peer.desk.heard("sourceRemoved", ({ threadId }) => threadId === thread.threadId);
    peer.fake.gateway.dispatch(GatewayDispatchEvents.ChannelDelete, { id: CHANNEL_ID, guild_id: GUILD_ID, type: 0 });
    await peer.desk.heard("sourceRemoved", ({ channelId, messageIds, threadId }) => {
      return channelId === CHANNEL_ID && !messageIds && !threadId;
    });
    peer.fake.gateway.dispatch(GatewayDispatchEvents.GuildDelete, { id: GUILD_ID, unavailable: true });
    peer.fake.gateway.dispatch(GatewayDispatchEvents.GuildDelete, { id: GUILD_ID });
    await peer.desk.heard("tenantRemoved");
    expect(peer.desk.calls.tenantRemoved).toEqual([{ platform: "discord", tenantId }]);
  });

  it("a server that the bot was removed from while it was away is told to the desk, and no other", async () => {
    const fake = await aFake();
    const desk = new FakeDesk();
    const tenants = ["local", "discord-dm-1001", tenantId, tenantOfGuild("2999"), "slack-T1"].map(asTenantId);
    open.push(await connectBot(fake, desk, {}, { ledger: { tenants: async () => tenants } }));
    expect(await desk.heard("tenantRemoved")).toEqual({ platform: "discord", tenantId: tenantOfGuild("2999") });
    // One that cannot be asked about is left alone.
    fake.fault(/^\/guilds\/2999$/, { status: 503, body: {} }, { times: 99 });
    const other = new FakeDesk();
    open.push(await connectBot(fake, other, {}, { ledger: { tenants: async () => tenants } }));
    await eventually(
      () => requestsTo(fake, "GET", /^\/guilds\/2999$/).filter(({ status }) => status === 503).length,
      (count) => count > 0,
    );
    expect(other.calls.tenantRemoved).toEqual([]);
  });

  it("a message of a thread that is gone too is told by its id alone", async () => {
    const peer = await aPeer();
    peer.fake.gateway.dispatch(GatewayDispatchEvents.MessageDelete, { id: "77", channel_id: "88", guild_id: GUILD_ID });
    expect(await peer.desk.heard("sourceRemoved")).toEqual({ tenantId, platform: "discord", messageIds: ["77"] });
  });

  it("a clip that an edit takes out of its message is told to the desk", async () => {
    const peer = await aPeer();
    const shared = await aClip(peer);
    const { messageId } = shared.source.message;
    await peer.fake.twin.prisma.message.update({ where: { id: messageId }, data: { attachments: "[]" } });
    await peer.fake.twin.channel(CHANNEL_ID).user(PEOPLE.alice).editMessage({ messageId, content: "nothing to see" });
    const fileId = shared.source.type === "file" ? shared.source.fileId : "";
    expect(await peer.desk.heard("sourceRemoved")).toMatchObject({ fileId, messageIds: [messageId] });
  });
});

describe("where a clip may come from", () => {
  it("the message that somebody replies to with a mention", async () => {
    const peer = await aPeer();
    const message = await peer.shareClip(CLIP);
    const referenced = (await peer.fake.twin.channel(CHANNEL_ID).getMessages()).find(
      ({ id }) => id === message.messageId,
    );
    const bob = peer.fake.twin.channel(CHANNEL_ID).user(PEOPLE.bob);
    const broadcast = peer.fake.twinGateway.broadcast.bind(peer.fake.twinGateway);
    peer.fake.twinGateway.broadcast = (event, data) =>
      broadcast(event, event === "MESSAGE_CREATE" ? { ...data, type: 19, referenced_message: referenced } : data);
    const reply = await bob.sendMessage({ content: `<@${peer.fake.twin.botUserId}> who is that?` });
    expect(await peer.desk.heard("clipShared", ({ question }) => question === "who is that?")).toMatchObject({
      source: { message },
      sharedBy: PEOPLE.alice,
      asked: { askedBy: PEOPLE.bob, questionId: reply.id, message: { messageId: reply.id } },
    });
  });

  it("Go Live, with the people in it", async () => {
    const peer = await aPeer();
    const user = (id: string) => ({ id, username: id, discriminator: "0", global_name: null, avatar: null });
    const golive: Partial<APIAttachment> = {
      flags: AttachmentFlags.IsClip,
      clip_participants: [user(PEOPLE.alice), user(PEOPLE.bob)],
    };
    const attachment = peer.fake.cdn.upload({
      filename: "golive.mp4",
      bytes: BYTES,
      content_type: "video/mp4",
      ...golive,
    });
    await peer.fake.twin
      .channel(CHANNEL_ID)
      .user(PEOPLE.alice)
      .sendMessage({ content: "", attachments: [attachment] });
    expect((await peer.desk.heard("clipShared")).participants).toEqual([PEOPLE.bob]);
  });

  it("direct messages, which have no threads and one person", async () => {
    const peer = await aPeer();
    await peer.fake.twin.prisma.channel.create({ data: { id: "4001", type: ChannelType.DM } });
    const alice = peer.fake.twin.channel("4001").user(PEOPLE.alice);
    const attachment = peer.fake.cdn.upload({ filename: "dm.mp4", bytes: BYTES, content_type: "video/mp4" });
    await alice.sendMessage({ content: "when?", attachments: [attachment] });
    const mine = tenantOfDirectMessages(PEOPLE.alice);
    const shared = await peer.desk.heard("clipShared");
    expect(shared).toMatchObject({
      tenantId: mine,
      askedTo: true,
      question: "when?",
      source: { message: { channelId: "4001" } },
    });
    expect(await peer.platform.openThread(mine, shared.source.message, "x")).toEqual({ channelId: "4001" });
    expect(await peer.platform.canSee(mine, shared.source, PEOPLE.alice)).toBe("yes");
    expect(await peer.platform.canSee(mine, shared.source, PEOPLE.bob)).toBe("no");
    await alice.sendMessage({ content: "and after that?" });
    expect(await peer.desk.heard("questionAsked")).toMatchObject({ thread: { channelId: "4001" }, mentioned: true });
    await peer.platform.post(mine, { channelId: "4001" }, aNotice({ text: "here" }), "key");
    expect((await messagesIn(peer.fake, { channelId: "4001" })).at(-1)?.text).toBe("here");
  });
});
