/** Reads a question inside its thread: which clip it is about, and what it leans on. Pure. */
import type { ClipId } from "../clip.ts";
import type { Turn } from "../conversation.ts";
import { findClipReference, resolveClip } from "./clip-reference.ts";
import { parseQuestion } from "./parse-question.ts";
import type { ParsedQuestion, Thing } from "./question.ts";
import type { Vocabulary } from "./things-in-text.ts";

/** A clip of a thread, as people call it. */
export interface ThreadClip {
  readonly clipId: ClipId;
  /** A file name; "" when nobody knows it. */
  readonly title: string;
}

export interface Understood {
  readonly clipId: ClipId;
  readonly parsed: ParsedQuestion;
  /** The question names a clip that the thread does not have; `clipId` is then the newest. */
  readonly noSuchClip: boolean;
}

export interface UnderstandContext {
  /** In the order of sharing. */
  readonly clips: readonly ThreadClip[];
  readonly newest: ClipId;
  /** Of the whole thread, oldest first. */
  readonly turns: readonly Turn[];
  readonly vocabulary: Vocabulary | undefined;
}

export function understand(question: string, { clips, newest, turns, vocabulary }: UnderstandContext): Understood {
  const last = turns.at(-1);
  const context = { vocabulary, previous: last?.asked, lastThing: lastThingOf(turns) };
  const named = findClipReference(
    question,
    clips.map(({ title }) => title),
  );
  if (named) {
    const about = clips.find(({ clipId }) => clipId === (last?.clipId ?? newest)) ?? clips.at(-1);
    const clip = about && resolveClip(named.reference, clips, about);
    // "and in the other clip?": the same question again.
    const again = /^\W*(?:and|what about|how about|but|same|the same|also)?\W*$/i.test(named.rest);
    const parsed = again && last?.asked ? last.asked : parseQuestion(named.rest, context);
    return { clipId: clip?.clipId ?? newest, parsed, noSuchClip: clip === undefined };
  }
  const parsed = parseQuestion(question, context);
  if (last === undefined) return { clipId: newest, parsed, noSuchClip: false };
  // What leans on the turn before stays with its clip; everything else is about the newest.
  const leans =
    leansOnThat(parsed) || JSON.stringify(parseQuestion(question, { vocabulary })) !== JSON.stringify(parsed);
  return { clipId: leans ? last.clipId : newest, parsed, noSuchClip: false };
}

function leansOnThat(parsed: ParsedQuestion): boolean {
  if (parsed.kind === "sure") return true;
  const anchors = [
    ...("anchor" in parsed ? [parsed.anchor] : []),
    ...("one" in parsed ? [parsed.one, parsed.other] : []),
  ];
  return anchors.some(({ type }) => type === "that");
}

/** "it" reaches back over questions that name nothing, but not far. */
const TURNS_TO_LOOK_BACK = 4;

function lastThingOf(turns: readonly Turn[]): Thing | undefined {
  for (const { asked } of turns.slice(-TURNS_TO_LOOK_BACK).reverse()) {
    if (asked === undefined) continue;
    if ("thing" in asked && asked.thing) return asked.thing;
    if ("anchor" in asked && asked.anchor.type === "thing") return asked.anchor.thing;
  }
  return undefined;
}
