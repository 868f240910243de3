/** Draws what the bot says (bots/chat/chat-message.ts) in Block Kit. Pure: one function a kind, in its own file. */
import type { KnownBlock } from "@slack/types";
import type { ChatMessage } from "../../chat/chat-message.ts";
import { answerBlocks } from "./answer.ts";
import { answeringBlocks } from "./answering.ts";
import { cut, escaped, fitting, LIMITS } from "./blocks.ts";
import { momentsBlocks } from "./moments.ts";
import { noticeBlocks } from "./notice.ts";
import { progressBlocks } from "./progress.ts";
import { readyBlocks } from "./ready.ts";

export interface DrawnMessage {
  /** For notifications and screen readers. */
  readonly text: string;
  readonly blocks: KnownBlock[];
}

export function drawMessage(message: ChatMessage): DrawnMessage {
  const text = cut(escaped(message.text || "…"), LIMITS.fallbackText);
  return { text, blocks: fitting(blocksOf(message)) };
}

function blocksOf(message: ChatMessage): readonly KnownBlock[] {
  switch (message.kind) {
    case "progress":
      return progressBlocks(message);
    case "ready":
      return readyBlocks(message);
    case "answering":
      return answeringBlocks(message);
    case "answer":
      return answerBlocks(message);
    case "moments":
      return momentsBlocks(message);
    case "notice":
      return noticeBlocks(message);
  }
}
