/** The moments of a page are its links with a start: read from the page itself, as answers and chapters add more. */
import type { ClipPlayer, Moment } from "./clip-player.ts";
import { timeOf } from "./clock-time.ts";

const LINKS = "a[data-start]";

export const momentOf = (link: HTMLElement | SVGElement): Moment => ({
  start: Number(link.dataset["start"]),
  end: Number(link.dataset["end"]),
});

/** In order of start, each start once: what answers point at; where nothing was answered, the chapters. */
export function momentsOnPage(): readonly Moment[] {
  const spans = document.querySelectorAll<HTMLElement>("#turns a.time");
  const links = spans.length > 0 ? spans : document.querySelectorAll<HTMLElement>("#chapters a[data-start]");
  const byStart = new Map([...links].map((link) => [link.dataset["start"], momentOf(link)]));
  return [...byStart.values()].sort((a, b) => a.start - b.start);
}

/** Links to moments play them in place; with a key held, they open as links do. */
export function playClickedMoments(player: ClipPlayer): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLElement | SVGElement>(LINKS);
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const { start, end } = momentOf(link);
    history.replaceState(null, "", timeOf(start, end));
    player.playMoment(start, end);
  });
}

/** Marks the links whose moment is on screen right now. */
export function markCurrent(time: number): void {
  for (const link of document.querySelectorAll<HTMLElement | SVGElement>(LINKS)) {
    const { start, end } = momentOf(link);
    const isCurrent = String(time >= start - 0.02 && time < end);
    if (link.getAttribute("aria-current") !== isCurrent) link.setAttribute("aria-current", isCurrent);
  }
}
