/** The step between a plain answer and the person: another model may word it, and is held to what was looked up. */
import type { Composed, Composing } from "../answering/answer-kind.ts";
import type { MomentSpan } from "../clip.ts";
import type { Turn } from "../conversation.ts";
import { DomainError } from "../errors.ts";
import type { AnswerComposer, PlainAnswer } from "../ports/answer-composer.ts";
import type { ToldFacts } from "./clip-facts.ts";
import { namedSpans, refusalOf } from "./verify-text.ts";

export interface WordAnewRequest {
  readonly question: string;
  readonly history: readonly Turn[];
  /** Made when it is needed. */
  readonly facts: () => Promise<ToldFacts>;
  readonly signal?: AbortSignal | undefined;
}

/** As many links as an answer can hold. */
const MAX_SPANS = 12;

/**
 * The plain answer is made first, whole; then the composer's text takes its place, when it holds. A composer that fails,
 * takes too long or lies costs its time and nothing else.
 *
 * @throws DomainError `cancelled`; what `plain` throws
 */
export async function* wordAnew(composer: AnswerComposer, plain: Composing, request: WordAnewRequest): Composing {
  const made = await drained(plain);
  const { question, history, signal } = request;
  try {
    const facts = await request.facts();
    const text = (await composer.compose({ question, plain: made, history, facts, signal })).trim();
    const spans = [...made.spans, ...facts.told];
    const refused = refusalOf(text, { spans, limitSeconds: facts.limitSeconds, question });
    if (refused === undefined) {
      yield text;
      return { ...judged(made, namedSpans(text, facts.told)), writtenBy: composer.name };
    }
    composer.onRefused?.(refused);
  } catch (error) {
    if (signal?.aborted) throw new DomainError("cancelled", "left before the end", { cause: error });
    composer.onRefused?.(error instanceof Error ? error.message : String(error));
  }
  yield made.text;
  const { text: _, ...rest } = made;
  return rest;
}

async function drained(plain: Composing): Promise<PlainAnswer> {
  let text = "";
  for (;;) {
    const step = await plain.next();
    if (step.done) return { ...step.value, text };
    text += step.value;
  }
}

/** The memory judges, not the composer: it may point at more than the plain answer did, but is no surer of it. */
function judged(plain: PlainAnswer, named: readonly MomentSpan[]): Composed {
  const spans = [...plain.spans];
  for (const span of named) {
    const known = spans.some(
      ({ startSeconds, endSeconds }) => startSeconds === span.startSeconds && endSeconds === span.endSeconds,
    );
    if (!known && spans.length < MAX_SPANS) spans.push(span);
  }
  const found = plain.verdict !== "absent" || spans.length === 0;
  return {
    spans,
    verdict: found ? plain.verdict : "unsure",
    confidence: found ? plain.confidence : Math.min(...spans.map(({ confidence }) => confidence)),
  };
}
