/**
 * One question, from the message that asks it to the answer under it. A state machine whose steps are safe to repeat: the
 * answer message and the job are named after the question, so a restart finds both again and answers once.
 *
 *     received   check the question and the asker's rights, wait for the first window, post the answer message, hand in
 *     asked      follow the job: text into the message as it comes, then the whole with its links and its frame
 */
import {
  type Answer,
  type AnswerJobEvent,
  type ClipId,
  checkQuestion,
  DomainError,
  evidenceSecondsOf,
  hasEnded,
  type InquiryRecord,
  isDomainError,
  type ShareRecord,
  type Span,
  showEvidence,
  threadIdOf,
} from "../../core/index.ts";
import { clockSpan, clockTime } from "../time-text.ts";
import type { AnswerMessage } from "./chat-message.ts";
import type { AnswerStream } from "./chat-platform.ts";
import {
  type ClipTarget,
  type DeskContext,
  sharesIn,
  throughOutages,
  unlessGone,
  updateInquiry,
} from "./desk-context.ts";
import {
  answeringMessage,
  answerMessage,
  answerStoppedNotice,
  failureNotice,
  noClipNotice,
  problemNotice,
} from "./messages.ts";

export interface InquiryHooks {
  /** A clip whose source was found gone: it is wiped. */
  readonly forget: (share: ShareRecord) => Promise<void>;
  /** Watches a clip again whose memory is missing (another bundle, an expired memory). */
  readonly watchAgain: (share: ShareRecord) => Promise<void>;
}

/** How often a question may find the clip's memory missing before it is given up. */
const MOST_ATTEMPTS = 3;

export async function driveInquiry(
  context: DeskContext,
  inquiry: InquiryRecord,
  hooks: InquiryHooks,
  signal: AbortSignal,
): Promise<void> {
  const outage = (error: unknown) => context.log.warn({ err: error, inquiry: inquiry.id }, "waiting for the store");
  const drive = async (): Promise<void> => {
    const current = (await context.ledger.read(inquiry.tenantId, inquiry.id)) as InquiryRecord | undefined;
    if (!current || hasEnded(current)) return;
    try {
      await answerOnce(context, current, hooks, signal);
    } catch (error) {
      if (signal.aborted || !isDomainError(error)) throw error;
      if (error.code === "memory.unavailable" || error.code === "queue.unavailable") throw error;
      context.log.warn({ err: error, inquiry: inquiry.id }, "a question was not answered");
      await tell(context, current, () => problemNotice(error));
      await updateInquiry(context, current, { state: "failed", question: "" });
    }
  };
  await throughOutages(drive, signal, outage);
}

async function answerOnce(
  context: DeskContext,
  inquiry: InquiryRecord,
  hooks: InquiryHooks,
  signal: AbortSignal,
): Promise<void> {
  const question = checkQuestion(inquiry.question);
  const { tenantId, thread, askedBy } = inquiry;
  const platform = context.platform(inquiry.platform);
  let stream: AnswerStream | undefined;

  for (let attempt = 1; ; attempt += 1) {
    const shares = await sharesFor(context, inquiry, hooks, signal);
    const newest = shares.at(-1);
    if (!newest) {
      // Why there is none, where that is known: it could not be fetched, or not be watched.
      const failure = (await sharesIn(context, inquiry)).at(-1)?.failure;
      await tell(context, inquiry, () => (failure ? failureNotice(failure) : noClipNotice), stream);
      await updateInquiry(context, inquiry, { state: "failed", question: "" });
      return;
    }
    stream ??= await platform.answer(tenantId, thread, askedBy, answeringMessage(inquiry, ""), answerKey(inquiry));
    const jobId = await context.queue.ask({
      tenantId,
      threadId: threadIdOf(inquiry.platform, thread),
      // A job that has failed stays failed; another attempt is another job.
      questionId: attempt === 1 ? inquiry.id : `${inquiry.id}/${attempt}`,
      clipIds: [...new Set(shares.map(({ clipId }) => clipId as ClipId))] as [ClipId, ...ClipId[]],
      question,
      askedAtMs: inquiry.createdAtMs,
    });
    const asked = await updateInquiry(context, inquiry, { state: "asked", jobId, answerMessage: stream.message });
    // Removed meanwhile: the question was deleted, or the clip was forgotten.
    if (!asked) return;

    const last = await follow(context, asked, stream, jobId, signal);
    if (last.type === "failed" && last.code === "memory.not_watched" && attempt < MOST_ATTEMPTS) {
      context.askable.close(newest.id);
      await hooks.watchAgain(newest);
      continue;
    }
    await end(context, asked, stream, last, signal);
    return;
  }
}

const answerKey = (inquiry: InquiryRecord): string => `${inquiry.id}/answer`;

/** The clips of the thread that can be asked about by this person, oldest first; waits for the newest one's first window. */
async function sharesFor(
  context: DeskContext,
  inquiry: InquiryRecord,
  hooks: InquiryHooks,
  signal: AbortSignal,
): Promise<readonly ShareRecord[]> {
  const { tenantId, platform, askedBy } = inquiry;
  const inThread = async () => (await sharesIn(context, inquiry)).filter(({ state }) => state !== "failed");
  const seen: string[] = [];
  for (const share of await inThread()) {
    const answer = await context.platform(platform).canSee(tenantId, share.source, askedBy);
    if (answer === "yes") seen.push(share.id);
    if (answer === "gone") await hooks.forget(share);
  }
  const newest = (await inThread()).filter(({ id }) => seen.includes(id)).at(-1);
  if (newest && !hasEnded(newest)) await context.askable.wait(newest.id, signal);
  // Its id is known only once it has been fetched; and it may have failed, or been forgotten, meanwhile.
  return (await inThread()).filter(({ id, clipId }) => clipId && seen.includes(id));
}

type LastEvent = Exclude<AnswerJobEvent, { type: "text" | "restarted" }>;

async function follow(
  context: DeskContext,
  inquiry: InquiryRecord,
  stream: AnswerStream,
  jobId: string,
  signal: AbortSignal,
): Promise<LastEvent> {
  let text = "";
  for await (const { event } of context.queue.followAnswer(jobId, { signal })) {
    if (event.type === "text") text += event.text;
    else if (event.type === "restarted") text = "";
    else return event;
    stream.show(answeringMessage(inquiry, text));
  }
  signal.throwIfAborted();
  throw new DomainError("queue.unavailable", `the events of ${jobId} ended early`);
}

async function end(
  context: DeskContext,
  inquiry: InquiryRecord,
  stream: AnswerStream,
  last: LastEvent,
  signal: AbortSignal,
): Promise<void> {
  if (last.type === "answered") {
    const { answer, clipId } = last;
    await unlessGone(stream.finish(await drawAnswer(context, inquiry, answer, clipId, signal)));
    await updateInquiry(context, inquiry, { state: "answered", question: "", clipId });
    return;
  }
  await unlessGone(stream.finish(last.type === "stopped" ? answerStoppedNotice : failureNotice(last)));
  await updateInquiry(context, inquiry, { state: last.type, question: "" });
}

async function drawAnswer(
  context: DeskContext,
  inquiry: InquiryRecord,
  answer: Answer,
  clipId: ClipId,
  signal: AbortSignal,
): Promise<AnswerMessage> {
  const { tenantId } = inquiry;
  const target: ClipTarget = { tenantId, clipId, threadId: threadIdOf(inquiry.platform, inquiry.thread) };
  const linkTo = await context.linksInto(target);
  const first = answer.spans[0];
  if (!first) return answerMessage(inquiry, answer, { linkTo });

  const frame = await evidenceOf(context, target, answer, signal);
  const clipCut = linkTo(first) ? undefined : await cutOf(context, target, first, signal);
  return answerMessage(inquiry, answer, {
    linkTo,
    ...(frame && { frame }),
    ...(clipCut && { clipCut: { mp4: clipCut, name: `${clockSpan(first).replaceAll(":", ".")}.mp4` } }),
  });
}

/** One frame, or a strip of all for a list. An answer without its picture is better than none. */
async function evidenceOf(
  context: DeskContext,
  { tenantId, clipId }: ClipTarget,
  { spans }: Answer,
  signal: AbortSignal,
): Promise<AnswerMessage["frame"]> {
  if (!context.evidence) return undefined;
  try {
    const shown = await showEvidence(context.evidence, { tenantId, clipId, spans, signal });
    const first = shown.frames.find((frame) => frame !== undefined);
    if (!first) return undefined;
    const times = spans.map((span) => clockTime(evidenceSecondsOf(span)));
    if (shown.strip)
      return { jpeg: shown.strip, atSeconds: first.atSeconds, altText: `The clip at ${times.join(", ")}` };
    return { ...first, altText: `The clip at ${clockTime(first.atSeconds)}` };
  } catch (error) {
    if (signal.aborted) throw error;
    context.log.warn({ err: error, clip: clipId }, "no evidence frame");
    return undefined;
  }
}

/** In place of a link. The clip's file may be gone by now: then the answer stands without it. */
async function cutOf(context: DeskContext, target: ClipTarget, span: Span, signal: AbortSignal) {
  try {
    return await context.cutClip?.(target, span, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    context.log.warn({ err: error, clip: target.clipId }, "no cut of the clip");
    return undefined;
  }
}

/** Into the answer's message where there is one, else as a message of its own. */
async function tell(
  context: DeskContext,
  inquiry: InquiryRecord,
  notice: () => ReturnType<typeof problemNotice>,
  stream?: AnswerStream,
): Promise<void> {
  const platform = context.platform(inquiry.platform);
  const { tenantId, thread, answerMessage: message } = inquiry;
  if (stream) await unlessGone(stream.finish(notice()));
  else if (message) await unlessGone(platform.edit(tenantId, message, notice()));
  else await unlessGone(platform.post(tenantId, thread, notice(), answerKey(inquiry)));
}
