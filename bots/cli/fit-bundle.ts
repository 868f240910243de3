/**
 * `damo models fit SUITE`: what the logits of a bundle's matching head mean, fitted on clips whose events are known (theatre
 * clips), and written into its `damo.json` as `answering.matching`. For those who train bundles; `answering` is no part of
 * the fingerprint, so memories stay valid.
 */
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  askedPresence,
  type ClipModel,
  clipIdOfFile,
  DomainError,
  fitLogistic,
  type Matching,
  matchesOf,
  type Observation,
  runsAbove,
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

/** A thing in a clip, as the matching head sees it. */
interface Seen {
  readonly truth: readonly Span[];
  readonly highest: number;
  readonly matches: ReturnType<typeof matchesOf>;
}

/** A thing is in a window when it is there for this long. */
const LEAST_OVERLAP_SECONDS = 1;
/** Absent things for each one that is there: about as often as people ask about what is not there. */
const ABSENT_PER_PRESENT = 0.35;
/** Of the most right answers: fewer than this make a difference. */
const AS_GOOD = 0.985;
/** Tried, both of them. */
const SHARES = [0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9];
const THRESHOLDS = [0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8];

export async function fitBundle(context: CommandContext, suite: string): Promise<void> {
  const services = await context.services();
  const model = await services.model();
  const { vocabulary, axes, windowSeconds } = model;
  if (!model.match || !vocabulary) throw usage("this bundle has no matching head");
  const things = [
    ...vocabulary.sees.map((name): Thing => ({ name, sense: "seen", known: true })),
    ...vocabulary.hears.map((name): Thing => ({ name, sense: "heard", known: true })),
  ];
  const { file, clips } = await readSuite(suite);
  const random = seededRandom(1);
  const listed: Observation[] = [];
  const asked: Seen[] = [];
  for (const [index, { clip, events }] of clips.entries()) {
    if (!events) throw usage(`${clip} has no events`);
    const watched = await watchForFit(model, join(dirname(file), clip), events, context.signal);
    const { windows, durationSeconds: limitSeconds } = watched;
    const logits = await model.match(things, windows);
    for (const [at, thing] of things.entries()) {
      const truth = watched.spansOf(thing);
      const ofThing = logits[at] as Float32Array;
      for (const [place, window] of windows.entries()) {
        const there = ofThing.subarray(place * axes.Q, (place + 1) * axes.Q);
        const inside = matchesOf([window], there, { pieces: axes.Q, windowSeconds, limitSeconds });
        listed.push({
          features: [Math.max(...inside.map((match) => match.logit))],
          right: truth.some((span) => secondsIn(span, window) >= LEAST_OVERLAP_SECONDS),
        });
      }
      const absentShare = (ABSENT_PER_PRESENT * presentCount(things, watched)) / things.length;
      if (truth.length === 0 && random() >= absentShare) continue;
      const matches = matchesOf(windows, ofThing, { pieces: axes.Q, windowSeconds, limitSeconds });
      asked.push({ truth, highest: Math.max(...matches.map((match) => match.logit)), matches });
    }
    context.terminal.note(`${index + 1} of ${clips.length}: ${clip}`);
  }

  const lineOf = ([scale = 0, bias = 0]: readonly number[]) => ({ scale, bias });
  const present = asked.filter(({ truth }) => truth.length > 0);
  const shares = SHARES.flatMap((share) =>
    SHARES.filter((peakShare) => peakShare >= share).map((peakShare) => ({ share, peakShare })),
  );
  const overlapAt = (choice: (typeof shares)[number]): number =>
    present.reduce((sum, { truth, matches }) => sum + temporalIou(truth, runsAbove(matches, choice)), 0);
  const best = shares
    .map((choice) => ({ choice, overlap: overlapAt(choice) }))
    .sort((a, b) => b.overlap - a.overlap)[0];
  if (!best || present.length === 0) throw usage(`nothing happens in the clips of ${suite}`);
  const { choice: runs } = best;
  const isRight = ({ truth, matches }: Seen): boolean => temporalIou(truth, runsAbove(matches, runs)) >= 0.5;
  const partly: Matching = {
    asked: lineOf(fitLogistic(asked.map(({ highest, truth }) => ({ features: [highest], right: truth.length > 0 })))),
    listed: lineOf(fitLogistic(listed)),
    spans: lineOf(fitLogistic(present.map((seen) => ({ features: [seen.highest], right: isRight(seen) })))),
    ...runs,
    presentFrom: 0.5,
  };
  const rightFrom = (threshold: number): number =>
    asked.filter((seen) =>
      askedPresence(partly, seen.highest) < threshold
        ? seen.truth.length === 0
        : seen.truth.length > 0 && isRight(seen),
    ).length;
  const most = Math.max(...THRESHOLDS.map(rightFrom));
  const good = THRESHOLDS.filter((threshold) => rightFrom(threshold) >= AS_GOOD * most);
  const presentFrom = good[good.length >> 1] as number; // the middle of the best stretch
  const matching = rounded({ ...partly, presentFrom });

  const manifestFile = join(services.config.model.bundleFolder, "damo.json");
  const manifest = JSON.parse(await readFile(manifestFile, "utf8")) as { answering: object };
  manifest.answering = { ...manifest.answering, matching };
  await writeFile(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
  context.terminal.result(
    `${asked.length} questions, ${listed.length} pairs of window and thing; of ${present.length} things that are there, ${present.filter(isRight).length} are pointed at rightly.\n` +
      `${JSON.stringify(matching)}\nwritten to ${manifestFile}\n`,
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

const presentCount = (things: readonly Thing[], { spansOf }: WatchedClip): number =>
  things.filter((thing) => spansOf(thing).length > 0).length;
const secondsIn = (span: Span, window: Span): number =>
  Math.min(span.endSeconds, window.endSeconds) - Math.max(span.startSeconds, window.startSeconds);
const usage = (problem: string) => new DomainError("usage", problem, { details: { problem } });

/** Four digits say all that some hundred observations can. */
function rounded(matching: Matching): Matching {
  return JSON.parse(
    JSON.stringify(matching, (_, value) => (typeof value === "number" ? Number(value.toFixed(4)) : value)),
  );
}
