/** A message of Discord as people see it. */
import { type APIMessage, ComponentType } from "discord-api-types/v10";
import type { MessageRef } from "../../../core/index.ts";
import type { SeenButton, SeenMessage } from "../../contract/chat-platform.suite.ts";

interface Part {
  readonly type: number;
  readonly content?: string;
  readonly label?: string;
  readonly url?: string;
  readonly components?: readonly Part[];
  readonly accessory?: Part;
  readonly items?: readonly unknown[];
}

export function readSeen(message: APIMessage, ref: MessageRef, botUserId: string): SeenMessage {
  const parts = flatten((message.components ?? []) as readonly Part[]);
  const texts = parts.flatMap(({ type, content }) => (type === ComponentType.TextDisplay && content ? [content] : []));
  const buttons = parts
    .filter(({ type }) => type === ComponentType.Button)
    .map(({ label = "", url }): SeenButton => ({ label, ...(url !== undefined && { url }) }));
  return {
    ref,
    byBot: message.author.id === botUserId,
    text: shown([message.content, ...texts].filter(Boolean).join("\n")),
    buttons,
    media: parts.reduce((count, { items }) => count + (items?.length ?? 0), 0),
  };
}

/** Discord's Markdown takes a backslash before a mark away. */
const shown = (text: string): string => text.replace(/\\([\\*_~`|[\]<>#.+-])/g, "$1");

export const flatten = (parts: readonly Part[]): Part[] =>
  parts.flatMap((part) => [part, ...flatten(part.components ?? []), ...(part.accessory ? [part.accessory] : [])]);
