/** What a composer, or a LangChain tool, may look up in a clip; and which times it has been told. */
import type { AskThreadDeps, AskThreadEvent, AskThreadRequest } from "../ask-thread.ts";
import type { ClipId, MomentSpan, Span, TenantId } from "../clip.ts";
import { watchedSecondsOf } from "../clip-memory.ts";
import { listMoments } from "../list-moments.ts";
import type { ClipFacts, PlainAnswer } from "../ports/answer-composer.ts";
import type { Moment } from "../ports/clip-model.ts";
import type { TimedLine } from "../ports/line-store.ts";
import { PassingThread } from "./passing-thread.ts";

export interface ClipFactsDeps extends Pick<AskThreadDeps, "model" | "memories" | "lines"> {
  /** `askThread`. */
  readonly ask: (deps: AskThreadDeps, request: AskThreadRequest) => AsyncIterable<AskThreadEvent>;
}

export interface ClipFactsRequest {
  readonly tenantId: TenantId;
  readonly clipId: ClipId;
  readonly signal?: AbortSignal | undefined;
}

export interface ToldFacts extends ClipFacts {
  /** Every span that was handed out so far. */
  readonly told: readonly MomentSpan[];
}

/** @throws DomainError `memory.not_watched`; later, as askThread and listMoments */
export async function createClipFacts(
  { ask, model, memories, lines }: ClipFactsDeps,
  { tenantId, clipId, signal }: ClipFactsRequest,
): Promise<ToldFacts> {
  const told: MomentSpan[] = [];
  const tell = <S extends MomentSpan>(spans: readonly S[]): readonly S[] => {
    told.push(...spans);
    return spans;
  };
  let listed: Promise<Awaited<ReturnType<typeof listMoments>>> | undefined;
  const moments = () => (listed ??= listMoments({ model, memories }, { tenantId, clipId, ...(signal && { signal }) }));
  const { memory } = await moments();
  const limitSeconds = memory.complete ? memory.info.durationSeconds : watchedSecondsOf(memory);

  return {
    told,
    limitSeconds,
    async findMoments(query): Promise<PlainAnswer> {
      const threads = new PassingThread();
      const request = { tenantId, clipId, threadId: "facts", question: query, ...(signal && { signal }) };
      for await (const event of ask({ model, memories, threads, ...(lines && { lines }) }, request)) {
        if (event.type !== "answered") continue;
        const { text, spans, verdict, confidence } = event.answer;
        return { text, spans: tell(spans), verdict, confidence };
      }
      throw new Error("askThread ended without an answer");
    },
    async describeSpan(span) {
      const overlaps = (other: Span) => other.startSeconds < span.endSeconds && span.startSeconds < other.endSeconds;
      const inside: readonly Moment[] = tell((await moments()).moments.filter(overlaps));
      const said: readonly TimedLine[] = ((await lines?.read(tenantId, clipId)) ?? [])[0]?.lines.filter(overlaps) ?? [];
      tell(said.map(({ startSeconds, endSeconds }) => ({ startSeconds, endSeconds, confidence: 1 })));
      return { moments: inside, lines: said };
    },
    async listMoments() {
      return tell((await moments()).moments);
    },
  };
}
