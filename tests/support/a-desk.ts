/** A desk with everything behind it that is quick: a platform in memory, the fake model, the in-process queue, a real ledger. */
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ChatDesk } from "../../bots/chat/chat-desk.ts";
import type { ClipShared, QuestionAsked } from "../../bots/chat/chat-platform.ts";
import type { ClipModel } from "../../core/index.ts";
import { embeddedStores } from "../../memory/index.ts";
import { InProcessWorkQueue } from "../../workers/index.ts";
import { FakeChatPlatform } from "./fake-chat-platform.ts";
import { createFakeClipModel } from "./fake-clip-model.ts";
import { TENANT } from "./memory-builders.ts";
import { scratchFolder } from "./scratch-folder.ts";

export interface DeskWorld {
  readonly platform: FakeChatPlatform;
  readonly stores: ReturnType<typeof embeddedStores>;
  readonly desk: ChatDesk;
  /** The old desk and queue end as a killed process does, and new ones start on the same data. */
  restart(): Promise<ChatDesk>;
  /** A file of other words, for the next download. */
  clipOf(words: string): Promise<void>;
}

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

export async function aDesk({
  words = "dog bark dog",
  model = createFakeClipModel() as ClipModel,
} = {}): Promise<DeskWorld> {
  const home = await scratchFolder();
  const platform = new FakeChatPlatform(join(home, "clip.txt"));
  await writeFile(platform.clipPath, words);
  const open = async () => {
    const stores = embeddedStores(home);
    const queue = new InProcessWorkQueue({ model, ...stores });
    const desk = new ChatDesk({
      ledger: stores.ledger,
      queue,
      stores,
      linksInto: async ({ clipId }) => {
        return ({ startSeconds }) => `https://player.test/${clipId.slice(0, 6)}?t=${startSeconds}`;
      },
      scratchFolder: join(home, "incoming"),
      limits: { maxClipBytes: 1_000_000, maxClipSeconds: 3_600 },
      now: Date.now,
      log: quiet,
    });
    desk.attach(platform);
    await desk.start();
    return { stores, queue, desk };
  };
  let opened = await open();
  const close = async () => {
    await opened.desk.close();
    await opened.queue.close();
  };
  onTestFinished(close);
  return {
    platform,
    get stores() {
      return opened.stores;
    },
    get desk() {
      return opened.desk;
    },
    async restart() {
      await close();
      opened = await open();
      return opened.desk;
    },
    async clipOf(next) {
      platform.clipPath = join(home, `${randomUUID()}.txt`);
      await writeFile(platform.clipPath, next);
    },
  };
}

export const aClipShared = (id: string, facts: Partial<ClipShared> = {}): ClipShared => ({
  tenantId: TENANT,
  platform: "slack",
  source: { type: "file", fileId: `F-${id}`, message: { channelId: "C1", messageId: id } },
  title: `${id}.mp4`,
  sharedBy: "alice",
  askedTo: false,
  ...facts,
});

/** Asked in the thread under the message that shared the clip `share`. */
export const aQuestionAsked = (
  share: string,
  id: string,
  question: string,
  facts: Partial<QuestionAsked> = {},
): QuestionAsked => ({
  tenantId: TENANT,
  platform: "slack",
  thread: { channelId: "C1", threadId: share },
  questionId: id,
  message: { channelId: "C1", threadId: share, messageId: id },
  askedBy: "alice",
  question,
  mentioned: false,
  ...facts,
});
