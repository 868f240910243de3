/** The model's own words, as they come. */
import { DomainError } from "../errors.ts";
import type { ParsedQuestion } from "../question/question.ts";
import type { AskedOf, Composing } from "./answer-kind.ts";
import { groundingQuestion } from "./wording.ts";

export async function* speakFreely(parsed: ParsedQuestion, { clip, question, history }: AskedOf): Composing {
  // A question that was understood is asked in the words that the model was taught, and leans on nothing.
  const plain = parsed.kind === "when" ? groundingQuestion(parsed.thing) : undefined;
  const leaning = parsed.kind === "other" ? history : [];
  for await (const event of clip.speak(plain ?? question, leaning)) {
    if (event.type === "text") yield event.text;
    else return { spans: event.spans, verdict: event.verdict, confidence: event.confidence };
  }
  throw new DomainError("model.runtime", "the model ended without an answer");
}
