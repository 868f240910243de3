/** The bar of the whole clip: where it stands, what is marked; a click goes there, pointing shows the frame. */
import type { ClipPlayer, Moment } from "./clip-player.ts";
import { clockTime, timeOf } from "./clock-time.ts";
import { byId, svg } from "./dom.ts";

export class Timeline {
  readonly #duration: number;
  readonly #playhead = byId<SVGLineElement>("playhead");
  readonly #clock = byId("clock");

  constructor(duration: number) {
    this.#duration = duration;
  }

  showTime(seconds: number): void {
    const x = String(this.#x(seconds));
    this.#playhead.setAttribute("x1", x);
    this.#playhead.setAttribute("x2", x);
    this.#clock.textContent = clockTime(seconds);
  }

  /** What an answer points at. */
  markSpan(moment: Moment): void {
    byId("spans").append(this.#mark(moment, 0, 6));
  }

  /** What stands out in the clip, below the spans. */
  markMoment(moment: Moment): void {
    byId("marks").append(this.#mark(moment, 7, 3));
  }

  /** Where one shot ends and another begins. */
  markCut(seconds: number): void {
    byId("cuts").append(svg("line", { x1: this.#x(seconds), x2: this.#x(seconds), y1: 0, y2: 10 }));
  }

  seekOnClick(player: ClipPlayer): void {
    const bar = byId("timeline").querySelector("svg") as SVGSVGElement;
    bar.addEventListener("click", (event) => {
      if (!(event.target as Element).closest("a")) player.goTo(this.#secondsAt(bar, event));
    });
  }

  /** @param frameUrl  where the frame of a second is */
  peekOnHover(frameUrl: (seconds: number) => string): void {
    const bar = byId("timeline").querySelector("svg") as SVGSVGElement;
    const peek = byId("peek");
    const image = peek.querySelector("img") as HTMLImageElement;
    const label = peek.querySelector("span") as HTMLElement;
    let shown = -1;
    bar.addEventListener("pointermove", (event) => {
      const seconds = this.#secondsAt(bar, event);
      peek.hidden = false;
      const half = peek.offsetWidth / 2;
      const x = event.clientX - bar.getBoundingClientRect().left;
      peek.style.left = `${Math.min(Math.max(x, half), bar.clientWidth - half)}px`;
      label.textContent = clockTime(seconds);
      // One request a second of clip, however fast the pointer moves.
      if (Math.floor(seconds) === shown) return;
      shown = Math.floor(seconds);
      image.src = frameUrl(shown + 0.5);
    });
    bar.addEventListener("pointerleave", () => {
      peek.hidden = true;
    });
  }

  #mark({ start, end }: Moment, y: number, height: number): SVGAElement {
    const link = svg("a", { href: timeOf(start, end), tabindex: -1, "data-start": start, "data-end": end });
    const width = Math.max(0.5, this.#x(end) - this.#x(start));
    link.append(svg("rect", { x: this.#x(start), y, width, height }));
    return link;
  }

  #x(seconds: number): number {
    return (100 * Math.min(Math.max(0, seconds), this.#duration)) / this.#duration;
  }

  #secondsAt(bar: Element, event: MouseEvent): number {
    const { left, width } = bar.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width)) * this.#duration;
  }
}
