/**
 * Clips and questions in random order, while the bot is killed (SIGKILL) again and again, events come twice, and Slack
 * limits, stumbles and breaks off. In the end every clip has one status message and every question one answer.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { asTenantId, type InquiryRecord, seededRandom } from "../../core/index.ts";
import { embeddedStores } from "../../memory/index.ts";
import { freePort } from "./free-port.ts";
import { BOT, CHANNEL, startLocalSlack, TEAM } from "./local-slack.ts";
import { startSlackDelivery } from "./slack-delivery.ts";
import { peopleOf, rawMessages } from "./slack-peer.ts";
import { startSlackProxy } from "./slack-proxy.ts";

export interface SoakOptions {
  readonly home: string;
  readonly clips: number;
  readonly questions: number;
  readonly kills: number;
  readonly seed: number;
  readonly log: (line: string) => void;
}

export interface SoakReport {
  /** Threads with another number of messages than one status and one answer a question; questions without their answer. */
  readonly wrong: readonly string[];
  readonly answered: number;
  readonly retriedEvents: number;
  readonly faults: number;
  readonly seconds: number;
}

const WORDS = ["dog", "bark", "cat", "bell", "rain", "train", "door", "child", "song", "river"];

export async function soakSlack({ home, clips, questions, kills, seed, log }: SoakOptions): Promise<SoakReport> {
  const startedAt = Date.now();
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const port = await freePort();
  const delivery = await startSlackDelivery(port, { random, again: 0.1 });
  const slack = await startLocalSlack({ requestUrl: delivery.requestUrl });
  const proxy = await startSlackProxy(slack.origin, { streaming: true });
  const people = peopleOf(slack);
  let bot = await startBot({ home, apiUrl: proxy.apiUrl, port });
  try {
    const actions = shuffled(
      [...Array(clips).fill("clip"), ...Array(questions).fill("question"), ...Array(kills).fill("kill")] as const,
      random,
    );
    const threads: { threadId: string; asked: string[] }[] = [];
    let done = 0;
    let faults = 0;
    const act = async (action: "clip" | "question") => {
      if (random() < 0.05) {
        faults += 1;
        proxy.fault(pick(FAULTS));
      }
      if (action === "clip" || threads.length === 0) {
        const words = `${Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(WORDS)).join(" ")} n${done}`;
        const bytes = new TextEncoder().encode(words);
        const { messageId } = await people.shareClip({ name: `clip-${done}.mp4`, bytes, mimeType: "video/mp4" });
        threads.push({ threadId: messageId, asked: [] });
        if (action === "clip") return;
      }
      const thread = pick(threads);
      const place = { channelId: CHANNEL, threadId: thread.threadId };
      const asked = await people.say({ text: `when is the ${pick(WORDS)}?`, thread: place, mention: random() < 0.3 });
      thread.asked.push(asked.messageId);
    };
    for (const action of actions) {
      if (action !== "kill") await act(action);
      else {
        bot.kill("SIGKILL");
        await once(bot, "exit");
        // People go on meanwhile.
        const next = startBot({ home, apiUrl: proxy.apiUrl, port });
        for (let i = 0; i < 3; i++) await act("question");
        bot = await next;
      }
      if (++done % 100 === 0)
        log(`${done} of ${actions.length} done, ${Math.round((Date.now() - startedAt) / 1000)} s`);
    }
    await delivery.settled();

    const asked = threads.reduce((sum, thread) => sum + thread.asked.length, 0);
    await untilQuiet(async () => {
      const all = (await rawMessages(slack, CHANNEL)).filter(({ user }) => user === BOT);
      const text = all.map((message) => JSON.stringify(message));
      const answered = text.filter((words) => words.includes("% sure")).length;
      const watched = text.filter((words) => words.includes("I have watched clip-")).length;
      const seen = `${answered} of ${asked} answered, ${watched} of ${threads.length} watched`;
      log(seen);
      return { done: answered >= asked && watched >= threads.length, seen };
    });
    bot.kill("SIGKILL");
    await once(bot, "exit");
    const wrong = await findWrong(home, await rawMessages(slack, CHANNEL), threads);
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    return { wrong, answered: asked, retriedEvents: delivery.retried(), faults, seconds };
  } finally {
    bot.kill("SIGKILL");
    await delivery.close();
    await proxy.close();
    await slack.close();
  }
}

const FAULTS = [
  { method: "chat.postMessage", does: { cut: "afterwards" } },
  { method: "chat.postMessage", does: { cut: "before" } },
  { method: "chat.postMessage", does: { answer: 429, headers: { "retry-after": "1" } } },
  { method: "chat.update", does: { answer: 429, headers: { "retry-after": "1" } } },
  { method: "chat.update", does: { answer: 503 } },
  { method: "chat.startStream", does: { cut: "afterwards" } },
  { method: "chat.appendStream", does: { error: "message_not_in_streaming_state" } },
  { method: "files.info", does: { error: "internal_error" } },
  { method: "conversations.members", does: { answer: 500 } },
  { method: "conversations.replies", does: { cut: "before" } },
] as const;

async function findWrong(
  home: string,
  all: Awaited<ReturnType<typeof rawMessages>>,
  threads: readonly { readonly threadId: string; readonly asked: readonly string[] }[],
): Promise<readonly string[]> {
  const wrong: string[] = [];
  const tenantId = asTenantId(`slack-${TEAM}`);
  const { ledger } = embeddedStores(home);
  const inquiries = (await ledger.find(tenantId, { type: "inquiry" })) as readonly InquiryRecord[];
  for (const { threadId, asked } of threads) {
    // Files (the frames under answers) are messages of their own.
    const said = all.filter(
      ({ user, thread_ts, files = [] }) => user === BOT && thread_ts === threadId && !files.length,
    );
    if (said.length !== 1 + asked.length) {
      wrong.push(
        `thread ${threadId}: ${said.length} messages for ${asked.length} questions: ${said.map(({ text }) => text)}`,
      );
    }
    for (const messageId of asked) {
      const about = inquiries.filter(({ message }) => message?.messageId === messageId);
      const answer = said.find(({ ts }) => ts === about[0]?.answerMessage?.messageId);
      const isAnswer = JSON.stringify(answer ?? "").includes("% sure");
      if (about.length !== 1 || about[0]?.state !== "answered" || !isAnswer) {
        wrong.push(`question ${messageId}: ${about.length} records, ${about[0]?.state}, ${answer?.text}`);
      }
    }
  }
  return wrong;
}

async function startBot(config: object): Promise<ChildProcess> {
  const script = join(import.meta.dirname, "slack-soak-bot.ts");
  const bot = spawn(process.execPath, ["--import", "tsx", script, JSON.stringify(config)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const up = once(bot.stdout as NodeJS.ReadableStream, "data");
  const ended = once(bot, "exit").then(([code]) => Promise.reject(new Error(`the bot ended with ${code}`)));
  await Promise.race([up, ended]);
  ended.catch(() => {});
  return bot;
}

/** Until all is done, or nothing has changed for a minute; and two seconds more, as what is too much comes late. */
async function untilQuiet(look: () => Promise<{ done: boolean; seen: string }>): Promise<void> {
  let last = "";
  let lastMs = Date.now();
  for (;;) {
    const { done, seen } = await look();
    if (done) break;
    if (seen !== last) lastMs = Date.now();
    last = seen;
    // What is missing is named by the report.
    if (Date.now() - lastMs > 180_000) return;
    await sleep(2000);
  }
  await sleep(2000);
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  for (let i = left.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [left[i], left[j]] = [left[j] as T, left[i] as T];
  }
  return left;
}
