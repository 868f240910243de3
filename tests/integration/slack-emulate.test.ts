/** Against emulate: the manifest's scopes are enough for all that the bot does, and none is asked for in vain. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { WebClient } from "@slack/web-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFetchLink } from "../../bots/chat/fetch-link.ts";
import { openSlack, type SlackBot } from "../../bots/slack/open-slack.ts";
import { Secret, type SlackConfig } from "../../core/index.ts";
import { EmbeddedChatLedger } from "../../memory/index.ts";
import { anAnswer, anAnswering, GREY_JPEG } from "../support/chat-messages.ts";
import { type EmulatedSlack, startEmulatedSlack } from "../support/emulate-slack.ts";
import { FakeDesk } from "../support/fake-desk.ts";
import { freePort } from "../support/free-port.ts";
import { SIGNING_SECRET } from "../support/local-slack.ts";
import { QUIET } from "../support/slack-peer.ts";

const manifest = await readFile(resolve(import.meta.dirname, "../../deploy/slack-manifest.yaml"), "utf8");
const SCOPES = [...(/ {4}bot:\n((?: +- .*\n)+)/.exec(manifest)?.[1] ?? "").matchAll(/- (\S+)/g)].map(
  ([, scope = ""]) => scope,
);
const CLIP = Buffer.concat([Buffer.from("\0\0\0\x20ftypisom"), Buffer.alloc(3000, 7)]);

describe("Slack as emulate plays it", () => {
  let slack: EmulatedSlack;
  let alice: WebClient;
  let channel: string;
  let folder: string;
  const desk = new FakeDesk();
  const bots: SlackBot[] = [];
  const signal = new AbortController().signal;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "damo-emulate-"));
    const [port, eventsPort] = [await freePort(), await freePort()];
    slack = await startEmulatedSlack(port, `http://127.0.0.1:${eventsPort}/slack/events`, {
      "xoxb-manifest": SCOPES,
      "xoxb-poor": SCOPES.filter((scope) => scope !== "files:read"),
    });
    const config = (token: string): SlackConfig => ({
      botToken: new Secret(token),
      events: { via: "http", signingSecret: new Secret(SIGNING_SECRET), port: eventsPort, path: "/slack/events" },
      apiUrl: slack.apiUrl,
    });
    const ledger = new EmbeddedChatLedger(folder);
    const deps = { ledger, fetchLink: createFetchLink(), log: QUIET };
    const options = { editEveryMs: 50, fileWaitMs: 20, downloadWaitMs: 1 };
    for (const token of ["xoxb-manifest", "xoxb-poor"]) bots.push(await openSlack(config(token), deps, options));
    await bots[0]!.start(desk);
    alice = new WebClient("xoxp-alice", { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } });
    const { channels = [] } = await alice.conversations.list();
    channel = channels[0]?.id as string;
    await alice.conversations.join({ channel });
  });
  afterAll(async () => {
    for (const bot of bots) await bot.close();
    await slack?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const share = async (name: string) => {
    await alice.filesUploadV2({ channel_id: channel, file: CLIP, filename: name, initial_comment: name } as never);
    return desk.heard("clipShared", ({ title }) => title === name);
  };

  it("hears of a clip, and fetches it, reacts, answers and shows a frame with the manifest's scopes alone", async () => {
    const [{ platform, tenantId }] = bots as [SlackBot];
    const { source } = await share("dog.mp4");
    const path = join(folder, "clip");
    await platform.download(tenantId, source, path, { maxBytes: 1e6, signal });
    expect(await readFile(path)).toEqual(CLIP);
    await platform.mark(source.message, "seen");
    const thread = await platform.openThread(tenantId, source.message, "dog.mp4");
    const answer = await platform.answer(tenantId, thread, "U1", anAnswering(""), "key");
    await answer.finish(anAnswer({ frame: { atSeconds: 4, jpeg: GREY_JPEG, altText: "The clip at 0:04" } }));
    const { messages = [] } = await alice.conversations.replies({ channel, ts: thread.threadId as string });
    expect(JSON.stringify(messages)).toContain("The dog barks at 0:04");
    expect(messages.some(({ files }) => (files ?? []).length > 0 && files?.[0]?.name !== "dog.mp4")).toBe(true);
    expect(messages[0]?.reactions?.map(({ name }) => name)).toEqual(["eyes"]);
    expect(await platform.canSee(tenantId, source)).toBe("yes");
  });

  it("hears that a file was deleted, and finds it gone", async () => {
    const [{ platform, tenantId }] = bots as [SlackBot];
    const { source } = await share("cat.mp4");
    const fileId = source.type === "file" ? source.fileId : "";
    await alice.files.delete({ file: fileId });
    expect(await desk.heard("sourceRemoved", (event) => event.fileId === fileId)).toMatchObject({ tenantId });
    expect(await platform.canSee(tenantId, source)).toBe("gone");
    const download = platform.download(tenantId, source, join(folder, "gone"), { maxBytes: 1e6, signal });
    await expect(download).rejects.toMatchObject({ code: "source.gone" });
  });

  it("names the scope that is missing", async () => {
    const poor = bots[1] as SlackBot;
    const { source } = await share("rain.mp4");
    const download = poor.platform.download(poor.tenantId, source, join(folder, "poor"), { maxBytes: 1e6, signal });
    await expect(download).rejects.toMatchObject({ code: "source.no_access", details: { scope: "files:read" } });
    // A missing right says nothing about the clip: nobody may take it for gone and wipe it.
    await expect(poor.platform.canSee(poor.tenantId, source)).rejects.toMatchObject({ code: "source.no_access" });
  });
});
