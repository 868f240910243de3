/** What docs/cli.md promises of `--json`, strictly: a key too many or too few fails. */
import { z } from "zod";
import { ERROR_CODES, type ErrorCode } from "../../core/index.ts";

const clipId = z.string().regex(/^[0-9a-f]{64}$/);
const seconds = z.number().nonnegative();
const ms = z.number().nonnegative();
const confidence = z.number().min(0).max(1);
const cache = z.enum(["hit", "resumed", "miss"]);
const code = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);
const bundle = z.strictObject({ name: z.string(), version: z.string(), fingerprint: clipId });
const link = z
  .string()
  .max(511)
  .regex(/^https?:\/\/[^/]+\/(?:[^?#]+\/)?c\/[\w.-]+\?t=[\d.]+#t=[\d.]+,[\d.]+$/);

const momentSpan = z.strictObject({
  startSeconds: seconds,
  endSeconds: seconds,
  confidence,
  evidenceSeconds: seconds.optional(),
});

const recallScore = z.strictObject({
  questions: z.int(),
  recallAt: z.strictObject({ "1": z.number(), "5": z.number() }),
  chanceAt1: z.number(),
});
const groundingScore = z.strictObject({
  questions: z.int(),
  meanIou: z.number(),
  recallAt: z.strictObject({ "0.3": z.number(), "0.5": z.number(), "0.7": z.number() }),
  chance: z.strictObject({ meanIou: z.number(), "0.5": z.number() }),
});

const queueCounts = z.strictObject({ waiting: z.int(), running: z.int(), failed: z.int() });

const quantiles = z.strictObject({ p50: z.number(), p95: z.number() });
const askSummary = z.strictObject({
  answers: z.int(),
  tokens: z.number(),
  firstTextMs: quantiles,
  totalMs: quantiles,
  outsideMs: quantiles,
  outsideShare: z.number(),
});

export const jsonLineSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("progress"),
    clipId,
    watchedSeconds: seconds,
    durationSeconds: seconds,
    speed: z.number().nonnegative(),
    etaSeconds: seconds,
  }),
  z.strictObject({
    type: z.literal("watched"),
    clipId,
    title: z.string(),
    durationSeconds: seconds,
    windows: z.int().positive(),
    cache,
    warnings: z.array(z.string()),
    suggestions: z.array(z.string()),
    timing: z.strictObject({ totalMs: ms }),
    bundle,
  }),
  z.strictObject({
    type: z.literal("answer"),
    clipId,
    thread: z.string().min(1),
    question: z.string().min(1),
    text: z.string(),
    spans: z.array(momentSpan),
    jumpLinks: z.array(link),
    evidence: z.strictObject({ frames: z.array(z.string().nullable()), strip: z.string().optional() }).optional(),
    verdict: z.enum(["found", "unsure", "absent"]),
    confidence,
    cache,
    writtenBy: z.string().optional(),
    watchedUpToSeconds: seconds.optional(),
    timing: z.strictObject({ firstTokenMs: ms, totalMs: ms }),
    bundle,
  }),
  z.strictObject({
    type: z.literal("moment"),
    clipId,
    label: z.string(),
    startSeconds: seconds,
    endSeconds: seconds,
    confidence,
    jumpLink: link.optional(),
  }),
  z.strictObject({
    type: z.literal("forgotten"),
    clipId,
    title: z.string(),
    memoryRemoved: z.boolean(),
    turnsRemoved: z.int().nonnegative(),
    mediaRemoved: z.boolean(),
    framesRemoved: z.boolean(),
    linesRemoved: z.boolean(),
  }),
  z.strictObject({
    type: z.literal("check"),
    name: z.string(),
    ok: z.boolean(),
    says: z.string(),
    advice: z.string().optional(),
    code: code.optional(),
  }),
  z.strictObject({
    type: z.literal("bundle"),
    name: z.string(),
    version: z.string(),
    fingerprint: clipId,
    license: z.string(),
    folder: z.string(),
    sizeBytes: z.int().positive(),
    inUse: z.boolean(),
    verified: z.literal(true),
  }),
  z.strictObject({ type: z.literal("service"), name: z.string(), url: z.url() }),
  z.strictObject({ type: z.literal("queueCounts"), watch: queueCounts, answer: queueCounts }),
  z.strictObject({
    type: z.literal("failedJob"),
    jobId: z.string(),
    kind: z.enum(["watch", "answer"]),
    tenantId: z.string(),
    code: z.string(),
    attempts: z.int().positive(),
    failedAtMs: ms,
    title: z.string().optional(),
    threadId: z.string().optional(),
  }),
  z.strictObject({ type: z.literal("retriedJob"), jobId: z.string() }),
  z.strictObject({ type: z.literal("player"), url: z.url() }),
  z.strictObject({ type: z.literal("clip"), clipId, title: z.string(), jumpLink: link }),
  z.strictObject({
    type: z.literal("evaluated"),
    clip: z.string(),
    family: z.string(),
    question: z.string(),
    wanted: z.strictObject({
      absent: z.boolean(),
      spans: z.array(z.strictObject({ startSeconds: seconds, endSeconds: seconds })),
      says: z.array(z.string()).optional(),
      notSaid: z.array(z.string()).optional(),
      names: z.array(z.string()).optional(),
      within: z.strictObject({ startSeconds: seconds, endSeconds: seconds }).optional(),
      error: z.string().optional(),
      about: z.string().optional(),
    }),
    text: z.string(),
    spans: z.array(momentSpan),
    verdict: z.enum(["found", "unsure", "absent"]),
    confidence,
    about: z.string(),
    error: z.string().optional(),
    right: z.boolean(),
  }),
  z.strictObject({
    type: z.literal("evaluation"),
    suite: z.string(),
    dialogues: z.int(),
    clips: z.int(),
    bundle,
    questions: z.int(),
    followUps: z.strictObject({ questions: z.int(), right: z.int() }),
    retrieval: z.strictObject({ clips: z.int(), byDescription: recallScore, byThing: recallScore }).optional(),
    right: z.record(z.string(), z.strictObject({ questions: z.int(), right: z.int() })),
    grounding: groundingScore,
    groundingByFamily: z.record(z.string(), groundingScore),
    absent: z.strictObject({ precision: z.number(), recall: z.number(), questions: z.int() }),
    expectedCalibrationError: z.number(),
  }),
  z.strictObject({
    type: z.literal("memory_cost"),
    store: z.enum(["redis", "embedded"]),
    operation: z.enum(["append", "recall", "first recall", "read"]),
    clipMinutes: z.number().positive(),
    bytes: z.int().positive(),
    ms,
    rawMs: ms.optional(),
    times: z.number().nonnegative().optional(),
  }),
  z.strictObject({
    type: z.literal("benchAsk"),
    clipId,
    durationSeconds: seconds,
    windows: z.int(),
    questions: z.int(),
    rounds: z.int(),
    firstTurn: askSummary,
    secondTurn: askSummary,
    spokenFirstTurn: askSummary,
    spokenSecondTurn: askSummary,
    spokenLong: askSummary,
    bundle,
  }),
  z.strictObject({
    type: z.literal("augmented"),
    output: z.string(),
    format: z.enum(["activitynet-captions", "charades-sta", "qvhighlights", "damo"]),
    model: z.string(),
    videos: z.int(),
    skipped: z.int(),
    written: z.int(),
    failed: z.int(),
    turns: z.int(),
    rejected: z.int(),
    inputTokens: z.int(),
    outputTokens: z.int(),
    cost: z.number().optional(),
  }),
  z.strictObject({
    type: z.literal("error"),
    code: z.union([code, z.literal("bug")]),
    text: z.string().min(1),
    advice: z.string().min(1),
    retryable: z.boolean(),
    exitCode: z.int().positive(),
  }),
]);
