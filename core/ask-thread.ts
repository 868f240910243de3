/**
 * Answer a question from a clip's memory alone: the video is not opened, and need not exist any more.
 * Called by the bots; the text streams, the whole answer comes last and is by then part of the thread.
 */
import type { ClipId, TenantId } from "./clip.ts";
import { memoryKeyOf, watchedSecondsOf } from "./clip-memory.ts";
import type { Answer, Turn } from "./conversation.ts";
import { DomainError } from "./errors.ts";
import type { ClipMemoryStore } from "./ports/clip-memory-store.ts";
import type { AnswerEvent, ClipModel } from "./ports/clip-model.ts";
import type { ThreadStore } from "./ports/thread-store.ts";
import { storedWindows } from "./window-source.ts";

/** In UTF-16 units, as JavaScript counts. Several times what a bundle reads of a question; a longer one is a paste. */
export const MAX_QUESTION_LENGTH = 2000;

export interface AskThreadDeps {
  readonly model: ClipModel;
  readonly memories: ClipMemoryStore;
  readonly threads: ThreadStore;
  /** Wall time, ms since the epoch. */
  readonly now?: () => number;
}

export interface AskThreadRequest {
  readonly tenantId: TenantId;
  readonly threadId: string;
  readonly clipId: ClipId;
  readonly question: string;
  /** 0 = greedy (the default). */
  readonly temperature?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

export type AskThreadEvent =
  | { readonly type: "text"; readonly text: string }
  /** Once, last. */
  | { readonly type: "answered"; readonly answer: Answer };

/**
 * @throws DomainError `question.empty`, `question.too_long`; `memory.not_watched` when nothing of the clip is
 *   remembered (or it is forgotten meanwhile); what the model and the stores throw, unchanged
 */
export async function* askThread(deps: AskThreadDeps, request: AskThreadRequest): AsyncGenerator<AskThreadEvent> {
  const { model, memories, threads, now = Date.now } = deps;
  const { tenantId, threadId, clipId, temperature, seed, signal } = request;
  const question = checkQuestion(request.question);
  const askedAtMs = now();

  const key = memoryKeyOf(tenantId, clipId, model.bundle);
  const [memory, thread] = await Promise.all([memories.readIndex(key), threads.read(tenantId, threadId)]);
  if (!memory?.windows.length) throw notWatched();

  const watchedSeconds = watchedSecondsOf(memory);
  const events = model.answer({
    question,
    history: thread?.turns.filter((turn) => turn.clipId === clipId) ?? [],
    windows: storedWindows(memories, memory),
    // What the header claims of a clip that is still being watched is not known to be there.
    durationSeconds: memory.complete ? memory.info.durationSeconds : watchedSeconds,
    threadId: `${tenantId}/${threadId}/${clipId}`,
    ...(temperature !== undefined && { temperature }),
    ...(seed !== undefined && { seed }),
    ...(signal && { signal }),
  });

  let whole: Extract<AnswerEvent, { type: "answer" }> | undefined;
  for await (const event of events) {
    if (event.type === "text") yield event;
    else whole = event;
  }
  if (!whole) throw new DomainError("model.runtime", "the model ended without an answer");

  const answer: Answer = {
    text: whole.text,
    spans: whole.spans,
    verdict: whole.verdict,
    confidence: whole.confidence,
    bundle: model.bundle,
    ...(!memory.complete && { watchedUpToSeconds: watchedSeconds }),
  };
  const turn: Turn = { question: { text: question }, answer, clipId, askedAtMs };
  // A clip that was forgotten while its answer was being made must not come back as a turn.
  if (!(await memories.has(key))) throw notWatched();
  await threads.appendTurn(tenantId, threadId, turn);
  yield { type: "answered", answer };
}

/**
 * The question as it is asked and kept: trimmed. Without a letter or a digit there is nothing to answer.
 * For callers that would rather know before a long watch.
 *
 * @throws DomainError `question.empty`, `question.too_long`
 */
export function checkQuestion(text: string): string {
  const question = text.trim();
  if (question.length > MAX_QUESTION_LENGTH) {
    throw new DomainError("question.too_long", `${question.length} characters, the limit is ${MAX_QUESTION_LENGTH}`, {
      details: { length: question.length, maxLength: MAX_QUESTION_LENGTH },
    });
  }
  if (!/[\p{L}\p{N}]/u.test(question)) throw new DomainError("question.empty", "no word in the question");
  return question;
}

const notWatched = () => new DomainError("memory.not_watched", "nothing of this clip is remembered");
