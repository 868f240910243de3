/**
 * Block Kit's limits, and the few blocks we build from. Everything here cuts what is too long, so that Slack never refuses
 * a message. People's and the model's words go into `plain_text`: there is no mark-up in it, no mention and no emoji.
 * Limits: https://docs.slack.dev/reference/block-kit and the types of @slack/types.
 */
import type { ActionsBlock, Button, ContextBlock, KnownBlock, PlainTextElement, SectionBlock } from "@slack/types";

export const LIMITS = {
  blocksInMessage: 50,
  blocksInView: 100,
  sectionText: 3000,
  /** Of all texts of one message together; Slack answers `msg_too_long` a little above. */
  messageText: 12_000,
  contextElements: 10,
  contextText: 2000,
  actions: 25,
  buttonText: 75,
  buttonValue: 2000,
  url: 3000,
  header: 150,
  /** Of `text`, which notifications show. */
  fallbackText: 3000,
} as const;

/** Cuts at `most` characters with an ellipsis, between words where there is one near; never through a surrogate pair. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const short = text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "");
  const space = short.lastIndexOf(" ");
  return `${(space > most * 0.8 ? short.slice(0, space) : short).trimEnd()}…`;
}

/** Block Kit refuses empty texts. */
export const plain = (text: string, most: number): PlainTextElement => ({
  type: "plain_text",
  text: cut(text, most).trim() || "…",
  emoji: false,
});

/** A text of any length in as many sections as it takes, up to `LIMITS.messageText`. */
export function sections(text: string): SectionBlock[] {
  const blocks: SectionBlock[] = [];
  let rest = cut(text, LIMITS.messageText);
  while (rest.length > LIMITS.sectionText) {
    const piece = rest.slice(0, LIMITS.sectionText).replace(/[\ud800-\udbff]$/, "");
    const space = piece.lastIndexOf(" ");
    const end = space > 0 ? space : piece.length;
    blocks.push({ type: "section", text: plain(rest.slice(0, end), LIMITS.sectionText) });
    rest = rest.slice(end).trimStart();
  }
  blocks.push({ type: "section", text: plain(rest, LIMITS.sectionText) });
  return blocks;
}

export const context = (...texts: readonly string[]): ContextBlock => ({
  type: "context",
  elements: texts.slice(0, LIMITS.contextElements).map((text) => plain(text, LIMITS.contextText)),
});

export const actions = (...elements: readonly Button[]): ActionsBlock => ({
  type: "actions",
  elements: elements.slice(0, LIMITS.actions),
});

export interface ButtonOptions {
  readonly actionId: string;
  readonly value?: string;
  readonly style?: "primary" | "danger";
  /** What it does, asked back before it is done. */
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string };
}

export const button = (label: string, { actionId, value, style, confirm }: ButtonOptions): Button => ({
  type: "button",
  action_id: actionId,
  text: plain(label, LIMITS.buttonText),
  ...(value !== undefined && { value: value.slice(0, LIMITS.buttonValue) }),
  ...(style && { style }),
  ...(confirm && {
    confirm: {
      title: plain(confirm.title, 100),
      text: plain(confirm.text, 300),
      confirm: plain(confirm.yes, 30),
      deny: plain("Cancel", 30),
      style: "danger",
    },
  }),
});

/** A button that opens an address; `undefined` for an address that Slack would refuse. Slack tells us of the press all the same. */
export const linkButton = (label: string, url: string, actionId: string): Button | undefined =>
  url.length > LIMITS.url
    ? undefined
    : { type: "button", action_id: actionId, text: plain(label, LIMITS.buttonText), url };

/** The first `most` blocks. */
export const fitting = (blocks: readonly KnownBlock[], most: number = LIMITS.blocksInMessage): KnownBlock[] =>
  blocks.slice(0, most);

/** For `text`, where Slack reads its own mark-up: https://docs.slack.dev/messaging/formatting-message-text#escaping */
export const escaped = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
