/**
 * What a button carries: `damo`, what pressing it means, and what it is about, with `|` between them. Discord keeps 100
 * characters. The question of a suggestion is the button's label.
 *
 *     damo|ask|SHARE|0      damo|stop|STOP      damo|helpful|INQUIRY      damo|choice|CHOICE
 *     damo|agree|CHANNEL|MESSAGE|ATTACHMENT
 */

export const MAX_CUSTOM_ID_LENGTH = 100;

const PRESSES = [
  "ask",
  "stop",
  "helpful",
  "unhelpful",
  "choice",
  "agree",
  "refuse",
  "question",
  "forget",
  "forget-all",
] as const;
export type Press = (typeof PRESSES)[number];

export function customId(press: Press, ...about: readonly string[]): string {
  const id = ["damo", press, ...about].join("|");
  if (id.length > MAX_CUSTOM_ID_LENGTH) throw new Error(`a button carries at most ${MAX_CUSTOM_ID_LENGTH}: ${id}`);
  return id;
}

/** `undefined` for a button that is not ours, or of a version that knew others. */
export function readCustomId(
  id: string,
): { readonly press: Press; readonly about: readonly string[]; readonly whole: string } | undefined {
  const [name, press, ...about] = id.split("|");
  if (name !== "damo" || !(PRESSES as readonly (string | undefined)[]).includes(press)) return undefined;
  // An id of the desk may hold a `|` of its own.
  return { press: press as Press, about, whole: about.join("|") };
}
