/** What is refused before anything is read: no question, far too much of one, another language than English. */
import { DomainError } from "../errors.ts";
import { isLikelyEnglish } from "./language.ts";

/** In UTF-16 units, as JavaScript counts. Several times what a bundle reads of a question; a longer one is a paste. */
export const MAX_QUESTION_LENGTH = 2000;

/**
 * The question as it is asked and kept: trimmed. Without a letter or a digit there is nothing to answer.
 * For callers that would rather know before a long watch.
 *
 * @throws DomainError `question.empty`, `question.too_long`, `question.language`
 */
export function checkQuestion(text: string): string {
  const question = text.trim();
  if (question.length > MAX_QUESTION_LENGTH) {
    throw new DomainError("question.too_long", `${question.length} characters, the limit is ${MAX_QUESTION_LENGTH}`, {
      details: { length: question.length, maxLength: MAX_QUESTION_LENGTH },
    });
  }
  if (!/[\p{L}\p{N}]/u.test(question)) throw new DomainError("question.empty", "no word in the question");
  if (!isLikelyEnglish(question)) throw new DomainError("question.language", "the question is not in English");
  return question;
}
