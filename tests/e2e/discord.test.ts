/**
 * A clip is shared on a Discord server, watched, asked about, and the link under the answer opens it: everything real but
 * Discord itself, which is discord-digital-twin (not ours). The tiny bundle knows nothing, so its answers are not judged
 * here; the shipped one is asked about the demo clip once. Heartbeats of the gateway are measured while the model works.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterEach, describe, expect, it } from "vitest";
import { tenantOfGuild } from "../../bots/discord/tenant.ts";
import type { ChatPlace } from "../../core/index.ts";
import { createClipModel, loadBundle } from "../../model/index.ts";
import type { SeenMessage } from "../contract/chat-platform.suite.ts";
import { CHANNEL_ID, GUILD_ID, messagesIn, PEOPLE, press } from "../support/discord/discord-peer.ts";
import { type DiscordWorld, discordWorld } from "../support/discord/discord-world.ts";
import { eventually } from "../support/discord/eventually.ts";
import { testFfmpeg } from "../support/media-clips.ts";
import { lacksTinyBundle, tinyBundleFolder } from "../support/tiny-bundle.ts";

const MEADOW = resolve(import.meta.dirname, "../../docs/demo/meadow.mp4");
const SHIPPED = resolve(import.meta.dirname, "../../model/bundles/damo-mini");
const DECODE = { maxClipSeconds: 3600, maxClipBytes: 1e9, maxClipPixels: 7680 * 4320, stallMs: 60_000 };
const HEARTBEAT_MS = 1_000;
const PATIENCE_MS = 240_000;

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function aWorld(bundleFolder: string): Promise<DiscordWorld> {
  const home = await mkdtemp(join(tmpdir(), "damo-discord-"));
  open.push(() => rm(home, { recursive: true, force: true }));
  const bundle = await loadBundle(bundleFolder);
  const threads = { watchThreads: 2, answerThreads: 2 };
  const model = createClipModel({ bundle, findFfmpeg: async () => testFfmpeg }, { ...threads, decode: DECODE });
  open.push(() => model.close());
  const world = await discordWorld({ home, model, heartbeatIntervalMs: HEARTBEAT_MS });
  open.push(() => world.close());
  return world;
}

const alice = (world: DiscordWorld, channelId = CHANNEL_ID) => world.fake.twin.channel(channelId).user(PEOPLE.alice);

/** Shares the demo clip; resolves with the thread that the bot opens under it. */
async function share(world: DiscordWorld, content = ""): Promise<Required<ChatPlace>> {
  const bytes = await readFile(MEADOW);
  const attachment = world.fake.cdn.upload({ filename: "meadow.mp4", bytes, content_type: "video/mp4" });
  const { id } = await alice(world).sendMessage({ content, attachments: [attachment] });
  await eventually(
    () => world.fake.twin.channel(CHANNEL_ID).getThreads(),
    (threads) => threads.some((thread) => thread.id === id),
    PATIENCE_MS,
  );
  return { channelId: CHANNEL_ID, threadId: id };
}

const isAnswer = ({ buttons }: SeenMessage) => buttons.some(({ label }) => label.startsWith("👍"));
const answersIn = async (world: DiscordWorld, thread: ChatPlace) =>
  (await messagesIn(world.fake, thread)).filter(isAnswer);

async function opens(url: string): Promise<void> {
  const page = await fetch(url);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("<video");
  const clip = await fetch(`${url.split("?")[0]}/clip`, { headers: { range: "bytes=0-99" } });
  expect(clip.status).toBe(206);
}

describe("on Discord, from the clip to the second", { timeout: 2 * PATIENCE_MS }, () => {
  it.skipIf(lacksTinyBundle())("with the tiny bundle: watch, ask, follow up, press, delete", async () => {
    const world = await aWorld(tinyBundleFolder);
    const thread = await share(world);
    const ready = await eventually(
      async () => (await messagesIn(world.fake, thread)).find(({ text }) => text.includes("I have watched meadow.mp4")),
      (found) => found !== undefined,
      PATIENCE_MS,
    );
    expect((await messagesIn(world.fake, thread)).length).toBe(1);

    await alice(world, thread.threadId).sendMessage({ content: "when does the dog bark?" });
    const [first] = await eventually(
      () => answersIn(world, thread),
      (answers) => answers.length === 1,
      PATIENCE_MS,
    );
    await alice(world, thread.threadId).sendMessage({ content: "and what happens after that?" });
    const answers = await eventually(
      () => answersIn(world, thread),
      (all) => all.length === 2,
      PATIENCE_MS,
    );
    for (const { url } of answers.flatMap(({ buttons }) => buttons)) if (url) await opens(url);

    await press(world.fake, first!.ref, "👍 Helpful");
    const suggestion = ready?.buttons[0]?.label;
    if (suggestion) {
      await press(world.fake, ready.ref, suggestion);
      const all = await eventually(
        () => answersIn(world, thread),
        (found) => found.length === 3,
        PATIENCE_MS,
      );
      expect(all.at(-1)?.text).toContain(suggestion);
    }

    const tenantId = tenantOfGuild(GUILD_ID);
    expect((await world.stores().memories.list(tenantId)).length).toBe(1);
    await alice(world).deleteMessage({ messageId: thread.threadId });
    await eventually(
      () => world.stores().memories.list(tenantId),
      (left) => left.length === 0,
    );
  });

  it("with the shipped bundle: a question that comes with the clip; heartbeats keep their time", async () => {
    const world = await aWorld(SHIPPED);
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    const startedAt = Date.now();
    const thread = await share(world, `<@${world.fake.twin.botUserId}> When does the dog bark?`);
    const [answer] = await eventually(
      () => answersIn(world, thread),
      (answers) => answers.length > 0,
      PATIENCE_MS,
    );
    await eventually(
      () => messagesIn(world.fake, thread),
      (all) => all.some(({ text }) => text.includes("I have watched meadow.mp4")),
      PATIENCE_MS,
    );
    const beatsSoFar = async () => world.fake.gateway.heartbeats.filter((at) => at >= startedAt);
    // A quick machine has answered after three beats; the next ones end the gaps that the model's work lay in.
    const beats = await eventually(beatsSoFar, (all) => all.length > 4, PATIENCE_MS);
    delay.disable();
    const gaps = beats.slice(1).map((at, index) => at - (beats[index] as number));
    console.log(
      `answered: ${answer?.text.replaceAll("\n", " | ")}; ${beats.length} heartbeats of ${HEARTBEAT_MS} ms while the model ` +
        `worked, the latest ${Math.max(...gaps) - HEARTBEAT_MS} ms late; event loop delay p99 ` +
        `${(delay.percentile(99) / 1e6).toFixed(0)} ms, max ${(delay.max / 1e6).toFixed(0)} ms`,
    );
    expect(gaps.length).toBeGreaterThan(3);
    // Discord gives up after a whole interval without one; its own is 41 s, ours here is one.
    expect(Math.max(...gaps)).toBeLessThan(2 * HEARTBEAT_MS);

    const urls = answer?.buttons.flatMap(({ url }) => url ?? []) ?? [];
    expect(urls[0]).toMatch(/\?t=[\d.]+#t=[\d.]+,[\d.]+$/);
    for (const url of urls) await opens(url);
    expect(world.fake.twin.getTypingEvents({ channelId: thread.threadId }).length).toBeGreaterThan(0);
  });

  it.skipIf(lacksTinyBundle())("a restart in the middle loses nothing and says nothing twice", async () => {
    const world = await aWorld(tinyBundleFolder);
    const thread = await share(world, `<@${world.fake.twin.botUserId}> when?`);
    await world.restart();
    await alice(world, thread.threadId).sendMessage({ content: "and then?" });
    world.fake.gateway.drop({ resumable: false });
    await eventually(
      () => messagesIn(world.fake, thread),
      (all) => all.filter(isAnswer).length === 2 && all.some(({ text }) => text.includes("I have watched")),
      PATIENCE_MS,
    );
    await world.restart();
    await world.desk().idle();
    const all = await messagesIn(world.fake, thread);
    expect(all.filter(({ byBot }) => byBot).length).toBe(3);
  });
});
