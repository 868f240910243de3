import { describe, expect, it, vi } from "vitest";
import type { AnswerMessage } from "../../../../bots/chat/chat-message.ts";
import { DomainError, type ShareRecord } from "../../../../core/index.ts";
import { aClipShared, aDesk, aQuestionAsked } from "../../../support/a-desk.ts";
import { createFakeClipModel } from "../../../support/fake-clip-model.ts";
import { TENANT } from "../../../support/memory-builders.ts";
import { Pace, pacedModel } from "../../../support/paced-model.ts";

const PATIENCE_MS = 30_000;
const by = { tenantId: TENANT, platform: "slack", by: "alice" } as const;
const thread = { channelId: "C1", threadId: "m1" };

describe("a clip that is shared", () => {
  it("is watched, in its own thread, with one message that tells how far", async () => {
    const { desk, platform } = await aDesk();
    await desk.clipShared(aClipShared("m1"));
    await desk.idle();
    expect(platform.posted).toHaveLength(1);
    expect(platform.posted[0]?.ref).toMatchObject(thread);
    expect(platform.words()).toContain("Watching m1.mp4: 0:16 of 0:24. You can already ask about that part.");
    expect(platform.said()).toMatchObject([
      { kind: "ready", text: "I have watched m1.mp4 (0:24). Ask me about it in this thread." },
    ]);
    expect(platform.marks).toEqual([
      ["m1", "seen"],
      ["m1", "ready"],
    ]);
  });

  it("is one clip, however often the platform tells of it", async () => {
    const { desk, platform } = await aDesk();
    await Promise.all(Array.from({ length: 5 }, () => desk.clipShared(aClipShared("m1"))));
    await desk.idle();
    await desk.clipShared(aClipShared("m1"));
    await desk.idle();
    expect(platform.posted).toHaveLength(1);
    expect(platform.downloads).toBe(1);
  });

  it("is left alone where the channel says so, unless somebody asks for it", async () => {
    const { desk, platform } = await aDesk();
    await desk.writeSettings(TENANT, "slack", undefined, { watch: "off" });
    await desk.writeSettings(TENANT, "slack", "C2", { watch: "always" });
    await desk.clipShared(aClipShared("m1"));
    await desk.idle();
    expect(platform.posted).toEqual([]);
    await desk.clipShared(aClipShared("m1", { askedTo: true }));
    const source = { type: "file", fileId: "F", message: { channelId: "C2", messageId: "m2" } } as const;
    await desk.clipShared(aClipShared("m2", { source }));
    await desk.idle();
    expect(platform.said()).toMatchObject([{ kind: "ready" }, { kind: "ready" }]);
  });

  it("answers the question that came with it", async () => {
    const { desk, platform } = await aDesk();
    await desk.clipShared(aClipShared("m1", { askedTo: true, question: "where is the bark?" }));
    await desk.idle();
    expect(platform.said(thread).at(-1)).toMatchObject({
      kind: "answer",
      text: expect.stringContaining("It is there 1 x."),
    });
  });

  it("that is too large or too long is refused before a byte is fetched", async () => {
    const { desk, platform } = await aDesk();
    await desk.clipShared(aClipShared("m1", { sizeBytes: 2_000_000 }));
    await desk.clipShared(aClipShared("m2", { durationSeconds: 7_200 }));
    await desk.idle();
    expect(platform.downloads).toBe(0);
    expect(platform.said()).toMatchObject([
      { kind: "notice", text: expect.stringContaining("larger than this bot opens") },
      { kind: "notice", text: expect.stringContaining("longer than this bot watches") },
    ]);
  });

  it("that cannot be fetched is told once in plain words, and tried again when somebody asks", async () => {
    const { desk, platform } = await aDesk();
    platform.before = (call) => {
      if (call === "download") throw new DomainError("source.no_access", "403");
    };
    await desk.clipShared(aClipShared("m1"));
    await desk.clipShared(aClipShared("m1"));
    await desk.idle();
    expect(platform.downloads).toBe(1);
    expect(platform.said()).toMatchObject([{ kind: "notice", tone: "problem" }]);
    expect(platform.words().join()).toContain("I am not allowed to fetch this clip.");
    expect(platform.marks.at(-1)).toEqual(["m1", "failed"]);
    platform.before = () => {};
    await desk.clipShared(aClipShared("m1", { askedTo: true }));
    await desk.idle();
    expect(platform.said()).toMatchObject([{ kind: "ready" }]);
  });

  it("is fetched again after a connection that broke", async () => {
    const { desk, platform } = await aDesk();
    platform.before = (call) => {
      if (call === "download" && platform.downloads === 1) throw new DomainError("source.unreachable", "cut");
    };
    await desk.clipShared(aClipShared("m1"));
    await desk.idle();
    expect(platform.downloads).toBe(2);
    expect(platform.said()).toMatchObject([{ kind: "ready" }]);
  });

  it("waits for the consent of the people in it", async () => {
    const { desk, platform } = await aDesk();
    await desk.clipShared(aClipShared("m1", { participants: ["bob", "carol"] }));
    await desk.idle();
    const [notice] = platform.said();
    expect(notice).toMatchObject({ kind: "notice", to: ["bob", "carol"] });
    const choiceId = (notice?.kind === "notice" && notice.choices?.[0]?.id) as string;
    await desk.choicePressed({ ...by, by: "mallory", choiceId });
    await desk.choicePressed({ ...by, by: "bob", choiceId });
    await desk.idle();
    expect(platform.downloads).toBe(0);
    await desk.choicePressed({ ...by, by: "carol", choiceId });
    await desk.idle();
    expect(platform.said().at(-1)).toMatchObject({ kind: "ready" });
  });

  it("is not watched when one of them refuses", async () => {
    const { desk, platform } = await aDesk();
    await desk.clipShared(aClipShared("m1", { participants: ["bob", "carol"] }));
    await desk.idle();
    const notice = platform.said()[0];
    const choiceId = (notice?.kind === "notice" && notice.choices?.[1]?.id) as string;
    await desk.choicePressed({ ...by, by: "bob", choiceId });
    await desk.idle();
    expect(platform.downloads).toBe(0);
    expect(platform.said().at(-1)).toMatchObject({ text: "Understood: I do not watch m1.mp4." });
    await desk.clipShared(aClipShared("m1", { participants: ["bob", "carol"], askedTo: true }));
    await desk.questionAsked(aQuestionAsked("m1", "q1", "where is the dog?", { mentioned: true }));
    await desk.idle();
    expect(platform.downloads).toBe(0);
    expect(platform.said().at(-1)).toMatchObject({ text: expect.stringContaining("I know no clip") });
  });
});

describe("a question", () => {
  it("is answered in the thread, with links to the second", async () => {
    const { desk, platform } = await aDesk();
    await desk.clipShared(aClipShared("m1"));
    await desk.idle();
    await desk.questionAsked(aQuestionAsked("m1", "q1", "where is the dog?"));
    await desk.idle();
    const answer = platform.said(thread).at(-1) as AnswerMessage;
    expect(answer).toMatchObject({ kind: "answer", text: "It is there 2 x.", verdict: "found" });
    expect(answer.spans.map(({ label }) => label)).toEqual(["0:00 to 0:08", "0:16 to 0:24"]);
    expect(answer.spans[1]?.url).toMatch(/^https:\/\/player\.test\/[0-9a-f]{6}\?t=16$/);
    expect(answer.footnote).toBe("fake-mini 0.0.1, 90 % sure");
  });

  it("that comes while the clip is watched is answered from what was watched so far", async () => {
    const pace = new Pace();
    pace.letGo(1);
    const { desk, platform } = await aDesk({ model: pacedModel(pace) });
    await desk.clipShared(aClipShared("m1"));
    await desk.questionAsked(aQuestionAsked("m1", "q1", "where is the dog?"));
    await vi.waitFor(() => expect(platform.words().join()).toContain("It is there"), PATIENCE_MS);
    pace.letGo();
    await desk.idle();
    const answers = platform.said(thread).filter(({ kind }) => kind === "answer");
    expect(answers).toMatchObject([{ text: "It is there 1 x. (I have watched up to 0:08 so far.)" }]);
  });

  it("is answered once, however often it comes", async () => {
    const { desk, platform, stores } = await aDesk();
    await desk.clipShared(aClipShared("m1"));
    const asked = aQuestionAsked("m1", "q1", "where is the dog?");
    await Promise.all(Array.from({ length: 5 }, () => desk.questionAsked(asked)));
    await desk.idle();
    await desk.questionAsked(asked);
    await desk.idle();
    expect(platform.said(thread).filter(({ kind }) => kind === "answer")).toHaveLength(1);
    expect((await stores.threads.read(TENANT, "slack/C1/m1"))?.turns).toHaveLength(1);
  });

  it("that nobody may ask of us is let be", async () => {
    const { desk, platform } = await aDesk();
    await desk.questionAsked(aQuestionAsked("m9", "q1", "lunch?"));
    await desk.idle();
    expect(platform.posted).toEqual([]);
    await desk.questionAsked(aQuestionAsked("m9", "q2", "what is in the clip?", { mentioned: true }));
    expect(platform.said()).toMatchObject([{ text: expect.stringContaining("I know no clip in this thread") }]);
    await desk.writeSettings(TENANT, "slack", "C1", { answer: "mention" });
    await desk.clipShared(aClipShared("m1"));
    await desk.questionAsked(aQuestionAsked("m1", "q3", "where is the dog?"));
    await desk.idle();
    expect(platform.said(thread)).toMatchObject([{ kind: "ready" }]);
  });

  it("of somebody who may not see the clip gets nothing of it", async () => {
    const { desk, platform, stores } = await aDesk();
    await desk.clipShared(aClipShared("m1"));
    await desk.idle();
    platform.see = (_source, userId) => (userId === "mallory" ? "no" : "yes");
    await desk.questionAsked(aQuestionAsked("m1", "q1", "where is the dog?", { askedBy: "mallory" }));
    await desk.idle();
    expect(platform.said(thread).at(-1)).toMatchObject({ kind: "notice" });
    expect(await stores.threads.read(TENANT, "slack/C1/m1")).toBeUndefined();
  });

  it("is told in plain words when it cannot be answered", async () => {
    const { desk, platform } = await aDesk();
    await desk.clipShared(aClipShared("m1"));
    await desk.questionAsked(aQuestionAsked("m1", "q1", "x".repeat(20_000)));
    await desk.questionAsked(aQuestionAsked("m1", "q2", " ?! "));
    await desk.idle();
    const said = platform.said(thread).map(({ text }) => text);
    expect(said).toContainEqual(expect.stringContaining("This question is too long"));
    expect(said).toContainEqual(expect.stringContaining("There is no question"));
  });

  it("about a clip that failed says why", async () => {
    const { desk, platform, clipOf } = await aDesk();
    await clipOf("");
    await desk.clipShared(aClipShared("m1"));
    await desk.idle();
    await desk.questionAsked(aQuestionAsked("m1", "q1", "where is the dog?"));
    await desk.idle();
    expect(platform.said(thread).at(-1)).toMatchObject({ text: expect.stringContaining("0 bytes") });
  });

  it("whose clip has lost its memory gets it watched again", async () => {
    const { desk, platform, stores } = await aDesk();
    await desk.clipShared(aClipShared("m1"));
    await desk.idle();
    const [share] = (await stores.ledger.find(TENANT, { type: "share" })) as readonly ShareRecord[];
    await stores.memories.delete(TENANT, share?.clipId as NonNullable<ShareRecord["clipId"]>);
    await desk.questionAsked(aQuestionAsked("m1", "q1", "where is the dog?"));
    await desk.idle();
    expect(platform.said(thread).map(({ kind }) => kind)).toEqual(["ready", "answer"]);
  });
});

describe("stopping", () => {
  it("ends a watch, and a mention goes on with it", async () => {
    const pace = new Pace();
    pace.letGo(2);
    const { desk, platform } = await aDesk({ words: "dog ".repeat(50), model: pacedModel(pace) });
    await desk.clipShared(aClipShared("m1"));
    await vi.waitFor(() => expect(platform.words().join()).toContain("0:16 of"), PATIENCE_MS);
    const stopId = platform.said().flatMap((said) => (said.kind === "progress" ? [said.stopId] : []))[0] as string;
    await desk.stopPressed({ ...by, stopId });
    await desk.idle();
    expect(platform.said().at(-1)).toMatchObject({ text: expect.stringContaining("Stopped watching m1.mp4") });
    pace.letGo();
    await desk.questionAsked(aQuestionAsked("m1", "q1", "where is the dog?", { mentioned: true }));
    await desk.idle();
    expect(platform.said().map(({ kind }) => kind)).toEqual(["ready", "answer"]);
  });
});

describe("stopping early", () => {
  it("ends a download, and says so", async () => {
    const { desk, platform, stores } = await aDesk();
    let arrived = () => {};
    const downloading = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    platform.before = async (call, signal) => {
      if (call !== "download" || platform.downloads > 1) return;
      arrived();
      await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
    };
    await desk.clipShared(aClipShared("m1"));
    await downloading;
    const [share] = await stores.ledger.find(TENANT, { type: "share" });
    await desk.stopPressed({ ...by, stopId: share?.id as string });
    expect(platform.said()).toMatchObject([{ text: expect.stringContaining("Stopped watching m1.mp4") }]);
    expect(await stores.memories.list(TENANT)).toEqual([]);
  });
});

describe("a restart", () => {
  it("goes on where it was, in the same messages", async () => {
    const world = await aDesk({ words: "dog bark ".repeat(15), model: createFakeClipModel({ windowMs: 15 }) });
    const { platform } = world;
    await world.desk.clipShared(aClipShared("m1", { askedTo: true, question: "where is the bark?" }));
    await world.desk.questionAsked(aQuestionAsked("m1", "q2", "where is the cat?"));
    for (let restart = 0; restart < 6; restart++) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      await world.restart();
    }
    await world.desk.idle();
    expect(
      platform
        .said(thread)
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(["answer", "answer", "ready"]);
    expect((await world.stores.threads.read(TENANT, "slack/C1/m1"))?.turns).toHaveLength(2);
    expect(await world.stores.ledger.find(TENANT, { unfinished: true })).toEqual([]);
  });
});

describe("what is deleted", () => {
  const remember = async () => {
    const world = await aDesk();
    await world.desk.clipShared(aClipShared("m1"));
    await world.desk.questionAsked(aQuestionAsked("m1", "q1", "where is the dog?"));
    await world.desk.idle();
    return world;
  };
  const isGone = async ({ stores }: Awaited<ReturnType<typeof remember>>) => {
    expect(await stores.memories.list(TENANT)).toEqual([]);
    expect(await stores.threads.read(TENANT, "slack/C1/m1")).toBeUndefined();
    expect(await stores.ledger.find(TENANT, {})).toEqual([]);
  };

  it.each([
    ["the message", { messageIds: ["m1"] }],
    ["the file", { fileId: "F-m1" }],
    ["the channel", { channelId: "C1" }],
    ["the thread", { channelId: "C1", threadId: "m1" }],
  ])("%s: is gone here as well", async (_what, facets) => {
    const world = await remember();
    await world.desk.sourceRemoved({ tenantId: TENANT, platform: "slack", ...facets });
    await isGone(world);
  });

  it("goes when the app is removed, when people ask, and when a sweep finds it missing", async () => {
    const removed = await remember();
    await removed.desk.tenantRemoved("slack", TENANT);
    await isGone(removed);

    const asked = await remember();
    const receipts = await asked.desk.forget({ ...by, thread });
    expect(receipts).toMatchObject([{ memoryRemoved: true, turnsRemoved: 1, mediaRemoved: true }]);
    expect(asked.platform.said()[0]).toMatchObject({
      text: "I have forgotten m1.mp4. Removed: its memory, 1 question with its answer, my copy of it.",
    });
    // The answers as well: they show the clip.
    expect(asked.platform.said()).toHaveLength(1);
    await isGone(asked);

    const swept = await remember();
    swept.platform.see = () => "gone";
    await swept.desk.sweep(new AbortController().signal);
    await isGone(swept);
  });

  it("stays while the same clip is shared elsewhere, but not what was said about it here", async () => {
    const world = await remember();
    await world.desk.clipShared(aClipShared("m2"));
    await world.desk.questionAsked(aQuestionAsked("m2", "q2", "where is the bark?"));
    await world.desk.idle();
    await world.desk.sourceRemoved({ tenantId: TENANT, platform: "slack", messageIds: ["m1"] });
    expect(await world.stores.memories.list(TENANT)).toHaveLength(1);
    expect(await world.stores.threads.read(TENANT, "slack/C1/m1")).toBeUndefined();
    expect((await world.stores.threads.read(TENANT, "slack/C1/m2"))?.turns).toHaveLength(1);
  });

  it("does not come back when it was on its way", async () => {
    const pace = new Pace();
    pace.letGo(1);
    const world = await aDesk({ words: "dog ".repeat(60), model: pacedModel(pace) });
    await world.desk.clipShared(aClipShared("m1"));
    await world.desk.questionAsked(aQuestionAsked("m1", "q1", "where is the dog?"));
    await vi.waitFor(() => expect(world.platform.words().join()).toContain("0:08 of"), PATIENCE_MS);
    await world.desk.sourceRemoved({ tenantId: TENANT, platform: "slack", messageIds: ["m1"] });
    await world.desk.idle();
    await isGone(world);
  });

  it("is a question: its answer goes with it", async () => {
    const { desk, platform } = await remember();
    await desk.sourceRemoved({ tenantId: TENANT, platform: "slack", messageIds: ["q1"] });
    expect(platform.said().map(({ kind }) => kind)).toEqual(["ready"]);
  });
});

describe("what is remembered", () => {
  it("is shown to those who may see it", async () => {
    const { desk, platform, clipOf } = await aDesk();
    await desk.clipShared(aClipShared("m1"));
    await desk.idle();
    await clipOf("cat cat");
    await desk.clipShared(aClipShared("m2"));
    await desk.idle();
    platform.see = (source, userId) => (userId === "bob" && source.message.messageId === "m1" ? "no" : "yes");
    expect((await desk.remembered(by)).map(({ share }) => share.title)).toEqual(["m2.mp4", "m1.mp4"]);
    expect((await desk.remembered({ ...by, by: "bob" })).map(({ share }) => share.title)).toEqual(["m2.mp4"]);
    expect(await desk.forgetAll({ ...by, by: "bob" })).toHaveLength(1);
    expect((await desk.remembered(by)).map(({ share }) => share.title)).toEqual(["m1.mp4"]);
  });
});
