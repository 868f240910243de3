/** Which composer answers which kind of question. */
import type { ParsedQuestion } from "../question/question.ts";
import { answerGap, answerLength, answerOrder } from "./answer-compare.ts";
import type { AskedOf, Composing } from "./answer-kind.ts";
import { answerAt, answerExtreme, answerList, answerNeighbour } from "./answer-moments.ts";
import { answerBeyond, answerClipLength, answerHelp, answerSure } from "./answer-plainly.ts";
import { answerCount, answerThat, answerWhen } from "./answer-thing.ts";
import { speakFreely } from "./speak-freely.ts";

export async function* composeAnswer(parsed: ParsedQuestion, asked: AskedOf): Composing {
  const composed = yield* compose(parsed, asked);
  if (SAID_AGAIN.has(parsed.kind)) return composed;
  return asked.clip.judge(composed, LISTING.has(parsed.kind) ? "listing" : "pointing");
}

/** Kinds that are answered out of what the windows list. */
const LISTING: ReadonlySet<ParsedQuestion["kind"]> = new Set(["neighbour", "at", "extreme", "list"]);

/** Kinds whose confidence is that of an earlier answer, or no matter of finding anything. */
const SAID_AGAIN: ReadonlySet<ParsedQuestion["kind"]> = new Set([
  "that",
  "sure",
  "clipLength",
  "help",
  "beyond",
  "other",
]);

function compose(parsed: ParsedQuestion, asked: AskedOf): Composing {
  switch (parsed.kind) {
    case "when":
    case "whether": {
      const plain = parsed.thing.known && parsed.occurrence === undefined && parsed.time === undefined;
      return plain && asked.clip.modelSpeaks ? speakFreely(parsed, asked) : answerWhen(parsed, asked);
    }
    case "that":
      return answerThat(parsed, asked);
    case "count":
      return answerCount(parsed, asked);
    case "length":
      return answerLength(parsed, asked);
    case "order":
      return answerOrder(parsed, asked);
    case "gap":
      return answerGap(parsed, asked);
    case "neighbour":
      return answerNeighbour(parsed, asked);
    case "at":
      return answerAt(parsed, asked);
    case "extreme":
      return answerExtreme(parsed, asked);
    case "list":
      return answerList(parsed, asked);
    case "clipLength":
      return answerClipLength(asked);
    case "sure":
      return answerSure(asked);
    case "help":
      return answerHelp(asked);
    case "beyond":
      return answerBeyond(parsed, asked);
    case "other":
      return asked.clip.takesAnyWords ? speakFreely(parsed, asked) : answerBeyond({ kind: "beyond" }, asked);
  }
}
