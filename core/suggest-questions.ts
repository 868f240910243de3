/**
 * A few questions that this memory answers well: shown under a clip that has been watched, as buttons. Each was really
 * asked and answered before it is suggested; one that the model is not sure of is not. Called after watching.
 *
 * They are not stored: they are made again in about a second, from lists that the model keeps anyway, and with the
 * answers of the version that runs.
 */
import type { Composed } from "./answering/answer-kind.ts";
import { type ClipView, createClipView } from "./answering/clip-view.ts";
import { composeAnswer } from "./answering/compose-answer.ts";
import { groundingQuestion, the, thingOfLabel } from "./answering/wording.ts";
import { type ClipMemory, watchedSecondsOf } from "./clip-memory.ts";
import type { ClipModel, Moment } from "./ports/clip-model.ts";
import { parseQuestion } from "./question/parse-question.ts";
import type { Thing } from "./question/question.ts";
import { heldWindows } from "./window-source.ts";

export interface SuggestQuestionsDeps {
  readonly model: ClipModel;
  /** Wall time, ms since the epoch. */
  readonly now?: () => number;
}

export interface SuggestQuestionsRequest {
  readonly memory: ClipMemory;
  /** Default: three. */
  readonly most?: number;
  /** Looks no further after this, however long the clip. Default: two seconds. */
  readonly maxMs?: number;
  readonly signal?: AbortSignal;
}

/** Things that are tried for each question that is wanted. */
const TRIES = 4;

/** @returns at most `most`, about different things and of different kinds where there are some; none is no failure */
export async function suggestQuestions(
  { model, now = Date.now }: SuggestQuestionsDeps,
  { memory, most = 3, maxMs = 2000, signal }: SuggestQuestionsRequest,
): Promise<readonly string[]> {
  if (memory.windows.length === 0) return [];
  const { key, complete, info } = memory;
  const giveUpAtMs = now() + maxMs;
  const timeIsLeft = (): boolean => now() < giveUpAtMs && signal?.aborted !== true;
  const clip = createClipView({
    model,
    windows: heldWindows(memory.windows),
    durationSeconds: complete ? info.durationSeconds : watchedSecondsOf(memory),
    complete,
    threadId: `${key.tenantId}/suggestions/${key.clipId}`,
    signal,
  });

  const moments: Moment[] = [];
  for (const window of spreadOut(memory.windows)) {
    if (!timeIsLeft()) break;
    moments.push(...(await clip.momentsIn(window)));
  }
  const chosen: string[] = [];
  for (const { thing, times } of surestThings(moments).slice(0, most * TRIES)) {
    if (chosen.length >= most || !timeIsLeft()) break;
    // When, how often, what else: one after the other, so that the buttons show what can be asked.
    const forms = [
      groundingQuestion(thing),
      ...(times > 1
        ? [`how many times ${thing.sense === "heard" ? `is ${the(thing)} heard` : `does ${the(thing)} appear`}?`]
        : []),
      `what happens after ${thing.sense === "heard" ? `${the(thing)} is heard` : `${the(thing)} appears`}?`,
    ];
    const turn = chosen.length % forms.length;
    for (const question of [...forms.slice(turn), ...forms.slice(0, turn)]) {
      if (!timeIsLeft() || !(await isAnsweredWell(question, clip, model))) continue;
      chosen.push(asTyped(question));
      break;
    }
  }
  return chosen;
}

async function isAnsweredWell(question: string, clip: ClipView, model: ClipModel): Promise<boolean> {
  const composing = composeAnswer(parseQuestion(question, { vocabulary: model.vocabulary }), {
    clip,
    question,
    history: [],
  });
  let step: IteratorResult<string, Composed>;
  do step = await composing.next();
  while (!step.done);
  return step.value.verdict === "found" && step.value.spans.length > 0;
}

interface SureThing {
  readonly thing: Thing;
  readonly confidence: number;
  readonly times: number;
}

/** Surest first; what is seen and what is heard take turns. */
function surestThings(moments: readonly Moment[]): readonly SureThing[] {
  const byLabel = new Map<string, Moment[]>();
  for (const moment of distinct(moments)) byLabel.set(moment.label, [...(byLabel.get(moment.label) ?? []), moment]);
  const things = [...byLabel].map(
    ([label, same]): SureThing => ({
      thing: thingOfLabel(label),
      confidence: Math.max(...same.map(({ confidence }) => confidence)),
      times: same.length,
    }),
  );
  const bySense = (sense: string) =>
    things.filter(({ thing }) => thing.sense === sense).sort((a, b) => b.confidence - a.confidence);
  const [seen, heard] = [bySense("seen"), bySense("heard")];
  return Array.from({ length: Math.max(seen.length, heard.length) }, (_, index) => [seen[index], heard[index]])
    .flat()
    .filter((thing) => thing !== undefined);
}

/** A moment that reaches over two windows was listed with both. */
const distinct = (moments: readonly Moment[]): readonly Moment[] => [
  ...new Map(moments.map((moment) => [`${moment.label} ${moment.startSeconds}`, moment])).values(),
];

/** First, last, middle, quarters, ...: of a long clip, time allows a look here and there. */
function spreadOut<Item>(items: readonly Item[]): readonly Item[] {
  const order: number[] = [];
  for (let parts = 1; order.length < items.length; parts *= 2) {
    for (let part = 0; part <= parts; part += 1) {
      const index = Math.round((part * (items.length - 1)) / parts);
      if (!order.includes(index)) order.push(index);
    }
    if (parts > items.length) break;
  }
  return order.map((index) => items[index] as Item);
}

const asTyped = (question: string): string => question.charAt(0).toUpperCase() + question.slice(1);
