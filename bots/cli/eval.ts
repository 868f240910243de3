/**
 * `damo eval theatre | real | SUITE`: every dialogue of a suite through the product's own path, scored (core/evaluation.ts), and text-to-clip
 * retrieval over its clips where their events are known (core/retrieval-score.ts).
 */
import { dirname, join } from "node:path";
import {
  askThread,
  asTenantId,
  type ClipId,
  clipIdOfFile,
  type EvaluatedTurn,
  type EvaluationReport,
  evaluate,
  type GivenAnswer,
  type GroundingScore,
  isDomainError,
  isRight,
  type JudgedTurn,
  memoryKeyOf,
  type RecallScore,
  type RetrievalScore,
  type SuiteClip,
  scoreRetrieval,
  seededRandom,
  type Thing,
  watchClip,
} from "../../core/index.ts";
import type { CommandContext } from "./context.ts";
import { findSuite } from "./named-suites.ts";
import { readSuite } from "./read-suite.ts";

export interface EvalOptions {
  /** Where the clips lie. Absent: beside the suite; of a suite with a name, where that says. */
  readonly clips?: string;
}

/** The goal of issue 3 is one clip of a hundred. */
const RETRIEVED_CLIPS = 100;

type Events = NonNullable<SuiteClip["events"]>;

/** Evaluations keep out of people's memories, and clean up behind them. */
const EVALUATION_TENANT = asTenantId("damo-eval");

export async function evalSuite(context: CommandContext, suite: string, options: EvalOptions): Promise<void> {
  const { terminal, signal, now } = context;
  const found = await findSuite(suite, options.clips);
  const { file, clips: dialogues } = await readSuite(found.suite);
  if (found.note) terminal.note(found.note);
  const services = await context.services();
  const { memories, threads, lines } = await services.stores();
  const model = await services.model();
  const tenantId = EVALUATION_TENANT;
  /** Clips come back in many dialogues; each is watched once. */
  const watched = new Map<string, ClipId>();
  const watch = async (clip: string): Promise<ClipId> => {
    const known = watched.get(clip);
    if (known) return known;
    const path = join(found.clips ?? dirname(file), clip);
    const clipId = await clipIdOfFile(path, { maxBytes: services.config.decode.maxClipBytes, signal });
    watched.set(clip, clipId);
    for await (const _ of watchClip({ model, memories, lines, now }, { tenantId, clipId, title: clip, path, signal })) {
      // Progress is of no interest here.
    }
    return clipId;
  };
  /** Clips whose events the suite knows, at most as many as retrieval is reported of. */
  const retrieve = async (suiteClips: readonly SuiteClip[]): Promise<RetrievalScore | undefined> => {
    const { vocabulary, similarity } = model;
    if (!vocabulary || !similarity) return undefined;
    const known = new Map<string, Events>();
    for (const { clip, events } of suiteClips) if (events) known.set(clip, events);
    const chosen = [...known].slice(0, RETRIEVED_CLIPS);
    const happens = new Set(chosen.flatMap(([, events]) => events.map(({ what }) => what)));
    const things = [
      ...vocabulary.sees.map((name): Thing => ({ name, sense: "seen", known: true })),
      ...vocabulary.hears.map((name): Thing => ({ name, sense: "heard", known: true })),
    ].filter((thing) => happens.has(nameOfThing(thing)));
    const best: number[][] = things.map(() => []);
    for (const [clip] of chosen) {
      const memory = await memories.readIndex(memoryKeyOf(tenantId, await watch(clip), model.bundle));
      const cosines = await similarity(things, memory?.windows ?? []);
      for (const [place, row] of best.entries()) row.push(Math.max(-1, ...(cosines[place] ?? [])));
    }
    const shows = things.map((thing) =>
      chosen.map(([, events]) => events.some(({ what }) => what === nameOfThing(thing))),
    );
    return scoreRetrieval(best, shows);
  };
  const nameOf = (clipId: ClipId): string => [...watched].find(([, id]) => id === clipId)?.[0] ?? "";

  const { sees = [], hears = [] } = model.vocabulary ?? {};
  const nameable = [...new Set([...sees, ...hears, ...dialogues.flatMap(wantedNames)])];
  const judged: JudgedTurn[] = [];
  const threadIds: string[] = [];
  let retrieval: RetrievalScore | undefined;
  try {
    for (const [index, dialogue] of dialogues.entries()) {
      const names = [...(dialogue.with ?? []), dialogue.clip];
      const clipIds: ClipId[] = [];
      for (const name of names) clipIds.push(await watch(name));
      const clips = clipIds.map((clipId, place) => ({ clipId, title: names[place] as string }));
      const clipId = clipIds.at(-1) as ClipId;
      const threadId = `eval-${index}`;
      threadIds.push(threadId);
      for (const { question, family, ...wantedOf } of dialogue.turns) {
        const request = { tenantId, threadId, clipId, clips, question, signal };
        const given = await giveAnswer(askThread({ model, memories, threads, lines, now }, request), nameOf);
        const wanted = wantedAnswer(wantedOf);
        const turn = { family, durationSeconds: dialogue.durationSeconds, wanted, given };
        const right = isRight(turn, nameable);
        judged.push({ turn, right });
        terminal.line({ type: "evaluated", clip: dialogue.clip, family, question, wanted, ...given, right });
      }
      terminal.note(`${index + 1} of ${dialogues.length}: ${dialogue.clip}`);
    }
    retrieval = await retrieve(dialogues);
  } finally {
    for (const clipId of watched.values()) {
      await Promise.all([memories.delete(tenantId, clipId), lines.delete(tenantId, clipId)]);
    }
    for (const threadId of threadIds) await threads.delete(tenantId, threadId);
  }
  const report = evaluate(judged, seededRandom(1));
  terminal.result(reportTable(report, retrieval, dialogues.length, watched.size));
  terminal.line({
    type: "evaluation",
    suite: file,
    dialogues: dialogues.length,
    clips: watched.size,
    bundle: model.bundle,
    ...report,
    ...(retrieval && { retrieval }),
  });
}

const wantedNames = ({ turns }: SuiteClip): readonly string[] => turns.flatMap(({ names = [] }) => names);

const nameOfThing = ({ name, sense }: Thing): string =>
  sense === "heard" && name !== "speech" ? `${name} sound` : name;

/** A question that is refused is an outcome like any other. */
async function giveAnswer(
  events: ReturnType<typeof askThread>,
  nameOf: (clipId: ClipId) => string,
): Promise<GivenAnswer> {
  try {
    for await (const event of events) {
      if (event.type !== "answered") continue;
      const { text, spans, verdict, confidence } = event.answer;
      return { text, spans, verdict, confidence, about: nameOf(event.clipId) };
    }
  } catch (error) {
    if (!isDomainError(error) || !error.code.startsWith("question.")) throw error;
    return { text: "", spans: [], verdict: "absent", confidence: 0, about: "", error: error.code };
  }
  throw new Error("askThread ended without an answer");
}

function wantedAnswer({
  spans,
  within,
  ...wanted
}: Omit<SuiteClip["turns"][number], "question" | "family">): EvaluatedTurn["wanted"] {
  const spanOf = ([startSeconds, endSeconds]: readonly [number, number]) => ({ startSeconds, endSeconds });
  return { ...wanted, spans: spans.map(spanOf), ...(within && { within: spanOf(within) }) };
}

function reportTable(
  report: EvaluationReport,
  retrieval: RetrievalScore | undefined,
  dialogues: number,
  clips: number,
): string {
  const { questions, followUps, right, grounding, groundingByFamily, absent, expectedCalibrationError } = report;
  const percent = (value: number) => `${Math.round(100 * value)} %`.padStart(6);
  const row = (name: string, score: GroundingScore) =>
    [
      name.padEnd(18),
      String(score.questions).padStart(9),
      score.meanIou.toFixed(2).padStart(6),
      ...Object.values(score.recallAt).map(percent),
      score.chance.meanIou.toFixed(2).padStart(8),
      percent(score.chance["0.5"]),
    ].join("  ");
  const rightRow = (name: string, score: { readonly questions: number; readonly right: number }) =>
    [name.padEnd(18), String(score.questions).padStart(9), percent(score.right / score.questions)].join("  ");
  const all = Object.values(right).reduce((sum, score) => sum + score.right, 0);
  return [
    `${dialogues} dialogues, ${questions} questions, ${clips} clips`,
    "",
    `${"".padEnd(18)}  questions   right`,
    rightRow("all", { questions, right: all }),
    ...(followUps.questions > 0 ? [rightRow("follow-ups", followUps)] : []),
    ...Object.entries(right).map(([family, score]) => rightRow(`  ${family}`, score)),
    "",
    `${"".padEnd(18)}  questions    mIoU  R@.3    R@.5    R@.7    chance: mIoU  R@.5`,
    row("grounding", grounding),
    ...Object.entries(groundingByFamily).map(([family, score]) => row(`  ${family}`, score)),
    `not in this clip: precision ${percent(absent.precision).trim()}, recall ${percent(absent.recall).trim()} (${absent.questions} of ${questions} questions)`,
    `expected calibration error ${expectedCalibrationError.toFixed(2)}`,
    ...(retrieval
      ? [
          `which of ${retrieval.clips} clips, from all its things: ${recallText(retrieval.byDescription)}`,
          `a clip with this thing among ${retrieval.clips}: ${recallText(retrieval.byThing)}`,
        ]
      : []),
    "",
  ].join("\n");
}

const recallText = ({ recallAt, chanceAt1, questions }: RecallScore): string =>
  `R@1 ${Math.round(100 * recallAt["1"])} %, R@5 ${Math.round(100 * recallAt["5"])} % (${questions} texts; blindly R@1 ${Math.round(100 * chanceAt1)} %)`;
