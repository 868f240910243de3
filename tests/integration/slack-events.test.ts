/** Every event, command, shortcut and form over signed HTTP, as Slack sends them; and what is acknowledged when. */

import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aShare } from "../support/chat-builders.ts";
import { aNotice, anAnswering, aReady } from "../support/chat-messages.ts";
import type { DeskCalls } from "../support/fake-desk.ts";
import { ALICE, BOT, CHANNEL, lacksLocalSlack } from "../support/local-slack.ts";
import { envelope, send, sendCommand, sendEvent, sendInteraction } from "../support/slack-events.ts";
import { type SlackPeer, slackPeer } from "../support/slack-peer.ts";

const VIDEO = { id: "F1", name: "dog.mp4", mimetype: "video/mp4", size: 10, mode: "hosted" };
const said = (event: object) => ({
  type: "message",
  channel: CHANNEL,
  channel_type: "channel",
  user: ALICE,
  ts: `${Date.now()}.1`,
  ...event,
});

describe.skipIf(lacksLocalSlack())("Slack's events", () => {
  let peer: SlackPeer;
  let port: number;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "damo-slack-events-"));
    peer = await slackPeer({ via: "http", folder, streaming: true });
    port = (peer.config.events as { port: number }).port;
  });
  afterAll(async () => {
    await peer?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    for (const calls of Object.values(peer.desk.calls)) calls.length = 0;
  });
  afterEach(() => {
    peer.desk.before = () => {};
  });

  const heard = <Name extends keyof DeskCalls>(name: Name): readonly DeskCalls[Name][] => peer.desk.calls[name];
  const until = async (is: () => boolean) => {
    for (const end = Date.now() + 30_000; !is(); ) {
      if (Date.now() > end) throw new Error("not in 30 s");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const common = () => ({ tenantId: peer.tenantId, platform: "slack" });

  describe("about what is gone", () => {
    it.each([
      [
        "a deleted message",
        said({ subtype: "message_deleted", deleted_ts: "1.1" }),
        { channelId: CHANNEL, messageIds: ["1.1"] },
      ],
      [
        "a deleted message that has a thread",
        said({
          subtype: "message_changed",
          message: { subtype: "tombstone", ts: "1.2", text: "This message was deleted." },
        }),
        { channelId: CHANNEL, messageIds: ["1.2"] },
      ],
      [
        "a file taken out of a message",
        said({
          subtype: "message_changed",
          message: { ts: "1.3", text: "x" },
          previous_message: { ts: "1.3", files: [VIDEO] },
        }),
        { channelId: CHANNEL, messageIds: ["1.3"], fileId: "F1" },
      ],
      [
        "a file that has become a tombstone",
        said({
          subtype: "message_changed",
          message: { ts: "1.4", files: [{ id: "F1", mode: "tombstone" }] },
          previous_message: { ts: "1.4", files: [VIDEO] },
        }),
        { channelId: CHANNEL, messageIds: ["1.4"], fileId: "F1" },
      ],
      [
        "a link edited out",
        said({
          subtype: "message_changed",
          message: { ts: "1.5", text: "nothing" },
          previous_message: { ts: "1.5", text: "<https://a.example/dog.mp4>" },
        }),
        { channelId: CHANNEL, messageIds: ["1.5"] },
      ],
      ["a deleted file", { type: "file_deleted", file_id: "F2", event_ts: "1" }, { fileId: "F2" }],
      [
        "an unshared file",
        { type: "file_unshared", file_id: "F3", channel_id: CHANNEL, event_ts: "1" },
        { fileId: "F3", channelId: CHANNEL },
      ],
      [
        "a channel that was left",
        { type: "channel_left", channel: "C9", actor_id: ALICE, event_ts: "1" },
        { channelId: "C9" },
      ],
      [
        "a private channel that was left",
        { type: "group_left", channel: "G9", actor_id: ALICE, event_ts: "1" },
        { channelId: "G9" },
      ],
      [
        "an archived channel",
        { type: "channel_archive", channel: "C9", user: ALICE, event_ts: "1" },
        { channelId: "C9" },
      ],
      ["a deleted channel", { type: "channel_deleted", channel: "C9", event_ts: "1" }, { channelId: "C9" }],
      [
        "the bot that was removed",
        { type: "member_left_channel", user: BOT, channel: CHANNEL, channel_type: "C" },
        { channelId: CHANNEL },
      ],
    ])("tell of %s", async (_what, event, removed) => {
      expect(await sendEvent(port, event)).toBe(200);
      expect(heard("sourceRemoved")).toEqual([{ ...common(), ...removed }]);
    });

    it.each([
      [
        "an edited text",
        said({
          subtype: "message_changed",
          message: { ts: "1.6", text: "b" },
          previous_message: { ts: "1.6", text: "a" },
        }),
      ],
      ["somebody else who left", { type: "member_left_channel", user: ALICE, channel: CHANNEL, channel_type: "C" }],
      ["a token of a person", { type: "tokens_revoked", tokens: { oauth: ["U1"] } }],
    ])("do not take %s for it", async (_what, event) => {
      expect(await sendEvent(port, event)).toBe(200);
      expect([...heard("sourceRemoved"), ...heard("tenantRemoved")]).toEqual([]);
    });

    it.each([
      ["app_uninstalled", { type: "app_uninstalled" }],
      ["tokens_revoked", { type: "tokens_revoked", tokens: { bot: [BOT] } }],
    ])("remove the workspace on %s", async (_name, event) => {
      expect(await sendEvent(port, event)).toBe(200);
      expect(heard("tenantRemoved")).toEqual([common()]);
    });
  });

  describe("about what is said", () => {
    it("are understood from app_mention alone, and once when both come", async () => {
      const event = { ts: "2.1", user: ALICE, channel: CHANNEL, thread_ts: "2.0", text: `<@${BOT}> when?` };
      await sendEvent(port, { type: "app_mention", ...event });
      await sendEvent(port, said(event));
      const ids = new Set(heard("questionAsked").map(({ questionId }) => questionId));
      expect(heard("questionAsked")[0]).toMatchObject({ question: "when?", mentioned: true, askedBy: ALICE });
      expect([...ids]).toEqual(["2.1"]);
    });

    it("take up the clip above them when its own event never came, or when it is from before the bot", async () => {
      const clip = { name: "old.mp4", bytes: new Uint8Array(20), mimeType: "video/mp4", text: "look" };
      const root = await peer.shareClip(clip);
      await peer.desk.heard("clipShared", ({ title }) => title === "old.mp4");
      for (const calls of Object.values(peer.desk.calls)) calls.length = 0;
      const below = { thread_ts: root.messageId, ts: "99.1", text: "when?" };
      await sendEvent(port, said(below));
      expect(heard("clipShared")).toMatchObject([{ title: "old.mp4", askedTo: false, sharedBy: ALICE }]);
      expect(heard("clipShared")[0]?.question).toBeUndefined();
      await sendEvent(port, said({ ...below, text: `<@${BOT}> when?` }));
      expect(heard("clipShared")[1]).toMatchObject({ askedTo: true });
      expect(heard("questionAsked").length).toBe(2);

      const before = peer.proxy.calls.length;
      await sendEvent(port, said({ thread_ts: "1000.1", text: "talk in an old thread" }));
      expect(peer.proxy.calls.slice(before).map(({ method }) => method)).not.toContain("conversations.replies");
    });

    it("leave out other bots' questions, and the bot's own words", async () => {
      await sendEvent(
        port,
        said({ subtype: "bot_message", bot_id: "B9", user: undefined, thread_ts: "2.0", text: `<@${BOT}> hi` }),
      );
      await sendEvent(port, said({ user: BOT, thread_ts: "2.0", text: "hi" }));
      await sendEvent(port, said({ subtype: "channel_join", text: "joined" }));
      expect(heard("questionAsked")).toEqual([]);
    });

    it("are meant for the bot in a conversation with it alone, about the newest clip there", async () => {
      const thread = { channelId: "D1", threadId: "3.0" };
      await peer.ledger.create(
        aShare("dm", {
          tenantId: peer.tenantId,
          thread,
          source: { type: "file", fileId: "F9", message: { channelId: "D1", messageId: "3.0" } },
        }),
      );
      await sendEvent(port, said({ channel: "D1", channel_type: "im", ts: "3.1", text: "and when does it end?" }));
      expect(heard("questionAsked")).toMatchObject([
        { thread, mentioned: true, message: { channelId: "D1", messageId: "3.1" } },
      ]);
      await sendEvent(port, said({ channel: "D2", channel_type: "im", ts: "4.1", text: "hello", files: [VIDEO] }));
      expect(heard("clipShared")).toMatchObject([{ askedTo: true, question: "hello" }]);
    });

    it("are commands in a thread when they are a word with a mention", async () => {
      const inThread = (text: string) => sendEvent(port, said({ thread_ts: "2.0", text: `<@${BOT}> ${text}` }));
      await inThread("moments");
      await inThread("Forget.");
      const thread = { channelId: CHANNEL, threadId: "2.0" };
      expect(heard("showMoments")).toEqual([{ ...common(), by: ALICE, thread }]);
      expect(heard("forget")).toEqual([{ ...common(), by: ALICE, thread }]);
      expect(heard("questionAsked")).toEqual([]);
    });

    it("say why a page that plays a video is not watched, where they were asked to", async () => {
      const link = "<https://www.youtube.com/watch?v=dQw4w9WgXcQ>";
      const { messageId } = await peer.say({ text: "x" });
      await sendEvent(port, said({ ts: messageId, text: `<@${BOT}> ${link}` }));
      await sendEvent(port, said({ text: link }));
      const thread = await peer.messages({ channelId: CHANNEL, threadId: messageId });
      expect(thread.map((message) => message.text)).toEqual([
        "I do not download from youtube.com. Upload the clip itself, and I watch it.",
      ]);
    });

    it("of a stopped stream stop the question behind it", async () => {
      const place = await peer.say({ text: "clip" });
      const thread = { channelId: CHANNEL, threadId: place.messageId };
      const stream = await peer.platform.answer(
        peer.tenantId,
        thread,
        ALICE,
        anAnswering("", { stopId: "i-1" }),
        "k-1",
      );
      const event = {
        type: "agent_session_stopped",
        channel: CHANNEL,
        user: ALICE,
        thread_ts: thread.threadId,
        event_ts: "1",
      };
      await sendEvent(port, { ...event, streaming_message_ts: [stream.message.messageId] });
      expect(heard("stopPressed")).toEqual([{ ...common(), by: ALICE, stopId: "i-1" }]);
    });
  });

  describe("about files alone", () => {
    it("find the message in the file once it lists its channel", async () => {
      peer.proxy.fault({
        method: "files.info",
        does: { answer: 200, body: JSON.stringify({ ok: true, file: { ...VIDEO, id: "F7" } }) },
      });
      const shares = { public: { [CHANNEL]: [{ ts: "7.1", thread_ts: "7.0" }] } };
      peer.proxy.fault({
        method: "files.info",
        does: { answer: 200, body: JSON.stringify({ ok: true, file: { ...VIDEO, id: "F7", shares } }) },
      });
      await sendEvent(port, {
        type: "file_shared",
        file_id: "F7",
        user_id: ALICE,
        channel_id: CHANNEL,
        file: { id: "F7" },
        event_ts: "1",
      });
      const shared = await peer.desk.heard(
        "clipShared",
        ({ source }) => source.type === "file" && source.fileId === "F7",
      );
      expect(shared).toMatchObject({
        sharedBy: ALICE,
        source: { message: { channelId: CHANNEL, messageId: "7.1", threadId: "7.0" } },
      });
    });

    it("are left out when the message has come", async () => {
      const before = peer.proxy.calls.length;
      await sendEvent(port, said({ ts: "8.1", files: [{ ...VIDEO, id: "F8" }] }));
      await sendEvent(port, {
        type: "file_shared",
        file_id: "F8",
        user_id: ALICE,
        channel_id: CHANNEL,
        file: { id: "F8" },
        event_ts: "1",
      });
      expect(heard("clipShared").length).toBe(1);
      expect(peer.proxy.calls.slice(before).map(({ method }) => method)).not.toContain("files.info");
    });
  });

  describe("that come again", () => {
    it("are left out once they are kept, even after what they were about is gone", async () => {
      const event = said({ ts: "9.1", files: [VIDEO] });
      await sendEvent(port, event, { eventId: "EvTwice" });
      await sendEvent(port, event, { eventId: "EvTwice", retryNum: 1 });
      await sendEvent(port, event, { eventId: "EvTwice", retryNum: 3 });
      expect(heard("clipShared").length).toBe(1);
    });

    it("are taken when the first delivery was not kept", async () => {
      peer.desk.before = () => {
        throw new Error("the store is away");
      };
      const event = said({ ts: "9.2", files: [VIDEO] });
      expect(await sendEvent(port, event, { eventId: "EvLost" })).toBe(500);
      peer.desk.before = () => {};
      expect(await sendEvent(port, event, { eventId: "EvLost", retryNum: 1 })).toBe(200);
      expect(heard("clipShared").length).toBe(1);
    });

    it("are acknowledged once they are kept and not before; meanwhile another delivery joins the first", async () => {
      const keeps: (() => void)[] = [];
      peer.desk.before = () => new Promise((resolve) => void keeps.push(resolve));
      const event = said({ ts: "9.3", files: [VIDEO] });
      const acknowledged: number[] = [];
      const deliver = (retryNum: number) =>
        sendEvent(port, event, { eventId: "EvSlow", retryNum }).then((status) => acknowledged.push(status));
      const first = deliver(0);
      await until(() => keeps.length === 1);
      const second = deliver(1);
      await sendEvent(port, { type: "app_home_opened", user: ALICE, channel: "D1", tab: "messages", event_ts: "1" });
      expect(acknowledged).toEqual([]);
      for (const keep of keeps) keep();
      await Promise.all([first, second]);
      expect(acknowledged).toEqual([200, 200]);
      expect(heard("clipShared").length).toBe(1);
    });

    it("are refused without Slack's signature, or with an old one", async () => {
      const body = envelope({ type: "app_uninstalled" });
      expect(await send(port, body, { secret: "guessed" })).toBe(401);
      expect(await send(port, body, { at: Math.floor(Date.now() / 1000) - 600 })).toBe(401);
      expect(heard("tenantRemoved")).toEqual([]);
    });
  });

  describe("of people at buttons, menus and forms", () => {
    /** Where private answers go. */
    async function responses(): Promise<{ url: string; got: Record<string, unknown>[]; close(): void }> {
      const got: Record<string, unknown>[] = [];
      const server = createServer(async (request, response) => {
        got.push(JSON.parse(await text(request)) as Record<string, unknown>);
        response.end("ok");
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, got, close: () => server.close() };
    }
    it("share an older clip by the message's menu, or say that there is none", async () => {
      const { url, got, close } = await responses();
      const shortcut = (message: object) =>
        sendInteraction(port, {
          type: "message_action",
          callback_id: "ask_about_clip",
          trigger_id: "1.1",
          response_url: url,
          channel: { id: CHANNEL, name: "general" },
          message_ts: "5.1",
          message: { type: "message", ts: "5.1", user: ALICE, text: "", ...message },
        });
      expect(await shortcut({ files: [VIDEO] })).toBe(200);
      await until(() => got.length === 1);
      expect(heard("clipShared")).toMatchObject([{ askedTo: true, sharedBy: ALICE, title: "dog.mp4" }]);
      expect(await shortcut({ text: "hello" })).toBe(200);
      await until(() => got.length === 2);
      expect(got[1]).toMatchObject({
        response_type: "ephemeral",
        text: expect.stringContaining("no clip in this message"),
      });
      close();
    });

    it("do what was asked for although the private answer cannot arrive", async () => {
      await sendInteraction(port, {
        type: "message_action",
        callback_id: "ask_about_clip",
        trigger_id: "1.1",
        response_url: `${peer.proxy.origin}/gone`,
        channel: { id: CHANNEL, name: "general" },
        message_ts: "5.2",
        message: { type: "message", ts: "5.2", user: ALICE, text: "", files: [VIDEO] },
      });
      await peer.desk.heard("clipShared", ({ source }) => source.message.messageId === "5.2");
    });

    it("read /clip and its words", async () => {
      const { url, got, close } = await responses();
      for (const word of ["", "help", "what"]) await sendCommand(port, word, url);
      await until(() => got.length === 3);
      for (const help of got) expect(help["text"]).toContain("Share a clip");

      await sendCommand(port, "forget", url);
      await until(() => got.length === 4);
      expect(got[3]?.["text"]).toContain("remember no clips");

      const source = { type: "file", fileId: "F1", message: { channelId: CHANNEL, messageId: "6.0" } } as const;
      const elsewhere = { ...source, message: { channelId: "C9", messageId: "6.0" } };
      peer.desk.clips = [
        { share: aShare("here", { title: "here.mp4", source }), durationSeconds: 60, sizeBytes: 1 },
        { share: aShare("there", { title: "there.mp4", source: elsewhere }), durationSeconds: 60, sizeBytes: 1 },
      ];
      await sendCommand(port, "moments", url);
      await until(() => got.length === 5);
      expect(JSON.stringify(got[4])).toContain("here.mp4");
      expect(JSON.stringify(got[4])).not.toContain("there.mp4");
      close();
    });

    it("change the settings of a channel", async () => {
      await sendCommand(port, "settings", "http://127.0.0.1:9/");
      await until(() => peer.proxy.calls.some(({ method }) => method === "views.open"));
      const opened = peer.proxy.calls.findLast(({ method }) => method === "views.open")?.args["view"];
      expect(opened).toMatchObject({ callback_id: "settings", private_metadata: CHANNEL });
      const state = { values: { watch: { watch: { selected_option: { value: "mention" } } } } };
      const view = { id: "V1", type: "modal", callback_id: "settings", private_metadata: CHANNEL, state };
      expect(await sendInteraction(port, { type: "view_submission", view })).toBe(200);
      const settings = () => peer.desk.readSettings(peer.tenantId, "slack", CHANNEL);
      await expect.poll(settings).toMatchObject({ watch: "mention" });
    });

    it("show what is remembered in the App Home, and forget it there", async () => {
      peer.desk.clips = [{ share: aShare("share-9", { title: "home.mp4" }), durationSeconds: 60, sizeBytes: 2048 }];
      const published = () => peer.proxy.calls.filter(({ method }) => method === "views.publish");
      await sendEvent(port, { type: "app_home_opened", user: ALICE, channel: "D1", tab: "home", event_ts: "1" });
      expect(JSON.stringify(published().at(-1)?.args["view"])).toContain("home.mp4");

      const press = (action: object) =>
        sendInteraction(port, {
          type: "block_actions",
          trigger_id: "1.1",
          container: { type: "view", view_id: "V1" },
          view: { id: "V1", type: "home" },
          actions: [{ type: "button", block_id: "b", action_ts: "1", ...action }],
        });
      const before = published().length;
      await press({ action_id: "forget-share-0", value: "share-9" });
      await until(() => published().length === before + 1);
      expect(heard("forget")).toEqual([{ ...common(), by: ALICE, shareId: "share-9" }]);
      peer.desk.clips = [];
      await press({ action_id: "forget-all" });
      await until(() => published().length === before + 2);
      expect(heard("forgetAll")).toEqual([{ ...common(), by: ALICE }]);
      expect(JSON.stringify(published().at(-1)?.args["view"])).toContain("remember no clips");
    });

    it("take two presses in a row for one", async () => {
      const root = await peer.say({ text: "clip" });
      const thread = { channelId: CHANNEL, threadId: root.messageId };
      const ready = await peer.platform.post(peer.tenantId, thread, aReady(), "twice");
      await Promise.all([peer.press(ready, "When does the dog bark?"), peer.press(ready, "When does the dog bark?")]);
      await peer.press(ready, "How often is the bell heard?");
      await peer.desk.heard("questionAsked", ({ question }) => question.startsWith("How often"));
      expect(heard("questionAsked").filter(({ question }) => question.startsWith("When")).length).toBe(1);
    });

    it("acknowledge a press on a link", async () => {
      const action = { type: "button", action_id: "open-0", block_id: "b", action_ts: "1" };
      expect(
        await sendInteraction(port, {
          type: "block_actions",
          trigger_id: "1",
          channel: { id: CHANNEL },
          actions: [action],
        }),
      ).toBe(200);
    });
  });

  it("leave the thread with one message when Slack breaks off after it has posted", async () => {
    const root = await peer.say({ text: "clip" });
    const thread = { channelId: CHANNEL, threadId: root.messageId };
    peer.proxy.fault({ method: "chat.postMessage", does: { cut: "afterwards" } });
    await peer.platform.post(peer.tenantId, thread, aNotice({ text: "once" }), "cut-1");
    peer.proxy.fault({ method: "chat.postMessage", does: { cut: "before" } });
    await peer.platform.post(peer.tenantId, thread, aNotice({ text: "twice" }), "cut-2");
    expect((await peer.messages(thread)).map((message) => message.text)).toEqual(["once", "twice"]);
  });
});
