/** A message as Discord takes it: components and the files that they show. Built by the other files of this folder. */
import {
  type APIActionRowComponent,
  type APIButtonComponent,
  type APIButtonComponentWithCustomId,
  type APIButtonComponentWithURL,
  type APIComponentInContainer,
  type APIComponentInMessageActionRow,
  type APIMessageTopLevelComponent,
  type APITextDisplayComponent,
  ButtonStyle,
  ComponentType,
} from "discord.js";
import { cut, LIMITS, plainCut } from "./limits.ts";

export interface ViewFile {
  readonly name: string;
  readonly data: Uint8Array;
  readonly contentType: string;
  /** For people who cannot see it. */
  readonly description: string;
}

export interface View {
  readonly components: APIMessageTopLevelComponent[];
  readonly files: readonly ViewFile[];
  /** Who is notified of being mentioned; nobody else is, whatever the words are. */
  readonly notify?: readonly string[];
}

/** The colour of the edge says at a glance how it went. Discord's own palette. */
export const COLOURS = {
  working: 0x5865f2,
  found: 0x23a55a,
  unsure: 0xf0b232,
  absent: 0x80848e,
  info: 0x5865f2,
  problem: 0xda373c,
} as const;

/** A view of one framed box, as all of ours are. */
export const framed = (
  colour: keyof typeof COLOURS,
  components: readonly (APIComponentInContainer | undefined)[],
  files: readonly ViewFile[] = [],
): View => ({
  components: [
    {
      type: ComponentType.Container,
      accent_color: COLOURS[colour],
      components: withoutBlanks(components),
    },
  ],
  files,
});

/** Discord takes neither a text nor a frame with nothing in it. */
function withoutBlanks(components: readonly (APIComponentInContainer | undefined)[]): APIComponentInContainer[] {
  const kept = components.filter(
    (component) =>
      component !== undefined && !(component.type === ComponentType.TextDisplay && component.content.trim() === ""),
  ) as APIComponentInContainer[];
  return kept.length > 0 ? kept : [text("…")];
}

export const text = (content: string): APITextDisplayComponent => ({ type: ComponentType.TextDisplay, content });

/** Small grey print. */
export const footnote = (content: string): APITextDisplayComponent =>
  text(content.trim() === "" ? "" : `-# ${content}`);

export const row = (
  ...components: readonly APIComponentInMessageActionRow[]
): APIActionRowComponent<APIComponentInMessageActionRow> => ({
  type: ComponentType.ActionRow,
  components: [...components],
});

/** A question that has no message of its own. */
export const quoted = (question: string | undefined): APITextDisplayComponent | undefined =>
  question === undefined ? undefined : text(`> ${plainCut(question.replace(/\s+/g, " "), 500)}`);

/** Rows of five. */
export const rows = (buttons: readonly APIButtonComponent[]): APIActionRowComponent<APIComponentInMessageActionRow>[] =>
  Array.from({ length: Math.ceil(buttons.length / LIMITS.rowButtons) }, (_, index) =>
    row(...buttons.slice(index * LIMITS.rowButtons, (index + 1) * LIMITS.rowButtons)),
  );

export const button = (
  label: string,
  id: string,
  style: APIButtonComponentWithCustomId["style"] = ButtonStyle.Secondary,
): APIButtonComponentWithCustomId => ({
  type: ComponentType.Button,
  style,
  label: cut(label.trim() || "…", LIMITS.buttonLabel),
  custom_id: id,
});

export const linkButton = (label: string, url: string): APIButtonComponentWithURL => ({
  type: ComponentType.Button,
  style: ButtonStyle.Link,
  label: cut(label.trim() || "…", LIMITS.buttonLabel),
  url,
});
