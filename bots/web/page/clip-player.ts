/** The clip and the moment in hand: going there, stopping at its end or repeating it, the next one and the one before. */

export interface Moment {
  /** Seconds, half-open. */
  readonly start: number;
  readonly end: number;
}

/** "Previous" pressed within this of a start goes to the one before: pressed twice, it goes back twice. Seconds. */
const GRACE = 0.5;

export class ClipPlayer {
  readonly media: HTMLMediaElement;
  readonly #onChange: () => void;
  #moment: Moment | undefined;
  #loops = false;
  #watching = false;

  /** @param onChange  called whenever the time, the moment or the loop has changed */
  constructor(media: HTMLMediaElement, onChange: () => void) {
    this.media = media;
    this.#onChange = onChange;
    media.addEventListener("play", () => this.#watch());
    for (const event of ["timeupdate", "seeking", "seeked", "pause", "loadedmetadata"]) {
      media.addEventListener(event, onChange);
    }
    // A seek by hand leaves the moment.
    media.addEventListener("seeking", () => {
      const moment = this.#moment;
      if (moment && (media.currentTime < moment.start - 0.3 || media.currentTime > moment.end + 0.3)) this.#leave();
    });
  }

  get time(): number {
    return this.media.currentTime;
  }
  get moment(): Moment | undefined {
    return this.#moment;
  }
  get loops(): boolean {
    return this.#loops;
  }

  /** Goes there; with an end, playing stops (or starts over) at it. */
  goTo(start: number, end?: number): void {
    this.#moment = end !== undefined && end > start ? { start, end } : undefined;
    if (!this.#moment) this.#loops = false;
    this.#whenReady(() => {
      this.media.currentTime = Math.max(0, Math.min(start, this.media.duration || start));
      this.#onChange();
    });
  }

  playMoment(start: number, end?: number): void {
    this.goTo(start, end);
    this.#whenReady(() => this.play());
  }

  /** Browsers may refuse to start sound by themselves; then the person presses play. */
  play(): void {
    this.media.play().catch(() => {});
  }

  toggle(): void {
    if (this.media.paused) this.play();
    else this.media.pause();
  }

  by(seconds: number): void {
    this.goTo(this.time + seconds);
  }

  /** Repeats the moment in hand; without one, the moment that is being played or comes next. */
  toggleLoop(moments: readonly Moment[]): void {
    if (this.#loops) {
      this.#loops = false;
    } else {
      const at = this.time;
      this.#moment ??= moments.find((moment) => moment.end > at) ?? moments[0];
      this.#loops = this.#moment !== undefined;
      const moment = this.#moment;
      if (moment && (at < moment.start || at >= moment.end)) this.playMoment(moment.start, moment.end);
    }
    this.#onChange();
  }

  step(moments: readonly Moment[], direction: 1 | -1): void {
    const at = this.time;
    const target =
      direction > 0
        ? moments.find((moment) => moment.start > at + 0.05)
        : (moments.filter((moment) => moment.start < at - GRACE).at(-1) ?? moments[0]);
    if (!target) return;
    const loops = this.#loops;
    this.goTo(target.start, target.end);
    this.#loops = loops;
    this.#onChange();
  }

  /** Another version of the clip: it goes on where it stood. */
  replaceSource(url: string): void {
    const at = this.time || Number(this.media.dataset["start"]) || 0;
    this.media.src = url;
    this.goTo(at, this.#moment?.end);
  }

  #leave(): void {
    this.#moment = undefined;
    this.#loops = false;
  }

  /** "timeupdate" comes four times a second only; the end of a moment is watched at every drawn frame. */
  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    const look = () => {
      const moment = this.#moment;
      if (moment && this.time >= moment.end && !this.media.seeking) {
        if (this.#loops) this.media.currentTime = moment.start;
        else {
          this.media.pause();
          this.#leave();
        }
      }
      if (this.media.paused || this.media.ended) {
        this.#watching = false;
        // A moment that reaches to the end of the clip starts over as well.
        if (this.media.ended && this.#loops && moment) this.#playAgain(moment);
        return;
      }
      this.#onChange();
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }

  #playAgain(moment: Moment): void {
    this.media.currentTime = moment.start;
    this.play();
  }

  #whenReady(act: () => void): void {
    if (this.media.readyState >= HTMLMediaElement.HAVE_METADATA) act();
    else this.media.addEventListener("loadedmetadata", act, { once: true });
  }
}
