/** Keys of the player. They rest while somebody writes, and where an element has keys of its own. */

export type Keys = Readonly<Record<string, () => void>>;

/** A button or a link is pressed by these; a focused player plays, seeks and changes its volume by them. */
const PRESSES = [" ", "Enter"];

export function listenForKeys(keys: Keys): void {
  addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const target = focusOf(event);
    if (target.closest("input, textarea, dialog")) return;
    if (target.closest("button, a, summary") && PRESSES.includes(event.key)) return;
    if (target instanceof HTMLMediaElement && (event.key === " " || event.key.startsWith("Arrow"))) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/**
 * Where the key was pressed. A dialog that has just closed keeps the focus inside until the next frame is drawn; a key that
 * comes sooner is for the page.
 */
function focusOf(event: KeyboardEvent): HTMLElement {
  const target = event.target as HTMLElement;
  if (!target.closest("dialog:not([open])")) return target;
  target.blur();
  return document.body;
}
