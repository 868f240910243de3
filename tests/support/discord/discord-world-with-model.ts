/** Discord, the whole bot and a real model; the demo clip is shared there. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import type { ChatPlace } from "../../../core/index.ts";
import { createClipModel, loadBundle } from "../../../model/index.ts";
import type { SeenMessage } from "../../contract/chat-platform.suite.ts";
import { testFfmpeg } from "../media-clips.ts";
import { CHANNEL_ID, messagesIn, PEOPLE } from "./discord-peer.ts";
import { type DiscordWorld, discordWorld } from "./discord-world.ts";
import { eventually } from "./eventually.ts";

const MEADOW = resolve(import.meta.dirname, "../../../docs/demo/meadow.mp4");
export const SHIPPED = resolve(import.meta.dirname, "../../../model/bundles/damo-mini");
const DECODE = { maxClipSeconds: 3600, maxClipBytes: 1e9, maxClipPixels: 7680 * 4320, stallMs: 60_000 };
export const HEARTBEAT_MS = 1_000;
export const PATIENCE_MS = 240_000;

/** @param open  gets what the test has to close, the last first */
export async function productWorld(bundleFolder: string, open: (() => Promise<void>)[]): Promise<DiscordWorld> {
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

export const alice = (world: DiscordWorld, channelId = CHANNEL_ID) =>
  world.fake.twin.channel(channelId).user(PEOPLE.alice);

/** Shares the demo clip; resolves with the thread that the bot opens under it. */
export async function shareMeadow(world: DiscordWorld, content = ""): Promise<Required<ChatPlace>> {
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

export const isAnswer = ({ buttons }: SeenMessage) => buttons.some(({ label }) => label.startsWith("👍"));
export const answersIn = async (world: DiscordWorld, thread: ChatPlace) =>
  (await messagesIn(world.fake, thread)).filter(isAnswer);

export async function opens(url: string): Promise<void> {
  const page = await fetch(url);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("<video");
  const clip = await fetch(`${url.split("?")[0]}/clip`, { headers: { range: "bytes=0-99" } });
  expect(clip.status).toBe(206);
}
