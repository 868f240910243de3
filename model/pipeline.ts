/**
 * DaMO, figure 2 of the paper, top to bottom (PAPER.md):
 *
 *     watch    clip -> windows of frames and sound -> visual and audio encoders -> Temporal-aware Fuseformer
 *                   -> FUSION queries, which are all that is kept of the clip
 *     match    FUSION queries, phrase -> matching head of stage 1 -> is it there, and in which half seconds
 *     answer   FUSION queries -> Q-Former bridge -> [bridged windows ; dialogue ; question] -> LLM -> text with times
 *
 * Watching, matching and answering have a session thread each, started on first use: a question never waits for a window.
 */
import type { Matching } from "../core/answering/matching.ts";
import type { MomentSpan } from "../core/clip.ts";
import type { WatchedWindow, WindowEntry } from "../core/clip-memory.ts";
import { DomainError } from "../core/errors.ts";
import type {
  AnswerEvent,
  AnswerRequest,
  ClipModel,
  Moment,
  WatchEvent,
  WatchRequest,
} from "../core/ports/clip-model.ts";
import type { Thing } from "../core/question/question.ts";
import { someWindows, type WindowSource } from "../core/window-source.ts";
import { calibrate, judgeAnswer } from "./answer-confidence.ts";
import { createAnswerText, readAnswer } from "./answer-text.ts";
import { encodeSound } from "./audio-encoder.ts";
import { type Bridge, createBridge } from "./bridge.ts";
import type { ModelBundle } from "./bundle.ts";
import { decodeAnswer, decoderShape } from "./decoder.ts";
import type { GeneratedToken } from "./decoding/generate-answer.ts";
import { atStrongestWindow, spreadOverWindows } from "./evidence-seconds.ts";
import { fuseWindow } from "./fuseformer.ts";
import { lazyResource } from "./lazy-resource.ts";
import { listByMatching } from "./list-by-matching.ts";
import { matchPhrases } from "./match.ts";
import { type DecodedWindow, type DecodeLimits, decodeClip } from "./media/index.ts";
import { mergeMoments, readMoments } from "./moments.ts";
import { CPU_ONLY, type ProviderChoice } from "./onnx/execution-provider.ts";
import { type GraphThread, startGraphThread } from "./onnx/graph-thread.ts";
import { buildListPrompt, buildQuestionPrompt, encodeQuestionWords, type Prompt, type PromptWindow } from "./prompt.ts";
import { readAhead } from "./read-ahead.ts";
import { isAboutEverything, recallWindows } from "./recall.ts";
import { embedQuestion } from "./text-encoder.ts";
import { createThingLikeness } from "./thing-likeness.ts";
import { findTimes } from "./time-tokens.ts";
import { type BundleTokenizer, loadTokenizer } from "./tokenizer.ts";
import { encodeFrames } from "./vision-encoder.ts";
import { WindowLists } from "./window-lists.ts";

export interface ClipModelDeps {
  readonly bundle: ModelBundle;
  /** Asked when a clip is watched: answers need no ffmpeg. */
  readonly findFfmpeg: () => Promise<{ readonly path: string }>;
  /** Replaced in tests. */
  readonly decodeClip?: typeof decodeClip;
}

/** `{ ...config.model, decode: config.decode }` will do. */
export interface ClipModelOptions {
  readonly decode: DecodeLimits;
  /** Threads that one pass of a watching graph may use. */
  readonly watchThreads: number;
  /** Threads that one pass of an answering graph may use. */
  readonly answerThreads: number;
  /** Default: the CPU. */
  readonly provider?: ProviderChoice;
  /** For the keys and values of recent threads, all together. */
  readonly decoderCacheBytes?: number;
  /** For bridged windows of recent clips, all together. */
  readonly bridgeCacheBytes?: number;
}

export const CLIP_MODEL_DEFAULTS = {
  decoderCacheBytes: 128 * 2 ** 20, // some dozen threads of damo-mini
  provider: CPU_ONLY,
  bridgeCacheBytes: 32 * 2 ** 20, // 2,000 windows of damo-mini: 4.5 hours
} as const satisfies Partial<ClipModelOptions>;

/** Text and memory meet here: what most answers need, and little to load. */
interface Matcher {
  readonly thread: GraphThread;
  readonly tokenizer: BundleTokenizer;
}

/** The language model's side, for answers that it words. */
interface Speaker {
  readonly thread: GraphThread;
  readonly bridge: Bridge;
}

/**
 * The DaMO pipeline on this machine. The caller closes it.
 *
 * @throws DomainError model.bundle_invalid, model.runtime from the first `watch` or `answer`, when graphs do not load
 */
export function createClipModel(deps: ClipModelDeps, options: ClipModelOptions): ClipModel {
  const { bundle } = deps;
  const { manifest } = bundle;
  const { answering, limits, axes, preprocess, windowSeconds } = manifest;
  const settings = { ...CLIP_MODEL_DEFAULTS, ...options };
  const decode = deps.decodeClip ?? decodeClip;

  const watcher = lazyResource<GraphThread>({
    make: () =>
      startGraphThread({
        graphs: [bundle.graph("vision"), bundle.graph("audio"), bundle.graph("fuseformer")],
        intraOpThreads: settings.watchThreads,
        background: true,
        sound: { preprocess, windowSeconds },
        provider: settings.provider,
      }),
    ended: (thread) => thread.ended,
    close: (thread) => thread.close(),
  });

  const { answerThreads: intraOpThreads, provider } = settings;
  const matcher = lazyResource<Matcher>({
    make: async () => {
      const graphs = [bundle.graph("text"), bundle.graph("match")];
      const [tokenizer, thread] = await Promise.all([
        loadTokenizer(bundle.tokenizerPath),
        startGraphThread({ graphs, intraOpThreads, provider }),
      ]);
      return { thread, tokenizer };
    },
    ended: ({ thread }) => thread.ended,
    close: ({ thread }) => thread.close(),
  });

  const speaker = lazyResource<Speaker>({
    make: async () => {
      const thread = await startGraphThread({
        graphs: [bundle.graph("bridge"), bundle.graph("decoder")],
        intraOpThreads,
        provider,
        decoder: { ...decoderShape(manifest), cacheBytes: settings.decoderCacheBytes },
      });
      return { thread, bridge: createBridge(thread, manifest, settings.bridgeCacheBytes) };
    },
    ended: ({ thread }) => thread.ended,
    close: ({ thread }) => thread.close(),
  });

  async function* watch({ path, resumeAfter, signal, stepAside }: WatchRequest): AsyncGenerator<WatchEvent> {
    const loading = watcher.get();
    loading.catch(() => {}); // thrown below, once there is a window to watch
    const left = new AbortController();
    const { frameRate, frameSize, sampleRateHz } = preprocess;
    const decoded = decode({
      path,
      ffmpeg: await deps.findFfmpeg(),
      frameRate,
      frameSize,
      sampleRateHz,
      windowSeconds,
      limits: settings.decode,
      ...(resumeAfter === undefined ? {} : { resumeFromWindow: resumeAfter.index + 1 }),
      signal: AbortSignal.any([left.signal, ...(signal === undefined ? [] : [signal])]),
    });
    let state = resumeAfter?.queries;
    for await (const event of readAhead(decoded, () => left.abort())) {
      if (event.type !== "window") {
        yield event;
        continue;
      }
      const window = await watchWindow(await loading, event.window, state, stepAside);
      stopIfAborted(signal);
      state = window.queries;
      yield { type: "window", window, frames: event.window.evidence };
    }
  }

  async function watchWindow(
    thread: GraphThread,
    { index, startSeconds, endSeconds, frames, samples }: DecodedWindow,
    state: Float32Array | undefined,
    stepAside: WatchRequest["stepAside"],
  ): Promise<WatchedWindow> {
    // Rounded up: a step that holds some sound counts.
    const audioSteps = Math.ceil((samples.length / (windowSeconds * preprocess.sampleRateHz)) * axes.A);
    const visual = frames.length === 0 ? undefined : await encodeFrames(thread, manifest, frames, stepAside);
    await stepAside?.();
    const audio = audioSteps === 0 ? undefined : await encodeSound(thread, samples);
    await stepAside?.();
    const fused = await fuseWindow(thread, manifest, { visual, audio, audioSteps, startSeconds, state });
    return { index, startSeconds, endSeconds, ...fused };
  }

  async function* answer(request: AnswerRequest): AsyncGenerator<AnswerEvent> {
    stopIfAborted(request.signal);
    if (request.windows.entries.length === 0) throw new DomainError("memory.not_watched", "nothing is watched yet");
    const [{ tokenizer, thread: textThread }, { thread, bridge }] = await Promise.all([matcher.get(), speaker.get()]);
    const windows = await bridgeWindows(bridge, await recall(textThread, tokenizer, request));
    const { offsetSeconds } = answering;
    const prompt = buildQuestionPrompt(tokenizer, limits, { ...request, windows, offsetSeconds });
    const text = createAnswerText(tokenizer, {
      grid: { windows, offsetSeconds },
      durationSeconds: request.durationSeconds,
    });
    const tokens: GeneratedToken[] = [];
    const { threadId, temperature = 0, seed = 0, wholeOnly = false, signal } = request;
    for await (const token of decodeAnswer(thread, manifest, prompt, {
      threadId,
      temperature,
      seed,
      together: wholeOnly,
      signal,
    })) {
      tokens.push(token);
      if (wholeOnly) {
        text.hold(token);
        continue;
      }
      const more = text.push(token);
      if (more !== "") yield { type: "text", text: more };
    }
    const whole = text.finish();
    if (whole.rest !== "" && !wholeOnly) yield { type: "text", text: whole.rest };
    const isAbsent = tokens[0]?.token === tokenizer.special.absent;
    const judged = judgeAnswer(tokens, whole.parts, isAbsent, answering);
    const spans = await placeEvidence(textThread, tokenizer, request, judged.spans);
    yield {
      type: "answer",
      text: whole.text,
      ...judged,
      spans,
      usage: { inputTokens: lengthOf(prompt, axes.H), outputTokens: tokens.length },
    };
  }

  /** Where each span is strongest: inside one window by its tokens, over several by their embeddings. */
  async function placeEvidence(
    thread: GraphThread,
    tokenizer: BundleTokenizer,
    { windows: { entries }, question }: AnswerRequest,
    spans: readonly MomentSpan[],
  ): Promise<readonly MomentSpan[]> {
    if (!spreadOverWindows(spans, entries)) return spans;
    const words = encodeQuestionWords(tokenizer, question, limits.questionTokens);
    return words.length === 0 ? spans : atStrongestWindow(spans, entries, await embedQuestion(thread, words));
  }

  async function recall(
    thread: GraphThread,
    tokenizer: BundleTokenizer,
    { windows, question, history }: AnswerRequest,
  ): Promise<readonly WatchedWindow[]> {
    const { entries } = windows;
    if (entries.length <= limits.windowsPerAnswer) return windows.read(indexesOf(entries));
    const words = encodeQuestionWords(tokenizer, question, limits.questionTokens);
    const isPointed = words.length > 0 && !isAboutEverything(question);
    const embedding = isPointed ? await embedQuestion(thread, words) : undefined;
    const named = [
      ...findTimes(question).map(({ seconds }) => ({ startSeconds: seconds, endSeconds: seconds })),
      ...(history.at(-1)?.answer.spans ?? []),
    ];
    // One window more: "after that" asks for what follows.
    const withNext = named.map((span) => ({ ...span, endSeconds: span.endSeconds + windowSeconds }));
    const { windowsPerAnswer, recalledWindows } = limits;
    return windows.read(indexesOf(recallWindows(entries, windowsPerAnswer, withNext, embedding, recalledWindows)));
  }

  async function bridgeWindows(bridge: Bridge, windows: readonly WatchedWindow[]): Promise<PromptWindow[]> {
    const bridged = await bridge.project(windows.map(({ queries }) => queries));
    return bridged.map((window, index) => {
      const { startSeconds, endSeconds } = windows[index] as WatchedWindow;
      return { startSeconds, endSeconds, ...window };
    });
  }

  const { similarity, match } = createThingLikeness({
    async embed(phrase) {
      const { thread, tokenizer } = await matcher.get();
      return embedQuestion(thread, encodeQuestionWords(tokenizer, phrase, limits.questionTokens));
    },
    match: async (windows, phrases) => matchPhrases((await matcher.get()).thread, manifest, windows, phrases),
  });
  const lists = new WindowLists();

  async function moments({
    windows,
    durationSeconds,
    signal,
  }: Parameters<ClipModel["moments"]>[0]): Promise<readonly Moment[]> {
    const list = answering.matching ? listByMatchingHead : listByModel;
    const found: Moment[] = [];
    for (const entry of windows.entries) {
      stopIfAborted(signal);
      found.push(...(await lists.get(entry, () => list(someWindows(windows, [entry]), durationSeconds, signal))));
    }
    return mergeMoments(found, answering.offsetSeconds);
  }

  /** The language model lists a window. */
  async function listByModel(
    windows: WindowSource,
    durationSeconds: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly Moment[]> {
    const [{ tokenizer }, { thread, bridge }] = await Promise.all([matcher.get(), speaker.get()]);
    const { offsetSeconds } = answering;
    const [window] = (await bridgeWindows(bridge, await windows.read(indexesOf(windows.entries)))) as [PromptWindow];
    const prompt = buildListPrompt(tokenizer, window, offsetSeconds);
    const tokens: GeneratedToken[] = [];
    const options = { temperature: 0, seed: 0, together: true, signal };
    for await (const token of decodeAnswer(thread, manifest, prompt, options)) tokens.push(token);
    const verdict = tokens[0];
    if (verdict?.token !== tokenizer.special.found) return [];
    const parts = readAnswer(tokenizer, tokens, { grid: { windows: [window], offsetSeconds }, durationSeconds });
    return readMoments(parts, (probability) => calibrate(verdict.probability * probability, answering));
  }

  const ownThings: readonly Thing[] = [
    ...manifest.card.sees.map((name): Thing => ({ name, sense: "seen", known: true })),
    ...manifest.card.hears.map((name): Thing => ({ name, sense: "heard", known: true })),
  ];

  /** The matching head lists a window. */
  async function listByMatchingHead(windows: WindowSource, durationSeconds: number): Promise<readonly Moment[]> {
    const [window] = (await windows.read(indexesOf(windows.entries))) as [WatchedWindow];
    return listByMatching(answering.matching as Matching, {
      things: ownThings,
      logits: await match(ownThings, [window]),
      window,
      pieces: axes.Q,
      windowSeconds,
      limitSeconds: durationSeconds,
    });
  }

  return {
    bundle: bundle.identity,
    vocabulary: { sees: manifest.card.sees, hears: manifest.card.hears },
    unsureThreshold: answering.unsureThreshold,
    matching: answering.matching,
    similarity,
    match,
    async effort() {
      const [one, other] = await Promise.all([matcher.get(), speaker.get()]);
      const [matching, speaking] = [one.thread.effort, other.thread.effort];
      return { graphMs: matching.graphMs + speaking.graphMs, tokens: speaking.tokens };
    },
    axes,
    windowSeconds,
    watch,
    answer,
    moments,
    async close() {
      await Promise.all([watcher.close(), matcher.close(), speaker.close()]);
    },
  };
}

const indexesOf = (chosen: readonly WindowEntry[]): readonly number[] => chosen.map(({ index }) => index);

function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new DomainError("cancelled", "cancelled by the caller");
}

/** Positions of the context: a token each, or a row of a bridged window. */
const lengthOf = ({ segments }: Prompt, rowLength: number): number =>
  segments.reduce((sum, part) => sum + ("tokens" in part ? part.tokens.length : part.embeddings.length / rowLength), 0);
