/**
 * Clips and questions in random order, while the bot is killed (SIGKILL), the gateway drops it with and without its
 * session, and Discord limits, stumbles and loses answers. In the end every clip has one status message and every question
 * one answer. `script/soak-chat discord` runs the long form.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tenantOfGuild } from "../../../bots/discord/tenant.ts";
import { type InquiryRecord, seededRandom } from "../../../core/index.ts";
import { embeddedStores } from "../../../memory/index.ts";
import type { SeenMessage } from "../../contract/chat-platform.suite.ts";
import { CHANNEL_ID, GUILD_ID, messagesIn, PEOPLE, startFakeDiscord } from "./discord-peer.ts";
import { type FakeDiscord, type Fault, rateLimited, refused } from "./fake-discord.ts";

export interface SoakOptions {
  readonly home: string;
  readonly clips: number;
  readonly questions: number;
  /** Of each kind: killed, dropped with its session, dropped without. */
  readonly kills: number;
  readonly seed: number;
  readonly log: (line: string) => void;
}

export interface SoakReport {
  /** Threads with another number of messages than one status and one answer a question; questions without their answer. */
  readonly wrong: readonly string[];
  readonly answered: number;
  readonly drops: number;
  readonly faults: number;
  readonly seconds: number;
}

const WORDS = ["dog", "bark", "cat", "bell", "rain", "train", "door", "child", "song", "river"];

interface SoakedClip {
  readonly threadId: string;
  readonly asked: string[];
}

export async function soakDiscord({ home, clips, questions, kills, seed, log }: SoakOptions): Promise<SoakReport> {
  const startedAt = Date.now();
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const fake = await startFakeDiscord();
  const channel = fake.twin.channel(CHANNEL_ID);
  const config = { home, token: fake.twin.botToken, apiUrl: fake.apiUrl };
  let bot = await startBot(config);
  const shared: SoakedClip[] = [];
  let done = 0;
  let faults = 0;
  let drops = 0;

  const shareClip = async () => {
    const words = `${Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(WORDS)).join(" ")} n${shared.length}`;
    const filename = `clip-${shared.length}.mp4`;
    const attachment = fake.cdn.upload({ filename, bytes: new TextEncoder().encode(words), content_type: "video/mp4" });
    const { id } = await channel.user(PEOPLE.alice).sendMessage({ content: "", attachments: [attachment] });
    shared.push({ threadId: id, asked: [] });
  };
  const askSomewhere = async () => {
    // A thread is there once the bot has opened it; people cannot ask in one before.
    const threads = new Set((await channel.getThreads()).map(({ id }) => id));
    const open = shared.filter(({ threadId }) => threads.has(threadId));
    if (open.length === 0) {
      await sleep(50);
      return askSomewhere();
    }
    const clip = pick(open);
    const mention = random() < 0.3 ? `<@${fake.twin.botUserId}> ` : "";
    const { id } = await fake.twin
      .channel(clip.threadId)
      .user(pick([PEOPLE.alice, PEOPLE.bob]))
      .sendMessage({ content: `${mention}when is the ${pick(WORDS)}?` });
    clip.asked.push(id);
  };
  const kill = async () => {
    bot.kill("SIGKILL");
    await once(bot, "exit");
    fake.gateway.drop({ resumable: false });
    // People go on meanwhile.
    const next = startBot(config);
    await shareClip();
    if ((await channel.getThreads()).length > 0) for (let count = 0; count < 3; count++) await askSomewhere();
    bot = await next;
  };

  try {
    await shareClip();
    const actions = shuffled(
      [
        ...Array(clips - 1 - kills).fill("clip"),
        ...Array(questions).fill("question"),
        ...Array(kills).fill("kill"),
        ...Array(kills).fill("drop"),
        ...Array(kills).fill("lose"),
      ] as ("clip" | "question" | "kill" | "drop" | "lose")[],
      random,
    );
    const progress = progressOf(fake);
    for (const action of actions) {
      // People do not run away from the bot: what is measured is what it does under load, not how much can be heaped up.
      const pending = () => {
        const { answered, watched } = progress();
        return shared.reduce((sum, clip) => sum + clip.asked.length, 0) - answered + (shared.length - watched);
      };
      while (pending() > MOST_PENDING) await sleep(50);
      if (random() < 0.05) {
        faults += 1;
        const { path, does, method } = pick(FAULTS);
        fake.fault(path, does, method ? { method } : {});
      }
      if (random() < 0.02) fake.cdn.expireAddresses();
      if (action === "clip") await shareClip();
      else if (action === "question") await askSomewhere();
      else {
        drops += 1;
        if (action === "kill") await kill();
        else fake.gateway.drop({ resumable: action === "drop" });
      }
      if (++done % 100 === 0)
        log(`${done} of ${actions.length} done, ${Math.round((Date.now() - startedAt) / 1000)} s`);
    }

    const asked = shared.reduce((sum, clip) => sum + clip.asked.length, 0);
    await untilQuiet(async () => {
      const said = await everythingSaid(fake, shared);
      const answered = said.filter(isAnswer).length;
      const watched = said.filter(isReady).length;
      log(`${answered} of ${asked} answered, ${watched} of ${shared.length} watched`);
      return asked - answered + (shared.length - watched);
    });
    bot.kill("SIGKILL");
    await once(bot, "exit");
    const wrong = await findWrong(fake, home, shared);
    return { wrong, answered: asked, drops, faults, seconds: Math.round((Date.now() - startedAt) / 1000) };
  } finally {
    bot.kill("SIGKILL");
    await fake.close();
  }
}

const MOST_PENDING = 40;

/** Counts as it goes what was seen to arrive at Discord: answers and clips that were watched. */
function progressOf(fake: FakeDiscord) {
  const answered = new Set<string>();
  const watched = new Set<string>();
  let read = 0;
  return () => {
    for (; read < fake.requests.length; read++) {
      const { method, path, status, body } = fake.requests[read] as (typeof fake.requests)[number];
      if (method !== "PATCH" || status !== 200) continue;
      const words = JSON.stringify(body);
      if (words.includes("% sure")) answered.add(path);
      if (words.includes("I have watched clip-")) watched.add(path);
    }
    return { answered: answered.size, watched: watched.size };
  };
}

const isAnswer = ({ text, byBot }: SeenMessage) => byBot && text.includes("% sure");
const isReady = ({ text, byBot }: SeenMessage) => byBot && text.includes("I have watched clip-");

const FAULTS: readonly Pick<Fault, "method" | "path" | "does">[] = [
  { method: "POST", path: /\/messages$/, does: "cut-after" },
  { method: "POST", path: /\/messages$/, does: "cut" },
  { method: "POST", path: /\/messages$/, does: rateLimited(1) },
  { method: "PATCH", path: /\/messages\/\d+$/, does: rateLimited(1) },
  { method: "PATCH", path: /\/messages\/\d+$/, does: { status: 503, body: {} } },
  { method: "PATCH", path: /\/messages\/\d+$/, does: "cut-after" },
  { method: "POST", path: /\/threads$/, does: "cut-after" },
  { method: "POST", path: /\/threads$/, does: { status: 500, body: {} } },
  { method: "GET", path: /\/messages\/\d+$/, does: "cut" },
  { method: "GET", path: /\/members\/\d+$/, does: { status: 502, body: {} } },
  { method: "PUT", path: /\/reactions\//, does: refused(403, 90001, "Reaction was blocked") },
];

async function everythingSaid(fake: FakeDiscord, shared: readonly SoakedClip[]): Promise<SeenMessage[]> {
  const said: SeenMessage[] = [];
  for (const { threadId } of shared) said.push(...(await messagesIn(fake, { channelId: CHANNEL_ID, threadId })));
  return said;
}

async function findWrong(fake: FakeDiscord, home: string, shared: readonly SoakedClip[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  const { ledger } = embeddedStores(home);
  const inquiries = (await ledger.find(tenantOfGuild(GUILD_ID), { type: "inquiry" })) as readonly InquiryRecord[];
  for (const { threadId, asked } of shared) {
    const all = await messagesIn(fake, { channelId: CHANNEL_ID, threadId });
    const said = all.filter(({ byBot }) => byBot);
    if (said.length !== 1 + asked.length) {
      wrong.push(
        `thread ${threadId}: ${said.length} messages for ${asked.length} questions: ${said.map(({ text }) => text)}`,
      );
    }
    for (const messageId of asked) {
      const about = inquiries.filter(({ message }) => message?.messageId === messageId);
      const answer = said.find(({ ref }) => ref.messageId === about[0]?.answerMessage?.messageId);
      if (about.length !== 1 || about[0]?.state !== "answered" || !answer || !isAnswer(answer)) {
        wrong.push(`question ${messageId}: ${about.length} records, ${about[0]?.state}, ${answer?.text}`);
      }
    }
  }
  const outside = (await messagesIn(fake, { channelId: CHANNEL_ID })).filter(({ byBot }) => byBot);
  if (outside.length > 0) wrong.push(`${outside.length} messages outside threads: ${outside.map(({ text }) => text)}`);
  return wrong;
}

async function startBot(config: object): Promise<ChildProcess> {
  const script = join(import.meta.dirname, "discord-soak-bot.ts");
  const bot = spawn(process.execPath, ["--import", "tsx", script, JSON.stringify(config)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const up = once(bot.stdout as NodeJS.ReadableStream, "data");
  const ended = once(bot, "exit").then(([code]) => Promise.reject(new Error(`the bot ended with ${code}`)));
  await Promise.race([up, ended]);
  ended.catch(() => {});
  return bot;
}

/**
 * Until nothing is left to come, and still so two seconds later: what is too much comes late. Given up when nothing has come
 * for five minutes; the report then names what is missing.
 */
async function untilQuiet(left: () => Promise<number>): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let until = Date.now() + 300_000;
  for (;;) {
    const missing = await left();
    if (missing <= 0) break;
    if (missing < least) until = Date.now() + 300_000;
    least = Math.min(least, missing);
    if (Date.now() > until) return;
    await sleep(2000);
  }
  await sleep(2000);
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  for (let index = left.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [left[index], left[other]] = [left[other] as T, left[index] as T];
  }
  return left;
}
