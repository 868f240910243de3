/**
 * What every ChatPlatform must do, and tell its desk. One small file an adapter runs it, against a peer that we did not
 * write (local-slack, discord-digital-twin). People act and see through a `ChatPeer`; the suite never looks inside.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChatPlatform, ClipShared } from "../../bots/chat/chat-platform.ts";
import type { ChatPlace, MessageRef, TenantId } from "../../core/index.ts";
import {
  aMoments,
  aNotice,
  anAnswer,
  anAnswering,
  aProgress,
  aReady,
  aSpan,
  GREY_JPEG,
} from "../support/chat-messages.ts";
import type { FakeDesk } from "../support/fake-desk.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

export interface SeenButton {
  readonly label: string;
  /** Of a link button. */
  readonly url?: string;
}

export interface SeenMessage {
  readonly ref: MessageRef;
  readonly byBot: boolean;
  /** All words that people see in it, buttons apart. */
  readonly text: string;
  readonly buttons: readonly SeenButton[];
  /** Pictures and files in it. */
  readonly media: number;
}

/** A workspace or server with one channel, two people and the bot in it. */
export interface ChatPeer {
  readonly tenantId: TenantId;
  /** Connected; what happens at the peer reaches `desk`. */
  readonly platform: ChatPlatform;
  readonly desk: FakeDesk;
  /** Leaves without a word, as a killed process does, and connects again knowing nothing. The desk stays. */
  restart(): Promise<ChatPlatform>;

  /** Somebody shares a file in the channel, or in a thread. `mention`: names the bot in the text. */
  shareClip(clip: {
    readonly name: string;
    readonly bytes: Uint8Array;
    readonly mimeType: string;
    readonly text?: string;
    readonly mention?: boolean;
    readonly thread?: ChatPlace;
  }): Promise<MessageRef>;
  /** Somebody writes. */
  say(message: { readonly text: string; readonly mention?: boolean; readonly thread?: ChatPlace }): Promise<MessageRef>;
  deleteMessage(ref: MessageRef): Promise<void>;
  /** Somebody presses a button that sends an interaction. */
  press(ref: MessageRef, label: string): Promise<void>;
  /** What there is in a thread, or in the channel outside threads; oldest first. */
  messages(place: ChatPlace): Promise<readonly SeenMessage[]>;

  /** The person who shares and writes. */
  readonly personId: string;
  /** Somebody who may not see the channel. Absent where the peer has no such thing. */
  readonly strangerId?: string;
  /** What the peer lacks, so that the suite leaves it out and says so. */
  readonly lacks: ReadonlySet<"uploads">;
  close(): Promise<void>;
}

const CLIP_BYTES = new Uint8Array(300_000).map((_, i) =>
  i < 12 ? ([0, 0, 0, 20, 102, 116, 121, 112, 105, 115, 111, 109][i] as number) : (i * 31) % 251,
);
const aClip = (name: string) => ({ name, bytes: CLIP_BYTES, mimeType: "video/mp4" });

export function describeChatPlatform(name: string, connect: () => Promise<ChatPeer>): void {
  describe(`${name} as a ChatPlatform`, () => {
    let peer: ChatPeer;
    let platform: ChatPlatform;
    let count = 0;
    const unique = (word: string) => `${word}-${++count}`;

    beforeAll(async () => {
      peer = await connect();
      platform = peer.platform;
    });
    afterAll(() => peer?.close());

    /** A clip in the channel, and the thread to talk about it in. */
    async function aThread(): Promise<{ shared: ClipShared; thread: ChatPlace; message: MessageRef }> {
      const title = `${unique("clip")}.mp4`;
      const message = await peer.shareClip(aClip(title));
      const shared = await peer.desk.heard("clipShared", (event) => event.title === title);
      return { shared, message, thread: await platform.openThread(peer.tenantId, shared.source.message, title) };
    }

    const seen = async (ref: MessageRef): Promise<SeenMessage> => {
      const found = (await peer.messages(ref)).find((message) => message.ref.messageId === ref.messageId);
      if (!found) throw new Error(`no message ${ref.messageId}`);
      return found;
    };
    const eventually = async <T>(read: () => Promise<T>, is: (value: T) => boolean): Promise<T> => {
      const until = Date.now() + 30_000;
      for (;;) {
        const value = await read();
        if (is(value)) return value;
        if (Date.now() > until) throw new Error(`not in 30 s; last seen: ${JSON.stringify(value)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const labels = (message: SeenMessage) => message.buttons.map(({ label }) => label);

    describe("tells the desk", () => {
      it("of a clip that is shared, with ids and no address", async () => {
        const { shared, message } = await aThread();
        expect(shared).toMatchObject({
          tenantId: peer.tenantId,
          platform: platform.name,
          source: { type: "file", message: { channelId: message.channelId, messageId: message.messageId } },
          sharedBy: peer.personId,
          askedTo: false,
          sizeBytes: CLIP_BYTES.length,
        });
        expect(JSON.stringify(shared.source)).not.toContain("http");
      });

      it("of the question that comes with a clip, without the mention", async () => {
        await peer.shareClip({ ...aClip("asked.mp4"), text: "when does the dog bark?", mention: true });
        const shared = await peer.desk.heard("clipShared", ({ title }) => title === "asked.mp4");
        expect(shared).toMatchObject({ askedTo: true, question: "when does the dog bark?" });
      });

      it("of a direct link to a media file, and not of other links", async () => {
        await peer.say({
          text: "look: https://example.com/page.html and https://media.example.com/v/dog%20park.mp4?x=1",
        });
        const shared = await peer.desk.heard("clipShared", ({ source }) => source.type === "link");
        expect(shared.source).toMatchObject({ url: "https://media.example.com/v/dog%20park.mp4?x=1" });
        expect(shared.title).toBe("dog park.mp4");
        expect(peer.desk.calls.clipShared.some(({ source }) => "url" in source && source.url.includes("page"))).toBe(
          false,
        );
      });

      it("nothing of files that are no clips", async () => {
        await peer.shareClip({
          name: "notes.pdf",
          bytes: new Uint8Array([37, 80, 68, 70]),
          mimeType: "application/pdf",
        });
        await aThread();
        expect(peer.desk.calls.clipShared.filter(({ title }) => title.includes("notes"))).toEqual([]);
      });

      it("of questions in a thread, with and without a mention", async () => {
        const { thread } = await aThread();
        const plain = await peer.say({ text: unique("when?"), thread });
        const asked = await peer.desk.heard("questionAsked", ({ message }) => message?.messageId === plain.messageId);
        expect(asked).toMatchObject({ tenantId: peer.tenantId, thread, askedBy: peer.personId, mentioned: false });

        const text = unique("and then?");
        const named = await peer.say({ text, thread, mention: true });
        const mentioned = await peer.desk.heard(
          "questionAsked",
          ({ message }) => message?.messageId === named.messageId,
        );
        expect(mentioned).toMatchObject({ question: text, mentioned: true });
        expect(mentioned.questionId).not.toBe(asked.questionId);
      });

      it("nothing of what the bot itself says", async () => {
        const { thread } = await aThread();
        await platform.post(peer.tenantId, thread, aNotice({ text: "is this a question?" }), unique("key"));
        const marker = unique("marker");
        await peer.say({ text: marker, thread });
        await peer.desk.heard("questionAsked", ({ question }) => question === marker);
        expect(peer.desk.calls.questionAsked.filter(({ question }) => question.includes("is this a"))).toEqual([]);
      });

      it("of a message that is deleted", async () => {
        const { message } = await aThread();
        await peer.deleteMessage(message);
        const removed = await peer.desk.heard(
          "sourceRemoved",
          ({ messageIds }) => messageIds?.includes(message.messageId) ?? false,
        );
        expect(removed).toMatchObject({
          tenantId: peer.tenantId,
          platform: platform.name,
          channelId: message.channelId,
        });
      });

      it("which button was pressed, by whom", async () => {
        const { thread } = await aThread();
        const by = peer.personId;
        const ready = await platform.post(peer.tenantId, thread, aReady(), unique("key"));
        await peer.press(ready, "When does the dog bark?");
        const asked = await peer.desk.heard("questionAsked", ({ question }) => question === "When does the dog bark?");
        expect(asked).toMatchObject({ thread, askedBy: by });

        const stopId = unique("share");
        const progress = await platform.post(peer.tenantId, thread, aProgress({ stopId }), unique("key"));
        await peer.press(progress, "Stop");
        expect(await peer.desk.heard("stopPressed", (event) => event.stopId === stopId)).toMatchObject({ by });

        const inquiryId = unique("inquiry");
        const answer = await platform.post(peer.tenantId, thread, anAnswer({ inquiryId }), unique("key"));
        const helpful = (await seen(answer)).buttons.find(({ url }) => url === undefined) as SeenButton;
        await peer.press(answer, helpful.label);
        expect(await peer.desk.heard("feedbackGiven", (event) => event.inquiryId === inquiryId)).toMatchObject({
          helpful: true,
        });

        const choice = unique("agree");
        const choices = [
          { id: choice, label: "I agree" },
          { id: unique("no"), label: "No" },
        ];
        const notice = await platform.post(peer.tenantId, thread, aNotice({ choices }), unique("key"));
        await peer.press(notice, "I agree");
        expect(await peer.desk.heard("choicePressed", (event) => event.choiceId === choice)).toMatchObject({ by });
      });
    });

    describe("says", () => {
      it("each kind of message, with its links and buttons", async () => {
        const { thread } = await aThread();
        const post = async (message: Parameters<ChatPlatform["post"]>[2]) =>
          seen(await platform.post(peer.tenantId, thread, message, unique("key")));

        const progress = await post(aProgress());
        expect(progress).toMatchObject({ byBot: true });
        expect(progress.text).toContain("0:24 of 1:00");
        expect(labels(progress)).toEqual(["Stop"]);

        const ready = await post(aReady({ warnings: ["The file ends early."] }));
        expect(ready.text).toContain("I have watched meadow.mp4");
        expect(ready.text).toContain("The file ends early.");
        expect(labels(ready)).toEqual(["When does the dog bark?", "How often is the bell heard?"]);

        const answer = await post(anAnswer());
        expect(answer.text).toContain("The dog barks at 0:04 and at 0:07.");
        expect(answer.text).toContain("62 % sure");
        const links = answer.buttons.filter(({ url }) => url !== undefined);
        expect(links.map(({ url }) => url)).toEqual(anAnswer().spans.map(({ url }) => url));
        expect(links[0]?.label).toContain(aSpan(4, 6).label);
        expect(answer.buttons.length).toBe(links.length + 2);

        const moments = await post(aMoments());
        for (const { what } of aMoments().moments) expect(moments.text + labels(moments).join()).toContain(what);
        expect(moments.text + labels(moments).join()).toContain("0:07 - 0:09");

        const problem = await post(aNotice({ tone: "problem", text: "This file is empty (0 bytes)." }));
        expect(problem.text).toContain("This file is empty (0 bytes).");
      });

      it("the words as they are: no mention, no mark-up, no picture of a word", async () => {
        const { thread } = await aThread();
        const text = "a <!channel> & <@U123> @everyone <b>";
        const ref = await platform.post(peer.tenantId, thread, aNotice({ text }), unique("key"));
        expect((await seen(ref)).text).toContain(text);
      });

      it("texts, lists and labels of any length", async () => {
        const { thread } = await aThread();
        const long = "word ".repeat(4000);
        const spans = Array.from({ length: 10 }, (_, i) => aSpan(i, i + 1, `0:0${i} - 0:${i + 1} ${"x".repeat(200)}`));
        for (const message of [
          aNotice({ text: long }),
          aReady({ text: long, suggestions: [long, `${long}2`, `${long}3`], warnings: Array(60).fill(long) }),
          anAnswer({ text: long, spans, footnote: long }),
          aMoments({
            text: long,
            moments: Array.from({ length: 200 }, (_, i) => ({ ...aSpan(i, i + 1), what: long })),
          }),
        ]) {
          const ref = await platform.post(peer.tenantId, thread, message, unique("key"));
          expect((await seen(ref)).text).toContain("word word");
        }
      });

      it("a message once, however often it is posted under one key, also after a restart", async () => {
        const { thread } = await aThread();
        const key = unique("key");
        const first = await platform.post(peer.tenantId, thread, aNotice({ text: "only once" }), key);
        expect(await platform.post(peer.tenantId, thread, aNotice({ text: "only once" }), key)).toEqual(first);
        platform = await peer.restart();
        expect(await platform.post(peer.tenantId, thread, aNotice({ text: "only once" }), key)).toEqual(first);
        const other = await platform.post(peer.tenantId, thread, aNotice({ text: "another" }), unique("key"));
        expect(other.messageId).not.toBe(first.messageId);
        expect((await peer.messages(thread)).filter(({ text }) => text.includes("only once")).length).toBe(1);
      });

      it("something else in the same message, and nothing more once it is removed", async () => {
        const { thread } = await aThread();
        const ref = await platform.post(peer.tenantId, thread, aProgress(), unique("key"));
        await platform.edit(peer.tenantId, ref, aReady());
        expect(labels(await seen(ref))).toContain("When does the dog bark?");
        await platform.remove(peer.tenantId, ref);
        await eventually(
          () => peer.messages(thread),
          (all) => all.every((message) => message.ref.messageId !== ref.messageId),
        );
        await expect(platform.edit(peer.tenantId, ref, aNotice())).rejects.toMatchObject({ code: "source.gone" });
      });

      it("in one thread, however often it is opened", async () => {
        const { thread, shared } = await aThread();
        expect(await platform.openThread(peer.tenantId, shared.source.message, shared.title)).toEqual(thread);
        const inside = await peer.say({ text: "a clip in here", thread });
        expect(await platform.openThread(peer.tenantId, inside, "x")).toEqual(thread);
      });

      it("by a mark on the message that it saw the clip, and that it is ready", async () => {
        const { shared } = await aThread();
        for (const mark of ["seen", "seen", "ready", "failed"] as const) {
          await platform.mark(shared.source.message, mark);
        }
        await platform.mark({ ...shared.source.message, messageId: "1.1" }, "seen");
      });
    });

    describe("answers", () => {
      it("in one message that grows and ends with links", async () => {
        const { thread } = await aThread();
        const key = unique("answer");
        const stream = await platform.answer(peer.tenantId, thread, peer.personId, anAnswering("Looking"), key);
        stream.show(anAnswering("The dog"));
        stream.show(anAnswering("The dog barks"));
        await stream.finish(anAnswer());
        const message = await seen(stream.message);
        expect(message.text).toContain("The dog barks at 0:04 and at 0:07.");
        expect(message.text).not.toContain("Looking");
        expect(labels(message)).not.toContain("Stop");
        expect((await peer.messages(thread)).filter(({ byBot }) => byBot).length).toBe(1);
      });

      it("in the same message after a restart, whether it was finished or not", async () => {
        const { thread } = await aThread();
        const key = unique("answer");
        const before = await platform.answer(peer.tenantId, thread, peer.personId, anAnswering("The do"), key);
        platform = await peer.restart();
        const after = await platform.answer(peer.tenantId, thread, peer.personId, anAnswering(""), key);
        expect(after.message).toEqual(before.message);
        await after.finish(anAnswer());
        platform = await peer.restart();
        const again = await platform.answer(peer.tenantId, thread, peer.personId, anAnswering(""), key);
        expect(again.message).toEqual(before.message);
        await again.finish(anAnswer());
        expect((await peer.messages(thread)).filter(({ byBot }) => byBot).length).toBe(1);
        expect((await seen(before.message)).text).toContain("The dog barks at 0:04");
      });

      it("with a text that starts over, when the one so far is void", async () => {
        const { thread } = await aThread();
        const stream = await platform.answer(
          peer.tenantId,
          thread,
          peer.personId,
          anAnswering("A cat sl"),
          unique("answer"),
        );
        stream.show(anAnswering("A cat sleeps"));
        stream.show(anAnswering("The d"));
        await stream.finish(aNotice({ text: "Stopped." }));
        const message = await seen(stream.message);
        expect(message.text).toContain("Stopped.");
        expect(message.text).not.toContain("cat");
      });

      it("with the frame that it points at", async (context) => {
        if (peer.lacks.has("uploads")) {
          console.log(`skipped: the peer of ${name} takes no uploads`);
          return context.skip();
        }
        const { thread } = await aThread();
        const stream = await platform.answer(peer.tenantId, thread, peer.personId, anAnswering(""), unique("answer"));
        await stream.finish(anAnswer({ frame: { atSeconds: 4.5, jpeg: GREY_JPEG, altText: "The clip at 0:04" } }));
        const all = await eventually(
          () => peer.messages(thread),
          (messages) => messages.some(({ byBot, media }) => byBot && media > 0),
        );
        expect(all.filter(({ byBot, media }) => byBot && media > 0).length).toBe(1);
      });
    });

    describe("fetches", () => {
      const options = { maxBytes: 1e9, signal: new AbortController().signal };

      it("the bytes that were shared", async () => {
        const { shared } = await aThread();
        const path = join(await scratchFolder(), "clip");
        await platform.download(peer.tenantId, shared.source, path, options);
        expect(Buffer.compare(await readFile(path), CLIP_BYTES)).toBe(0);
      });

      it("nothing that is larger than allowed", async () => {
        const { shared } = await aThread();
        const path = join(await scratchFolder(), "clip");
        const download = platform.download(peer.tenantId, shared.source, path, { ...options, maxBytes: 1000 });
        await expect(download).rejects.toMatchObject({ code: "clip.too_large", details: { maxBytes: 1000 } });
        await expect(readFile(path)).rejects.toMatchObject({ code: "ENOENT" });
      });

      it("nothing once it is deleted, and says that it is gone", async () => {
        const { shared, message } = await aThread();
        expect(await platform.canSee(peer.tenantId, shared.source)).toBe("yes");
        await peer.deleteMessage(message);
        await eventually(
          () => platform.canSee(peer.tenantId, shared.source),
          (answer) => answer === "gone",
        );
        const path = join(await scratchFolder(), "clip");
        const download = platform.download(peer.tenantId, shared.source, path, options);
        await expect(download).rejects.toMatchObject({ code: "source.gone" });
      });

      it("for those alone who may see it", async () => {
        const { shared } = await aThread();
        expect(await platform.canSee(peer.tenantId, shared.source, peer.personId)).toBe("yes");
        if (peer.strangerId === undefined) return console.log(`skipped: the peer of ${name} knows no strangers`);
        expect(await platform.canSee(peer.tenantId, shared.source, peer.strangerId)).toBe("no");
      });
    });
  });
}
