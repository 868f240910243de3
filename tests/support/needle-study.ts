/**
 * Are questions about one event hidden anywhere in a long clip still answered? As VideoNIAH does it: the memory of a long
 * clip is put together from windows of short theatre clips that were really watched, with one clip (the needle) whose
 * event appears nowhere else hidden at a known place; then its question is asked through the product's own model.
 *
 *     python -m damo_train.theatre.clips --data ../../shared/training-data --out CLIPS --count 150 --seed 4004   (training/)
 *     node --import tsx tests/support/needle-study.ts CLIPS HOME OUT.json      watches CLIPS into HOME first, once
 *
 * Needles are questions that the bundle answers rightly in their own short clip, so that what is measured is what length
 * costs. `product`: askThread, as people use it. The others hand windows to the language model alone: `recall`
 * those nearest to the question, as many as the bundle asks for (`limits.recalledWindows`). `eight`: as many as its decoder can read. `even`: eight windows at even distances, as models
 * without recall read a long clip. `averaged`: as `recall`, and two windows of averaged queries that stand for the rest.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporalIou } from "../../core/evaluation.ts";
import {
  asClipId,
  askThread,
  asTenantId,
  type ClipMemory,
  type ClipModel,
  clipIdOfFile,
  heldWindows,
  loadConfig,
  type MomentSpan,
  memoryKeyOf,
  type SuiteClip,
  seededRandom,
  suiteClipSchema,
  type Verdict,
  type WatchedWindow,
  watchClip,
} from "../../core/index.ts";
import { embeddedStores } from "../../memory/index.ts";
import { consolidate } from "../../model/consolidate.ts";
import { createClipModel, loadBundle, resolveFfmpeg } from "../../model/index.ts";
import { startGraphThread } from "../../model/onnx/graph-thread.ts";
import { encodeQuestionWords } from "../../model/prompt.ts";
import { recallWindows } from "../../model/recall.ts";
import { embedQuestion } from "../../model/text-encoder.ts";
import { loadTokenizer } from "../../model/tokenizer.ts";
import { InMemoryClipMemoryStore } from "./in-memory-clip-memory-store.ts";
import { InMemoryThreadStore } from "./in-memory-thread-store.ts";

const WINDOW_SECONDS = 8;
const SUMMARIES = 2;
const MINUTES = [10, 30, 120] as const;
const POSITIONS = [0.05, 0.25, 0.5, 0.75, 0.95] as const;
/** Adds what the product answers to an OUT.json that holds all else. */
const ONLY_PRODUCT = process.env["ONLY_PRODUCT"] === "1";
const NEEDLES = Number(process.env["NEEDLES"] ?? 20);

interface Watched {
  readonly suite: SuiteClip & { readonly events: readonly { readonly what: string }[] };
  readonly memory: ClipMemory;
}

interface Needle {
  readonly watched: Watched;
  readonly question: string;
  readonly embedding: Float32Array;
  readonly heard: boolean;
  readonly span: readonly [number, number];
  /** Words of what is hidden: no other window of the long clip may have one of them. */
  readonly words: ReadonlySet<string>;
}

export interface NeedleAnswer {
  readonly minutes: number;
  /** Where in the clip, 0..1. */
  readonly position: number;
  readonly way: "product" | "recall" | "eight" | "even" | "averaged";
  /** Whether a window that shows the event was among those read. */
  readonly read: boolean;
  readonly heard: boolean;
  readonly verdict: Verdict;
  /** Temporal IoU of what the answer points at with where the event is. */
  readonly iou: number;
}

const [clipsFolder = "", home = "", out = ""] = process.argv.slice(2);
const config = loadConfig({ DAMO_HOME: home, DAMO_WATCH_THREADS: "1", DAMO_ANSWER_THREADS: "1" });
const bundle = await loadBundle(config.model.bundleFolder);
const model = createClipModel(
  { bundle, findFfmpeg: () => resolveFfmpeg({ searchPath: process.env["PATH"] }) },
  { ...config.model, decode: config.decode },
);
const READ = bundle.manifest.limits.windowsPerAnswer;
const RECALLED = bundle.manifest.limits.recalledWindows ?? READ;
const tokenizer = await loadTokenizer(bundle.tokenizerPath);
const textThread = await startGraphThread({ graphs: [bundle.graph("text")], intraOpThreads: 1 });
const { memories } = embeddedStores(config.home);

const library = await watchLibrary();
const random = seededRandom(7);
const { asked, needles } = await pickNeedles();
const answers: NeedleAnswer[] = ONLY_PRODUCT ? JSON.parse(readFileSync(out, "utf8")).answers : [];
for (const minutes of MINUTES) {
  for (const position of POSITIONS) {
    for (const needle of needles) {
      const { windows, startSeconds } = hide(needle, minutes, position);
      const span = { startSeconds: startSeconds + needle.span[0], endSeconds: startSeconds + needle.span[1] };
      const nearest = (count: number) =>
        recallWindows(windows, count, [], needle.embedding) as readonly WatchedWindow[];
      const recalled = nearest(RECALLED);
      const rest = windows.filter((window) => !recalled.includes(window));
      const last = windows.length - 1;
      const ways = {
        recall: recalled,
        eight: nearest(READ),
        even: Array.from({ length: READ }, (_, at) => windows[Math.round((at * last) / (READ - 1))] as WatchedWindow),
        averaged: inOrder([...recalled, ...averagedWindows(rest, SUMMARIES)]),
      };
      for (const [way, read] of Object.entries({ product: [], ...(ONLY_PRODUCT ? {} : ways) })) {
        const { verdict, spans } =
          way === "product"
            ? await askProduct(needle.question, windows)
            : await ask(needle.question, read as readonly WatchedWindow[], minutes * 60);
        const iou = verdict === "absent" ? 0 : temporalIou([span], spans);
        const isRead = (read as readonly WatchedWindow[]).some(
          (window) => window.startSeconds < span.endSeconds && span.startSeconds < window.endSeconds,
        );
        answers.push({
          minutes,
          position,
          way: way as NeedleAnswer["way"],
          verdict,
          iou: Math.round(iou * 1000) / 1000,
          read: isRead,
          heard: needle.heard,
        });
      }
    }
    report(`${minutes} min at ${position}`);
    writeFileSync(out, `${JSON.stringify({ bundle: bundle.identity, asked, needles: needles.length, answers })}\n`);
  }
}
await model.close();
await textThread.close();

async function watchLibrary(): Promise<Watched[]> {
  const watched: Watched[] = [];
  for (const line of readFileSync(join(clipsFolder, "suite.jsonl"), "utf8").trim().split("\n")) {
    const suite = { ...suiteClipSchema.parse(JSON.parse(line)), events: JSON.parse(line).events } as Watched["suite"];
    const path = join(clipsFolder, suite.clip);
    const clipId = await clipIdOfFile(path, { maxBytes: 1e9 });
    const tenantId = asTenantId("needle");
    const watching = watchClip({ model, memories }, { tenantId, clipId, title: suite.clip, path });
    for await (const _ of watching);
    const memory = await memories.read(memoryKeyOf(tenantId, clipId, bundle.identity));
    if (memory) watched.push({ suite, memory });
  }
  return watched;
}

/** Questions about one event, one a clip, that are answered rightly in that clip alone. */
async function pickNeedles(): Promise<{ asked: number; needles: Needle[] }> {
  const found: Needle[] = [];
  let asked = 0;
  for (const watched of shuffled(library)) {
    if (found.length === NEEDLES) break;
    const own = wholeWindows(watched);
    for (const { family, spans, question } of watched.suite.turns) {
      const span = spans[0];
      if (!/^when_(seen|heard)$/.test(family) || spans.length !== 1 || !span || /\d:\d\d/.test(question)) continue;
      if (span[1] > own.length * WINDOW_SECONDS) continue;
      const events = watched.suite.events.filter(({ what }) => wordsOf(what).some((word) => question.includes(word)));
      asked++;
      const { verdict, spans: given } = await ask(question, own, own.length * WINDOW_SECONDS);
      if (verdict === "absent" || temporalIou([{ startSeconds: span[0], endSeconds: span[1] }], given) < 0.5) continue;
      const words = new Set(events.flatMap(({ what }) => wordsOf(what)));
      const embedding = await embedQuestion(textThread, encodeQuestionWords(tokenizer, question, 64));
      found.push({ watched, question, embedding, heard: family === "when_heard", span, words });
      break;
    }
  }
  return { asked, needles: found };
}

/** Windows whose queries are the mean of a stretch, and whose time is that of its middle. */
function averagedWindows(windows: readonly WatchedWindow[], limit: number): WatchedWindow[] {
  return consolidate(windows, limit).map(({ first, last, sum }) => {
    const stretch = windows.slice(first, last + 1);
    const middle = stretch[stretch.length >> 1] as WatchedWindow;
    const queries = middle.queries.map(
      (_, at) => stretch.reduce((total, { queries }) => total + (queries[at] as number), 0) / stretch.length,
    );
    return { ...middle, queries, embedding: sum };
  });
}

function inOrder(windows: readonly WatchedWindow[]): WatchedWindow[] {
  return [...windows].sort((a, b) => a.index - b.index);
}

/** The windows of a clip of so many minutes with the needle in it, and where the needle's first window starts. */
function hide(needle: Needle, minutes: number, position: number): { windows: WatchedWindow[]; startSeconds: number } {
  const hay = library.filter(
    (watched) =>
      watched !== needle.watched &&
      !watched.suite.events.some(({ what }) => wordsOf(what).some((word) => needle.words.has(word))),
  );
  const own = wholeWindows(needle.watched);
  const count = Math.round((minutes * 60) / WINDOW_SECONDS);
  const at = Math.min(Math.round(position * count), count - own.length);
  const straws: WatchedWindow[] = [];
  while (straws.length < count - own.length) for (const watched of shuffled(hay)) straws.push(...wholeWindows(watched));
  const windows = [...straws.slice(0, at), ...own, ...straws.slice(at, count - own.length)].map((window, index) => ({
    index,
    startSeconds: index * WINDOW_SECONDS,
    endSeconds: (index + 1) * WINDOW_SECONDS,
    queries: window.queries,
    embedding: window.embedding,
  }));
  return { windows, startSeconds: at * WINDOW_SECONDS };
}

async function ask(
  question: string,
  windows: readonly WatchedWindow[],
  durationSeconds: number,
): Promise<{ verdict: Verdict; spans: readonly MomentSpan[] }> {
  const request: Parameters<ClipModel["answer"]>[0] = {
    question,
    history: [],
    windows: heldWindows(windows),
    durationSeconds,
  };
  for await (const event of model.answer(request)) if (event.type === "answer") return event;
  throw new Error("no answer");
}

/** The whole path: understanding the question, choosing windows, grounding, checking spans. */
async function askProduct(question: string, windows: readonly WatchedWindow[]) {
  const store = new InMemoryClipMemoryStore();
  const clipId = asClipId("a".repeat(64));
  const tenantId = asTenantId("needle");
  const key = memoryKeyOf(tenantId, clipId, bundle.identity);
  const info = { durationSeconds: windows.length * WINDOW_SECONDS, container: "made" };
  await store.begin({ key, bundle: bundle.identity, axes: model.axes, title: "long.mp4", info, createdAtMs: 0 });
  for (const window of windows) await store.appendWindow(key, window);
  await store.complete(key, { info, warnings: [] });
  const deps = { model, memories: store, threads: new InMemoryThreadStore() };
  for await (const event of askThread(deps, { tenantId, clipId, threadId: "t", question })) {
    if (event.type === "answered") return event.answer;
  }
  throw new Error("no answer");
}

function report(done: string): void {
  const rate = (way: string) => {
    const of = answers.filter((answer) => answer.way === way);
    return `${way} ${Math.round((100 * of.filter(({ iou }) => iou >= 0.3).length) / Math.max(1, of.length))} %`;
  };
  process.stderr.write(`${done}: ${["product", "recall", "eight", "even", "averaged"].map(rate).join(", ")}\n`);
}

function wholeWindows({ memory }: Watched): readonly WatchedWindow[] {
  return memory.windows.filter(({ startSeconds, endSeconds }) => endSeconds - startSeconds > WINDOW_SECONDS - 0.01);
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function wordsOf(what: string): string[] {
  return what
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word.length > 2 && word !== "sound");
}
