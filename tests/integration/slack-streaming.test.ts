/** Answers that stream: how they end, die, are refused and limited. The workspace's part is played by the proxy. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChatPlace } from "../../core/index.ts";
import { aNotice, anAnswer, anAnswering, aProgress, GREY_JPEG } from "../support/chat-messages.ts";
import { ALICE, lacksLocalSlack, TEAM } from "../support/local-slack.ts";
import { type SlackPeer, type SlackPeerOptions, slackPeer } from "../support/slack-peer.ts";
import { eventually } from "../support/slack-world.ts";

describe.skipIf(lacksLocalSlack())("an answer on Slack", () => {
  let folder: string;
  let peer: SlackPeer;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "damo-slack-stream-"));
  });
  afterEach(async () => {
    await peer?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function thread(options: Partial<SlackPeerOptions> = {}): Promise<ChatPlace> {
    peer = await slackPeer({
      folder,
      streaming: true,
      bot: { editEveryMs: 50, stream: { appendEveryMs: 20 } },
      ...options,
    });
    const { channelId, messageId } = await peer.say({ text: "clip" });
    return { channelId, threadId: messageId };
  }
  const begin = (place: ChatPlace, key = "k") =>
    peer.platform.answer(peer.tenantId, place, ALICE, anAnswering("Looking ..."), key);
  const methods = () =>
    peer.proxy.calls.map(({ method }) => method).filter((method) => /Stream$|update|postMessage/.test(method));
  const shown = async (place: ChatPlace) => (await peer.messages(place)).filter(({ byBot }) => byBot);

  it("streams its words, to the person who asked, with a stop button, and ends as one message", async () => {
    const place = await thread();
    const stream = await begin(place);
    const [started] = peer.proxy.calls.filter(({ method }) => method === "chat.startStream");
    expect(started?.args).toMatchObject({
      recipient_user_id: ALICE,
      recipient_team_id: TEAM,
      thread_ts: place.threadId,
    });
    expect((await shown(place))[0]?.buttons).toEqual([{ label: "Stop" }]);

    for (const text of ["The ", "The dog ", "The dog <barks> ", "The dog <barks> twice"]) {
      stream.show(anAnswering(text));
      await eventually(
        () => shown(place),
        ([message]) => message!.text.includes(text.trim()),
      );
    }
    await stream.finish(anAnswer());
    const all = await shown(place);
    expect(all.length).toBe(1);
    expect(all[0]?.text).not.toContain("Looking");
    expect(methods()).toEqual([
      "chat.startStream",
      ...Array(4).fill("chat.appendStream"),
      "chat.stopStream",
      "chat.update",
    ]);
  });

  it("goes on by edits in the same message when the stream has died", async () => {
    const place = await thread({ streamLivesMs: 0 });
    const stream = await begin(place);
    stream.show(anAnswering("The dog"));
    await eventually(
      () => shown(place),
      ([message]) => message!.text.includes("The dog"),
    );
    await stream.finish(anAnswer());
    expect((await shown(place)).length).toBe(1);
    expect((await shown(place))[0]?.text).toContain("0:04");
  });

  it("is left before Slack lets it die", async () => {
    const place = await thread({ bot: { editEveryMs: 50, stream: { leaveAfterMs: 0, appendEveryMs: 20 } } });
    const stream = await begin(place);
    stream.show(anAnswering("The dog"));
    await eventually(
      () => shown(place),
      ([message]) => message!.text.includes("The dog"),
    );
    expect(methods()).toEqual(["chat.startStream", "chat.stopStream", "chat.update"]);
    await stream.finish(anAnswer());
  });

  it("is edited where the workspace has no streaming, which is not asked again for every answer", async () => {
    const place = await thread({ streaming: false });
    for (const key of ["a", "b"]) await (await begin(place, key)).finish(anAnswer());
    expect(methods().filter((method) => method === "chat.startStream").length).toBe(1);
    expect((await shown(place)).length).toBe(2);
  });

  it("waits for nobody when streams are limited: it is edited instead", async () => {
    const place = await thread();
    for (let i = 0; i < 20; i++) await (await begin(place, `k-${i}`)).finish(anAnswer());
    expect(methods().filter((method) => method === "chat.startStream").length).toBe(15);
    expect((await shown(place)).length).toBe(20);
  });

  it("obeys a 429 and loses nothing", async () => {
    const place = await thread();
    const stream = await begin(place);
    peer.proxy.fault({ method: "chat.appendStream", does: { answer: 429, headers: { "retry-after": "1" } } });
    peer.proxy.fault({ method: "chat.update", does: { answer: 429, headers: { "retry-after": "1" } } });
    stream.show(anAnswering("The dog"));
    await stream.finish(anAnswer());
    expect((await shown(place))[0]?.text).toContain("0:04");
    for (const name of ["chat.appendStream", "chat.update"]) {
      const [refused, again] = peer.proxy.calls.filter(({ method }) => method === name);
      expect(again!.atMs - refused!.atMs).toBeGreaterThanOrEqual(990);
    }
  });

  it("is posted once when Slack breaks off after the stream has begun", async () => {
    const place = await thread();
    peer.proxy.fault({ method: "chat.startStream", does: { cut: "afterwards" } });
    const stream = await begin(place);
    await stream.finish(anAnswer());
    expect((await shown(place)).length).toBe(1);
  });

  it("takes its picture with it when it is removed, also after a restart", async () => {
    const place = await thread({ streaming: false });
    const frame = { atSeconds: 4, jpeg: GREY_JPEG, altText: "The clip at 0:04" };
    const refs = [];
    for (const key of ["a", "b"]) {
      const stream = await begin(place, key);
      await stream.finish(anAnswer({ frame }));
      refs.push(stream.message);
    }
    await eventually(
      () => shown(place),
      (all) => all.filter(({ media }) => media > 0).length === 2,
    );
    await peer.platform.remove(peer.tenantId, refs[0]!);
    const restarted = await peer.restart();
    await restarted.remove(peer.tenantId, refs[1]!);
    const deleted = peer.proxy.calls.filter(({ method }) => method === "files.delete").map(({ args }) => args["file"]);
    expect(new Set(deleted).size).toBe(2);
    // local-slack keeps the empty message of a deleted file; the answers themselves are gone.
    expect((await shown(place)).filter(({ text }) => text !== "")).toEqual([]);
  });

  it("ends although it was removed meanwhile", async () => {
    const place = await thread();
    const stream = await begin(place);
    await peer.platform.remove(peer.tenantId, stream.message);
    await expect(stream.finish(anAnswer())).rejects.toMatchObject({ code: "source.gone" });
  });

  it("shows progress at most once in the time, whatever the desk says, and the end at once", async () => {
    const place = await thread({ bot: { editEveryMs: 400 } });
    const status = await peer.platform.post(peer.tenantId, place, aProgress(), "status");
    const startedAt = Date.now();
    for (let i = 0; i < 40; i++) {
      void peer.platform.edit(peer.tenantId, status, aProgress({ text: `Watching ${i}` }));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await peer.platform.edit(peer.tenantId, status, aNotice({ text: "Done" }));
    const edits = peer.proxy.calls.filter(({ method }) => method === "chat.update");
    // One at once, one each time the pause is over, and the end. (What the network does to a gap between two says nothing.)
    expect(edits.length).toBeGreaterThan(2);
    expect(edits.length).toBeLessThanOrEqual(2 + Math.floor((Date.now() - startedAt) / 400));
    expect((await shown(place))[0]?.text).toBe("Done");
  });
});
