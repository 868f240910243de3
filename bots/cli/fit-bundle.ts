/**
 * `damo models fit SUITE`: what a bundle's cosines mean, fitted on clips whose events are known (theatre clips), and
 * written into its `damo.json` as `answering.alignment`. For those who train bundles; `answering` is no part of the
 * fingerprint, so memories stay valid.
 */
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type Alignment,
  askedPresence,
  type ClipModel,
  clipIdOfFile,
  DomainError,
  fitLogistic,
  groundingQuestion,
  heldWindows,
  logit,
  type Observation,
  type Span,
  seededRandom,
  type Thing,
  temporalIou,
  type WatchedWindow,
} from "../../core/index.ts";
import type { CommandContext } from "./context.ts";
import { readSuite } from "./read-suite.ts";

interface WatchedClip {
  readonly windows: readonly WatchedWindow[];
  readonly durationSeconds: number;
  readonly spansOf: (thing: Thing) => readonly Span[];
}

/** A thing is in a window when it is there for this long. */
const LEAST_OVERLAP_SECONDS = 1;
/** Absent things that are asked about for each one that is there: "yes" about what is not there is the worse mistake. */
const ABSENT_PER_PRESENT = 1;

export async function fitBundle(context: CommandContext, suite: string): Promise<void> {
  const services = await context.services();
  const model = await services.model();
  const { vocabulary } = model;
  if (!model.similarity || !vocabulary) throw usage("this bundle has no aligned embeddings");
  const things = [
    ...vocabulary.sees.map((name): Thing => ({ name, sense: "seen", known: true })),
    ...vocabulary.hears.map((name): Thing => ({ name, sense: "heard", known: true })),
  ];
  const { file, clips } = await readSuite(suite);
  const random = seededRandom(1);
  const asked: Observation[] = [];
  const listed: Observation[] = [];
  const groundings: { readonly cosine: number; readonly times: number; readonly right: boolean }[] = [];
  for (const [index, { clip, events }] of clips.entries()) {
    if (!events) throw usage(`${clip} has no events`);
    const watched = await watchForFit(model, join(dirname(file), clip), events, context.signal);
    const cosines = await model.similarity(things, watched.windows);
    for (const [at, thing] of things.entries()) {
      const spans = watched.spansOf(thing);
      const ofWindows = [...(cosines[at] as Float32Array)];
      for (const [place, window] of watched.windows.entries()) {
        listed.push({
          features: [ofWindows[place] as number],
          right: spans.some((span) => secondsIn(span, window) >= LEAST_OVERLAP_SECONDS),
        });
      }
      const present = spans.length > 0;
      const absentShare = (ABSENT_PER_PRESENT * presentCount(things, watched)) / things.length;
      if (!present && random() >= absentShare) continue;
      const best = Math.max(...ofWindows);
      asked.push({ features: [best], right: present });
      const window = watched.windows[ofWindows.indexOf(best)] as WatchedWindow;
      const answer = await groundIn(model, thing, window, watched, context.signal);
      groundings.push({
        cosine: best,
        times: answer.confidence,
        right: present && temporalIou(spans, answer.spans) >= 0.5,
      });
    }
    context.terminal.note(`${index + 1} of ${clips.length}: ${clip}`);
  }

  const [askedScale = 0, askedBias = 0] = fitLogistic(asked);
  const [listedScale = 0, listedBias = 0] = fitLogistic(listed);
  const partly = { asked: { scale: askedScale, bias: askedBias }, listed: { scale: listedScale, bias: listedBias } };
  const before: Alignment = { ...partly, spans: { presence: 1, times: 1, bias: 0 } };
  const found = groundings.filter(({ cosine }) => askedPresence(before, cosine) >= 0.5);
  const [presence = 0, times = 0, bias = 0] = fitLogistic(
    found.map(({ cosine, times: sure, right }) => ({
      features: [logit(askedPresence(before, cosine)), logit(sure)],
      right,
    })),
  );
  const alignment = rounded({ ...partly, spans: { presence, times, bias } });

  const manifestFile = join(services.config.model.bundleFolder, "damo.json");
  const manifest = JSON.parse(await readFile(manifestFile, "utf8")) as { answering: object };
  manifest.answering = { ...manifest.answering, alignment };
  await writeFile(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
  context.terminal.result(
    `${asked.length} questions, ${listed.length} pairs of window and thing, ${found.length} groundings, ${found.filter(({ right }) => right).length} of them right.\n` +
      `${JSON.stringify(alignment)}\nwritten to ${manifestFile}\n`,
  );
}

async function watchForFit(
  model: ClipModel,
  path: string,
  events: readonly { readonly what: string; readonly startSeconds: number; readonly endSeconds: number }[],
  signal: AbortSignal,
): Promise<WatchedClip> {
  // Only to fail as everything else does when the file is not there.
  await clipIdOfFile(path, { maxBytes: Number.MAX_SAFE_INTEGER, signal });
  const windows: WatchedWindow[] = [];
  let durationSeconds = 0;
  for await (const event of model.watch({ path, signal })) {
    if (event.type === "window") windows.push(event.window);
    else if (event.type !== "lines") durationSeconds = event.info.durationSeconds;
  }
  const nameOf = ({ name, sense }: Thing) => (sense === "heard" && name !== "speech" ? `${name} sound` : name);
  return { windows, durationSeconds, spansOf: (thing) => events.filter(({ what }) => what === nameOf(thing)) };
}

async function groundIn(
  model: ClipModel,
  thing: Thing,
  window: WatchedWindow,
  { windows, durationSeconds }: WatchedClip,
  signal: AbortSignal,
) {
  const source = { entries: [window], read: heldWindows(windows).read };
  const question = groundingQuestion(thing);
  for await (const event of model.answer({
    question,
    history: [],
    windows: source,
    durationSeconds,
    mustPoint: true,
    wholeOnly: true,
    signal,
  })) {
    if (event.type === "answer") return event;
  }
  throw new DomainError("model.runtime", "the model ended without an answer");
}

const presentCount = (things: readonly Thing[], { spansOf }: WatchedClip): number =>
  things.filter((thing) => spansOf(thing).length > 0).length;
const secondsIn = (span: Span, window: Span): number =>
  Math.min(span.endSeconds, window.endSeconds) - Math.max(span.startSeconds, window.startSeconds);
const usage = (problem: string) => new DomainError("usage", problem, { details: { problem } });

/** Four digits say all that some hundred observations can. */
function rounded(alignment: Alignment): Alignment {
  return JSON.parse(
    JSON.stringify(alignment, (_, value) => (typeof value === "number" ? Number(value.toFixed(4)) : value)),
  );
}
