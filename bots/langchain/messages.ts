/** Turns as LangChain messages and back. What makes a turn more than two texts travels in `response_metadata.damo`. */
import { AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { type BundleIdentity, type ClipId, DomainError, type Turn } from "../../core/index.ts";

export interface DamoMetadata extends Omit<Turn, "question" | "answer">, Omit<Turn["answer"], "text"> {}

/** For `response_metadata`: `model_name` as LangChain's own models have it. */
export function metadataOf({ answer, question: _, ...turn }: Turn): { model_name: string; damo: DamoMetadata } {
  const { text: __, ...rest } = answer;
  return { model_name: answer.writtenBy ?? answer.bundle.name, damo: { ...turn, ...rest } };
}

export const messagesOf = (turn: Turn): readonly BaseMessage[] => [
  new HumanMessage(turn.question.text),
  new AIMessage({ content: turn.answer.text, response_metadata: metadataOf(turn) }),
];

/** @throws DomainError `question.empty` when no human message has a word in it */
export function questionOf(messages: readonly BaseMessage[]): {
  readonly question: string;
  readonly before: readonly BaseMessage[];
} {
  const at = messages.findLastIndex((message) => message.getType() === "human");
  const question = messages[at]?.text ?? "";
  if (question.trim() === "") throw new DomainError("question.empty", "no human message with text");
  return { question, before: messages.slice(0, at) };
}

export interface TurnDefaults {
  readonly clipId: ClipId;
  readonly bundle: BundleIdentity;
}

/**
 * The conversation so far. An answer of another model is a turn that points nowhere; system and tool messages are no turns
 * and have no say in what damo answers.
 */
export function turnsOf(messages: readonly BaseMessage[], { clipId, bundle }: TurnDefaults): Turn[] {
  const turns: Turn[] = [];
  let question: string | undefined;
  for (const message of messages) {
    if (message.getType() === "human") question = message.text;
    if (message.getType() !== "ai" || question === undefined || message.text === "") continue;
    turns.push(turnOf(question, message, { clipId, bundle }));
    question = undefined;
  }
  return turns;
}

export function turnOf(question: string, message: BaseMessage, { clipId, bundle }: TurnDefaults): Turn {
  const damo = (message.response_metadata as { damo?: Partial<DamoMetadata> } | undefined)?.damo;
  const { asked, askedAtMs = 0, clipId: about = clipId, ...answer } = damo ?? {};
  return {
    question: { text: question },
    ...(asked && { asked }),
    answer: { spans: [], verdict: "found", confidence: 0, bundle, ...answer, text: message.text },
    clipId: about,
    askedAtMs,
  };
}
