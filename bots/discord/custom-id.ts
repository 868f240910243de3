/**
 * What a button carries: `damo`, what pressing it means, and what it is about, with `|` between them. Discord keeps 100
 * characters. The question of a suggestion is the button's label.
 *
 *     damo|ask|SHARE|0      damo|stop|STOP      damo|helpful|INQUIRY      damo|choice|CHOICE
 *     damo|question|MESSAGE (a form)     damo|forget (a menu)
 */

export const MAX_CUSTOM_ID_LENGTH = 100;

const PRESSES = ["ask", "stop", "helpful", "unhelpful", "choice", "question", "forget", "forget-all"] as const;
export type Press = (typeof PRESSES)[number];

export function customId(press: Press, ...about: readonly string[]): string {
  const id = ["damo", press, ...about].join("|");
  if (id.length > MAX_CUSTOM_ID_LENGTH) throw new Error(`a button carries at most ${MAX_CUSTOM_ID_LENGTH}: ${id}`);
  return id;
}

/**
 * `undefined` for a button that is not ours, or of a version that knew others. An id that held a `|` comes in parts: join it.
 */
export function readCustomId(id: string): { readonly press: Press; readonly about: readonly string[] } | undefined {
  const [name, press, ...about] = id.split("|");
  if (name !== "damo" || !(PRESSES as readonly (string | undefined)[]).includes(press)) return undefined;
  return { press: press as Press, about };
}
