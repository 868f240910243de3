/**
 * Answer a question from a clip's memory alone: the video is not opened, and need not exist any more.
 * Called by every surface; the text streams, the whole answer comes last and is by then part of the thread.
 *
 *     question -> which clip -> what kind (core/question/) -> composed from the memory (core/answering/) -> guarded
 *
 * Questions of one thread are answered one after the other, in the order in which they came (core/turn-queue.ts).
 */
import type { AskedOf, Composed, Composing } from "./answering/answer-kind.ts";
import { POINTING_NOWHERE } from "./answering/answer-kind.ts";
import { createClipView } from "./answering/clip-view.ts";
import { composeAnswer } from "./answering/compose-answer.ts";
import { clampSpans, guardTimes } from "./answering/guard-times.ts";
import type { ClipId, TenantId } from "./clip.ts";
import { memoryKeyOf, watchedSecondsOf } from "./clip-memory.ts";
import { createClipFacts } from "./composing/clip-facts.ts";
import { wordAnew } from "./composing/compose-with.ts";
import type { Answer, Thread, Turn } from "./conversation.ts";
import { DomainError } from "./errors.ts";
import { answerFromLines } from "./lines/answer-from-lines.ts";
import type { AnswerComposer } from "./ports/answer-composer.ts";
import type { ClipMemoryStore } from "./ports/clip-memory-store.ts";
import type { ClipModel } from "./ports/clip-model.ts";
import type { LineStore } from "./ports/line-store.ts";
import type { ThreadStore } from "./ports/thread-store.ts";
import { checkQuestion } from "./question/check-question.ts";
import { type ThreadClip, understand } from "./question/understand.ts";
import { TurnQueue } from "./turn-queue.ts";
import { storedWindows } from "./window-source.ts";

export interface AskThreadDeps {
  readonly model: ClipModel;
  readonly memories: ClipMemoryStore;
  readonly threads: ThreadStore;
  /** Absent: what is said is asked of the model alone. */
  readonly lines?: LineStore;
  /** Words answers anew. Absent: the bundle's own words. */
  readonly composer?: AnswerComposer;
  /** Wall time, ms since the epoch. */
  readonly now?: () => number;
}

export interface AskThreadRequest {
  readonly tenantId: TenantId;
  readonly threadId: string;
  /** The clip that is meant unless the question says otherwise: the newest of the thread. */
  readonly clipId: ClipId;
  /** Every clip of the thread, in the order of sharing. Absent: those that were asked about, then `clipId`. */
  readonly clips?: readonly ThreadClip[];
  readonly question: string;
  /** 0 = greedy (the default). */
  readonly temperature?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

export type AskThreadEvent =
  | { readonly type: "text"; readonly text: string }
  /** Once, last. `clipId`: the clip that the answer is about. */
  | { readonly type: "answered"; readonly answer: Answer; readonly clipId: ClipId };

/** Turns under way, by the store that they are kept in. */
const queues = new WeakMap<ThreadStore, TurnQueue>();

/**
 * Leaving the loop early, or the signal, stops the answer; it is then no turn of the thread.
 *
 * @throws DomainError `question.empty`, `question.too_long`, `question.language`; `memory.not_watched` when nothing of
 *   the clip is remembered (or it is forgotten meanwhile); `cancelled`; what the model and the stores throw, unchanged
 */
export async function* askThread(deps: AskThreadDeps, request: AskThreadRequest): AsyncGenerator<AskThreadEvent> {
  const { threads, now = Date.now } = deps;
  const question = checkQuestion(request.question);
  const askedAtMs = now();
  const queue = queues.get(threads) ?? new TurnQueue();
  queues.set(threads, queue);
  const endTurn = await queue.begin(`${request.tenantId}/${request.threadId}`, request.signal);
  try {
    yield* answerTurn(deps, request, question, askedAtMs);
  } finally {
    endTurn();
  }
}

async function* answerTurn(
  { model, memories, threads, lines, composer }: AskThreadDeps,
  request: AskThreadRequest,
  question: string,
  askedAtMs: number,
): AsyncGenerator<AskThreadEvent> {
  const { tenantId, threadId, temperature, seed, signal } = request;
  const thread = await threads.read(tenantId, threadId);
  const turns = thread?.turns ?? [];
  const understood = understand(question, {
    clips: request.clips ?? clipsOf(thread, request.clipId),
    newest: request.clipId,
    turns,
    vocabulary: model.vocabulary,
  });
  const { clipId, parsed } = understood;

  const key = memoryKeyOf(tenantId, clipId, model.bundle);
  const memory = await memories.readIndex(key);
  if (!memory?.windows.length) throw notWatched();
  const watchedSeconds = watchedSecondsOf(memory);
  // What the header claims of a clip that is still being watched is not known to be there.
  const limitSeconds = memory.complete ? memory.info.durationSeconds : watchedSeconds;
  const clip = createClipView({
    model,
    windows: storedWindows(memories, memory),
    durationSeconds: limitSeconds,
    complete: memory.complete,
    threadId: `${tenantId}/${threadId}/${clipId}`,
    temperature,
    seed,
    signal,
  });
  const asked: AskedOf = { clip, question, history: turns.filter((turn) => turn.clipId === clipId) };
  const spoken = await answerFromLines(lines, { tenantId, clipId, question, durationSeconds: limitSeconds });
  const plain = understood.noSuchClip ? noSuchClip() : (spoken ?? composeAnswer(parsed, asked));
  const composing = composer
    ? wordAnew(composer, plain, {
        question,
        history: asked.history,
        facts: () =>
          createClipFacts({ ask: askThread, model, memories, ...(lines && { lines }) }, { tenantId, clipId, signal }),
        signal,
      })
    : plain;

  let text = "";
  // A quotation may name times that are no times of the clip ("at 7:30 tonight"); its own are the lines'.
  const guard = guardTimes(spoken ? Number.POSITIVE_INFINITY : limitSeconds);
  let whole: Composed;
  for (;;) {
    const step = await composing.next();
    if (signal?.aborted) throw new DomainError("cancelled", "left before the end", { cause: signal.reason });
    const more = step.done ? guard.finish() : guard.push(step.value);
    text += more;
    if (more !== "") yield { type: "text", text: more };
    if (step.done) {
      whole = step.value;
      break;
    }
  }

  const answer: Answer = {
    text,
    spans: whole.verdict === "absent" ? [] : clampSpans(whole.spans, limitSeconds),
    verdict: whole.verdict,
    confidence: Number.isFinite(whole.confidence) ? Math.min(1, Math.max(0, whole.confidence)) : 0,
    bundle: model.bundle,
    ...(whole.writtenBy !== undefined && { writtenBy: whole.writtenBy }),
    ...(!memory.complete && { watchedUpToSeconds: watchedSeconds }),
  };
  const turn: Turn = { question: { text: question }, asked: parsed, answer, clipId, askedAtMs };
  // A clip that was forgotten while its answer was being made must not come back as a turn.
  if (!(await memories.has(key))) throw notWatched();
  await threads.appendTurn(tenantId, threadId, turn);
  yield { type: "answered", answer, clipId };
}

async function* noSuchClip(): Composing {
  yield "There is no such clip in this thread.";
  return POINTING_NOWHERE;
}

function clipsOf(thread: Thread | undefined, newest: ClipId): readonly ThreadClip[] {
  const earlier = (thread?.clipIds ?? []).filter((clipId) => clipId !== newest);
  return [...earlier, newest].map((clipId) => ({ clipId, title: "" }));
}

const notWatched = () => new DomainError("memory.not_watched", "nothing of this clip is remembered");
