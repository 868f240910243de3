/** A small line plot as inline SVG: no script, no style of its own, readable by those who cannot see it. */
import { html } from "hono/html";
import type { Html } from "./layout.ts";

export interface PlotPoint {
  /** Wall time, ms since the epoch. */
  readonly atMs: number;
  readonly value: number;
}

export interface Plot {
  /** e.g. "First word of an answer" */
  readonly title: string;
  readonly format: (value: number) => string;
  /** In order of time. */
  readonly points: readonly PlotPoint[];
}

const WIDTH = 240;
const HEIGHT = 56;
/** Room for the line's own width. */
const MARGIN = 2;

export function plot({ title, format, points }: Plot): Html {
  const last = points.at(-1);
  if (!last)
    return html`<figure class="plot"><figcaption>${title}</figcaption><p class="value">no data yet</p></figure>`;
  const values = points.map(({ value }) => value);
  const max = Math.max(...values);
  const from = points[0]?.atMs ?? 0;
  const x = ({ atMs }: PlotPoint) => MARGIN + ((WIDTH - 2 * MARGIN) * (atMs - from)) / Math.max(1, last.atMs - from);
  // From 0 up: a plot that begins at its lowest value makes noise look like news.
  const y = ({ value }: PlotPoint) => HEIGHT - MARGIN - ((HEIGHT - 2 * MARGIN) * value) / Math.max(max, Number.EPSILON);
  const line = points.map((point) => `${x(point).toFixed(1)},${y(point).toFixed(1)}`).join(" ");
  const area = `${x(points[0] as PlotPoint).toFixed(1)},${HEIGHT - MARGIN} ${line} ${x(last).toFixed(1)},${HEIGHT - MARGIN}`;
  const says = `${title}: now ${format(last.value)}, at most ${format(max)}, ${points.length} measurements`;
  return html`<figure class="plot">
    <figcaption>${title}</figcaption>
    <p class="value">${format(last.value)} <small>at most ${format(max)}</small></p>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${says}">
      <polygon points="${area}"></polygon>
      ${points.length > 1 ? html`<polyline points="${line}"></polyline>` : ""}
    </svg>
  </figure>`;
}
