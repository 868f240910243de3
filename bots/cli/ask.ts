/** `damo ask CLIP "question" ["follow-up" ...]`: watch once, answer each in turn, all in one thread. */
import { randomUUID } from "node:crypto";
import { type Answer, askThread, type CacheOutcome, checkQuestion, DomainError } from "../../core/index.ts";
import {
  type AnswerTiming,
  answerClosing,
  answerOrigin,
  questionLine,
  spanLines,
  wholeAnswer,
} from "./answer-lines.ts";
import type { CommandContext } from "./context.ts";
import { type EvidenceFiles, writeEvidence } from "./evidence-files.ts";
import { jumpLinksFor, type LinkTo, noteWhetherLinksOpen } from "./jump-links.ts";
import { type TakenUpClip, takeUpClip } from "./take-up-clip.ts";

export interface AskOptions {
  /** Goes on with the thread of this name. Absent: a new one. */
  readonly thread?: string;
  /** A folder for what the answers' spans look like. */
  readonly frames?: string;
  /** Further clips of the thread, shared before the one that is asked about. */
  readonly with?: readonly string[];
}

export async function ask(
  context: CommandContext,
  clipName: string,
  texts: readonly string[],
  options: AskOptions,
): Promise<void> {
  const { terminal, signal, now } = context;
  let startedAtMs = now();
  const questions = texts.map(checkQuestion);
  const threadId = options.thread ?? `cli-${randomUUID().slice(0, 8)}`;
  if (threadId.trim() === "")
    throw new DomainError("usage", "empty thread", { details: { problem: "--thread is empty" } });

  const services = await context.services();
  const earlier: TakenUpClip[] = [];
  for (const name of options.with ?? []) earlier.push(await takeUpClip(context, services, name));
  const taken = await takeUpClip(context, services, clipName);
  const { clipId } = taken.clip;
  const clips = [...earlier, taken].map(({ clip }) => ({ clipId: clip.clipId, title: clip.title }));
  const model = await services.model();
  const { memories, threads, lines } = await services.stores();
  const composer = await services.composer();

  let cache: CacheOutcome = taken.cache;
  let spanCount = 0;
  for (const [index, question] of questions.entries()) {
    if (terminal.interactive || questions.length > 1) terminal.result(questionLine(question, terminal.paint));
    const request = {
      tenantId: services.tenantId,
      threadId,
      clipId,
      // Without --with, the thread knows which clips it is about.
      ...(earlier.length > 0 && { clips }),
      question,
      signal,
    };
    let firstTokenMs: number | undefined;
    let streamed = false;
    for await (const event of askThread(
      { model, memories, threads, lines, now, ...(composer && { composer }) },
      request,
    )) {
      firstTokenMs ??= now() - startedAtMs;
      if (event.type === "text") {
        streamed ||= terminal.interactive && event.text !== "";
        if (terminal.interactive) terminal.result(event.text);
      } else {
        const timing = { firstTokenMs, totalMs: now() - startedAtMs };
        terminal.result(streamed ? answerClosing(event.answer) : wholeAnswer(event.answer));
        const linkTo = await jumpLinksFor(context, services, { clipId: event.clipId, threadId });
        const { spans } = event.answer;
        const target = options.frames && {
          folder: options.frames,
          clipId: event.clipId,
          answerNumber: index + 1,
          spans,
          signal,
        };
        const evidence = target ? await writeEvidence(services, target) : undefined;
        showAnswer(context, {
          clipId: event.clipId,
          threadId,
          question,
          answer: event.answer,
          cache,
          timing,
          linkTo,
          evidence,
        });
        spanCount += spans.length;
      }
    }
    // The next question finds the clip remembered, whatever the first one found.
    cache = "hit";
    startedAtMs = now();
  }
  if (spanCount > 0) await noteWhetherLinksOpen(context, services);
}

interface ShownAnswer {
  readonly clipId: string;
  readonly threadId: string;
  readonly question: string;
  readonly answer: Answer;
  readonly cache: CacheOutcome;
  readonly timing: AnswerTiming;
  readonly linkTo: LinkTo | undefined;
  readonly evidence: EvidenceFiles | undefined;
}

/** Everything but the words themselves. */
function showAnswer({ terminal }: CommandContext, shown: ShownAnswer): void {
  const { answer, cache, timing, linkTo, evidence } = shown;
  terminal.result(spanLines(answer.spans, linkTo, terminal.paint));
  const files = evidence && [...evidence.frames, evidence.strip].filter((path) => path);
  if (files?.length) terminal.note(`Frames: ${files.join(", ")}`);
  terminal.note(answerOrigin(answer, cache, timing));
  if (terminal.interactive) terminal.result("\n");
  terminal.line({
    type: "answer",
    clipId: shown.clipId,
    thread: shown.threadId,
    question: shown.question,
    text: answer.text,
    spans: answer.spans,
    jumpLinks: linkTo ? answer.spans.map(linkTo) : [],
    ...(evidence && { evidence }),
    verdict: answer.verdict,
    confidence: answer.confidence,
    ...(answer.writtenBy !== undefined && { writtenBy: answer.writtenBy }),
    cache,
    ...(answer.watchedUpToSeconds !== undefined && { watchedUpToSeconds: answer.watchedUpToSeconds }),
    timing,
    bundle: answer.bundle,
  });
}
