/** Keys of the player. They rest while somebody writes, and where an element has keys of its own. */

export type Keys = Readonly<Record<string, () => void>>;

/** A button or a link is pressed by these; a focused player plays, seeks and changes its volume by them. */
const PRESSES = [" ", "Enter"];

export function listenForKeys(keys: Keys): void {
  addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (target.closest("input, textarea, dialog")) return;
    if (target.closest("button, a, summary") && PRESSES.includes(event.key)) return;
    if (target instanceof HTMLMediaElement && (event.key === " " || event.key.startsWith("Arrow"))) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
