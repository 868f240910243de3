/** What the player measured of itself lately, in memory only: the plots of /admin. Numbers, never words. */
import type { Plot, PlotPoint } from "./plot.ts";

/** Kept of each kind. Enough for a plot of 240 pixels. */
const MAX_POINTS = 200;

/** Between two looks at the process's memory, ms. */
const MEMORY_EVERY_MS = 5000;

export class Measurements {
  readonly #now: () => number;
  readonly #firstText: PlotPoint[] = [];
  readonly #total: PlotPoint[] = [];
  readonly #memory: PlotPoint[] = [];
  #answered = 0;
  #failed = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  answered({ firstTextMs, totalMs, ok }: { firstTextMs: number; totalMs: number; ok: boolean }): void {
    if (ok) this.#answered++;
    else this.#failed++;
    if (!ok) return;
    const atMs = this.#now();
    add(this.#firstText, { atMs, value: firstTextMs });
    add(this.#total, { atMs, value: totalMs });
  }

  /** Called with each request: a timer would keep the process awake, and alive. */
  look(): void {
    const atMs = this.#now();
    if (atMs - (this.#memory.at(-1)?.atMs ?? 0) < MEMORY_EVERY_MS) return;
    add(this.#memory, { atMs, value: process.memoryUsage.rss() });
  }

  get counts(): { readonly answered: number; readonly failed: number } {
    return { answered: this.#answered, failed: this.#failed };
  }

  plots(): readonly Plot[] {
    const ms = (value: number) => (value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`);
    const megabytes = (value: number) => `${Math.round(value / 1024 ** 2)} MB`;
    return [
      { title: "First word of an answer", format: ms, points: this.#firstText },
      { title: "Whole answer", format: ms, points: this.#total },
      { title: "Memory of this process", format: megabytes, points: this.#memory },
    ];
  }
}

function add(points: PlotPoint[], point: PlotPoint): void {
  points.push(point);
  if (points.length > MAX_POINTS) points.shift();
}
