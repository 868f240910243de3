/**
 * Draws what needle-study.ts found: share of questions that are answered at the right place (IoU >= .3), by length of the
 * clip and by where the event lies, with a 95 % interval (Wilson).
 *
 *     node --import tsx tests/support/plot-needles.ts docs/images/needles.json docs/images/needles.svg
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { NeedleAnswer } from "./needle-study.ts";

const [dataFile = "", svgFile = ""] = process.argv.slice(2);
const { bundle, needles, answers } = JSON.parse(readFileSync(dataFile, "utf8")) as {
  readonly bundle: { readonly name: string; readonly version: string };
  readonly needles: number;
  readonly answers: readonly NeedleAnswer[];
};

const WAYS = [
  { way: "product", says: "damo: embeddings choose eight windows, the matching head says when", color: "#1f5fbf" },
  { way: "recall", says: "language model alone, the two nearest windows", color: "#0b6e4f" },
  { way: "eight", says: "language model alone, the eight nearest windows", color: "#c77d0a" },
  { way: "averaged", says: "the two nearest and two windows of averaged queries", color: "#7a4fb5" },
  { way: "even", says: "no recall: eight windows at even distances", color: "#b3261e" },
] as const;
const AXES = [
  {
    title: "by length of the clip",
    of: (answer: NeedleAnswer) => answer.minutes,
    label: (value: number) => `${value} min`,
  },
  {
    title: "by where the event is",
    of: (answer: NeedleAnswer) => answer.position,
    label: (value: number) => `${value * 100} %`,
  },
];
const PANEL = { width: 330, height: 200, left: 46, top: 84, gap: 60 };

const width = PANEL.left + 2 * PANEL.width + PANEL.gap + 20;
const height = PANEL.top + PANEL.height + 46 + WAYS.length * 20;
const parts = AXES.map(({ title, of, label }, panel) => {
  const values = [...new Set(answers.map(of))].sort((a, b) => a - b);
  const left = PANEL.left + panel * (PANEL.width + PANEL.gap);
  const xOf = (at: number, way: number) => left + ((at + 0.5) / values.length) * PANEL.width + (way - 2) * 7;
  const yOf = (share: number) => PANEL.top + (1 - share) * PANEL.height;
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<line x1="${left}" x2="${left + PANEL.width}" y1="${yOf(share)}" y2="${yOf(share)}" stroke="#ddd"/>` +
      `<text x="${left - 6}" y="${yOf(share) + 4}" text-anchor="end">${share * 100} %</text>`,
  );
  const names = values.map(
    (value, at) =>
      `<text x="${xOf(at, 2)}" y="${PANEL.top + PANEL.height + 18}" text-anchor="middle">${label(value)}</text>`,
  );
  const lines = WAYS.map(({ way, color }, place) => {
    const points = values.flatMap((value, at) => {
      const ious = answers.filter((answer) => answer.way === way && of(answer) === value).map(({ iou }) => iou);
      if (ious.length === 0) return [];
      return { x: xOf(at, place), ...interval(ious.filter((iou) => iou >= 0.3).length, ious.length) };
    });
    const bars = points.map(
      ({ x, low, high }) =>
        `<line x1="${x}" x2="${x}" y1="${yOf(low)}" y2="${yOf(high)}" stroke="${color}" opacity=".45"/>`,
    );
    const dots = points.map(({ x, share }) => `<circle cx="${x}" cy="${yOf(share)}" r="3.5" fill="${color}"/>`);
    const path = points.map(({ x, share }) => `${x},${yOf(share)}`).join(" ");
    return `${bars.join("")}<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.5"/>${dots.join("")}`;
  });
  return `<text x="${left}" y="${PANEL.top - 14}" font-weight="600">${title}</text>${grid.join("")}${names.join("")}${lines.join("")}`;
});
const legend = WAYS.map(({ says, color }, at) => {
  const y = PANEL.top + PANEL.height + 46 + at * 20;
  return `<circle cx="${PANEL.left + 4}" cy="${y - 4}" r="4" fill="${color}"/><text x="${PANEL.left + 16}" y="${y}">${says}</text>`;
});
writeFileSync(
  svgFile,
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#222">
<title>One event hidden in a long clip: answered at the right place, by length and place</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${PANEL.left}" y="24" font-size="15" font-weight="600">One event hidden in a long clip: answered at the right place (IoU &#8805; .3)</text>
<text x="${PANEL.left}" y="40" fill="#666">${bundle.name} ${bundle.version}, ${needles} questions that it answers in their own short clip, each hidden at every place; bars: 95 % interval</text>
${[...parts, ...legend].join("\n")}
</svg>
`,
);

/** Wilson score interval at 95 %. */
function interval(hits: number, count: number): { share: number; low: number; high: number } {
  if (count === 0) return { share: 0, low: 0, high: 0 };
  const z2 = 1.96 ** 2;
  const share = hits / count;
  const middle = (share + z2 / (2 * count)) / (1 + z2 / count);
  const half = (1.96 * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count ** 2))) / (1 + z2 / count);
  return { share, low: middle - half, high: middle + half };
}
