/**
 * A clip is uploaded to a Slack workspace, watched, asked about, and the link under the answer opens it: everything real
 * but Slack itself, which is local-slack (not ours). The tiny bundle knows nothing, so its answers are not judged here;
 * the shipped one is asked about the demo clip once.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asTenantId, type ChatPlace } from "../../core/index.ts";
import { createClipModel, loadBundle } from "../../model/index.ts";
import { lacksLocalSlack, TEAM } from "../support/local-slack.ts";
import { testFfmpeg } from "../support/media-clips.ts";
import { eventually, type SlackWorld, type SlackWorldOptions, slackWorld } from "../support/slack-world.ts";
import { lacksTinyBundle, tinyBundleFolder } from "../support/tiny-bundle.ts";

const MEADOW = resolve(import.meta.dirname, "../../docs/demo/meadow.mp4");
const SHIPPED = resolve(import.meta.dirname, "../../model/bundles/damo-mini");
const DECODE = { maxClipSeconds: 3600, maxClipBytes: 1e9, maxClipPixels: 7680 * 4320, stallMs: 60_000 };

const modelOf = async (folder: string) => {
  const bundle = await loadBundle(folder);
  return createClipModel(
    { bundle, findFfmpeg: async () => testFfmpeg },
    { watchThreads: 2, answerThreads: 2, decode: DECODE },
  );
};

/** Watching is real work, and the machine may be doing other things. */
const PATIENCE = { timeout: 400_000 };

describe.skipIf(lacksLocalSlack() || lacksTinyBundle())("on Slack", PATIENCE, () => {
  let home: string;
  let bytes: Uint8Array;
  const worlds: SlackWorld[] = [];
  const models: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "damo-slack-e2e-"));
    bytes = await readFile(MEADOW);
  });
  afterAll(async () => {
    for (const world of worlds) await world.close();
    for (const model of models) await model.close();
    await rm(home, { recursive: true, force: true });
  });

  async function world(name: string, bundle: string, options: Partial<SlackWorldOptions>): Promise<SlackWorld> {
    const model = await modelOf(bundle);
    models.push(model);
    const made = await slackWorld({ home: join(home, name), model, ...options });
    worlds.push(made);
    return made;
  }

  const words = async ({ people }: SlackWorld, thread: ChatPlace) =>
    (await people.messages(thread)).filter(({ byBot }) => byBot).map(({ text }) => text);

  async function shared(there: SlackWorld, text?: string): Promise<ChatPlace> {
    const clip = { name: "meadow.mp4", bytes, mimeType: "video/mp4", ...(text && { text, mention: true }) };
    const { channelId, messageId } = await there.people.shareClip(clip);
    return { channelId, threadId: messageId };
  }

  /** The answer to a question, once its links are there or it says that there is nothing. */
  async function answered(there: SlackWorld, thread: ChatPlace, ask: () => Promise<unknown>) {
    const before = (await there.people.messages(thread)).length;
    await ask();
    const all = await eventually(
      () => there.people.messages(thread),
      (messages) => messages.slice(before).some(({ byBot, text }) => byBot && text.includes("% sure")),
      120_000,
    );
    return all.slice(before).find(({ text }) => text.includes("% sure"))!;
  }

  async function opens(url: string): Promise<void> {
    const page = await fetch(url);
    expect(page.status).toBe(200);
    const html = await page.text();
    const source = /<video[^>]*\ssrc="([^"]+)"/.exec(html)?.[1] ?? /<source[^>]*\ssrc="([^"]+)"/.exec(html)?.[1];
    const media = await fetch(new URL(source!.replaceAll("&amp;", "&"), url), { headers: { range: "bytes=0-99" } });
    expect(media.status).toBe(206);
    expect(Buffer.from(await media.arrayBuffer())).toEqual(Buffer.from(bytes.subarray(0, 100)));
  }

  it.each([
    ["by Socket Mode", { via: "socket" }],
    ["by signed HTTP, with streaming", { via: "http", streaming: true }],
  ] as const)("a clip is watched and asked about, %s", async (_how, options) => {
    const there = await world(options.via, tinyBundleFolder, options);
    const thread = await shared(there);
    await eventually(
      () => words(there, thread),
      (texts) => texts.some((text) => text.includes("I have watched meadow.mp4")),
      180_000,
    );
    expect((await words(there, thread)).length).toBe(1);

    const first = await answered(there, thread, () => there.people.say({ text: "when does the dog bark?", thread }));
    const second = await answered(there, thread, () => there.people.say({ text: "what happens after that?", thread }));
    expect(second.ref.messageId).not.toBe(first.ref.messageId);
    for (const { url } of [...first.buttons, ...second.buttons]) if (url) await opens(url);

    const tenant = asTenantId(`slack-${TEAM}`);
    expect((await there.stores().memories.list(tenant)).length).toBe(1);
    await there.people.deleteMessage({ channelId: thread.channelId, messageId: thread.threadId! });
    await eventually(
      () => there.stores().memories.list(tenant),
      (left) => left.length === 0,
    );
  });

  it("the shipped bundle answers a question that comes with the clip, and its link opens at the second", async () => {
    const there = await world("shipped", SHIPPED, { streaming: true });
    const startedAt = Date.now();
    const thread = await shared(there, "When does the dog bark?");
    const answer = await answered(there, thread, async () => {});
    const url = answer.buttons.find((button) => button.url)?.url;
    console.log(
      `answered in ${Date.now() - startedAt} ms: ${answer.text.replaceAll("\n", " | ")} ${url?.replace(/\/c\/.*\?/, "/c/...?")}`,
    );
    expect(url).toMatch(/\?t=[\d.]+#t=[\d.]+,[\d.]+$/);
    await opens(url!);
    await eventually(
      () => there.people.messages(thread),
      (all) => all.some(({ byBot, media }) => byBot && media === 1),
    );
    const again = await answered(there, thread, () =>
      there.people.say({ text: "How often is the dog bark heard?", thread }),
    );
    expect(again.text).not.toBe("");
  });
});
