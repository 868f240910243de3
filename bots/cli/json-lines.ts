/** What `--json` prints, one object a line, always on stdout. docs/cli.md is the page for people; a test compares both. */
import type {
  BundleIdentity,
  CacheOutcome,
  ErrorCode,
  EvaluationReport,
  GivenAnswer,
  MemoryCost,
  MomentSpan,
  QueueCounts,
  RetrievalScore,
  Span,
  Verdict,
  WantedAnswer,
} from "../../core/index.ts";

interface ProgressLine {
  readonly type: "progress";
  readonly clipId: string;
  readonly watchedSeconds: number;
  readonly durationSeconds: number;
  /** Media seconds watched in one second. */
  readonly speed: number;
  readonly etaSeconds: number;
}

interface WatchedLine {
  readonly type: "watched";
  readonly clipId: string;
  readonly title: string;
  readonly durationSeconds: number;
  readonly windows: number;
  readonly cache: CacheOutcome;
  readonly warnings: readonly string[];
  /** Questions that this memory answers well: asked and answered a moment ago. */
  readonly suggestions: readonly string[];
  readonly timing: { readonly totalMs: number };
  readonly bundle: BundleIdentity;
}

export interface AnswerLine {
  readonly type: "answer";
  readonly clipId: string;
  readonly thread: string;
  readonly question: string;
  readonly text: string;
  readonly spans: readonly MomentSpan[];
  /** One a span, in the same order. Empty when there is no fixed port to link to. */
  readonly jumpLinks: readonly string[];
  /** With `--frames`: the files that were written, one a span; null where nothing was on screen. */
  readonly evidence?: { readonly frames: readonly (string | null)[]; readonly strip?: string };
  readonly verdict: Verdict;
  readonly confidence: number;
  readonly cache: CacheOutcome;
  /** The model that worded the answer, when it was not the bundle. */
  readonly writtenBy?: string;
  /** Set when the answer knows the clip up to this second only. */
  readonly watchedUpToSeconds?: number;
  readonly timing: { readonly firstTokenMs: number; readonly totalMs: number };
  readonly bundle: BundleIdentity;
}

interface MomentLine extends Span {
  readonly type: "moment";
  readonly clipId: string;
  readonly label: string;
  readonly confidence: number;
  readonly jumpLink?: string;
}

interface ForgottenLine {
  readonly type: "forgotten";
  readonly clipId: string;
  readonly title: string;
  readonly memoryRemoved: boolean;
  readonly turnsRemoved: number;
  readonly mediaRemoved: boolean;
  readonly framesRemoved: boolean;
  readonly linesRemoved: boolean;
}

export interface CheckLine {
  readonly type: "check";
  readonly name: string;
  readonly ok: boolean;
  readonly says: string;
  readonly advice?: string;
  /** Set on a problem. */
  readonly code?: ErrorCode;
}

interface BundleLine {
  readonly type: "bundle";
  readonly name: string;
  readonly version: string;
  readonly fingerprint: string;
  readonly license: string;
  readonly folder: string;
  readonly sizeBytes: number;
  readonly inUse: boolean;
  readonly verified: boolean;
}

interface PlayerLine {
  readonly type: "player";
  readonly url: string;
}

/** A service can be reached, and goes on until it is told to end. */
interface ServiceLine {
  readonly type: "service";
  /** e.g. "worker", "bots", "player". */
  readonly name: string;
  readonly url: string;
}

interface QueueCountsLine extends QueueCounts {
  readonly type: "queueCounts";
}

interface FailedJobLine {
  readonly type: "failedJob";
  readonly jobId: string;
  readonly kind: "watch" | "answer";
  readonly tenantId: string;
  /** Of docs/errors.md. */
  readonly code: string;
  readonly attempts: number;
  /** Wall time, ms since the epoch. */
  readonly failedAtMs: number;
  readonly title?: string;
  readonly threadId?: string;
}

interface RetriedJobLine {
  readonly type: "retriedJob";
  readonly jobId: string;
}

interface PlayableLine {
  readonly type: "clip";
  readonly clipId: string;
  readonly title: string;
  readonly jumpLink: string;
}

interface EvaluatedLine extends GivenAnswer {
  readonly type: "evaluated";
  readonly clip: string;
  readonly family: string;
  readonly question: string;
  readonly wanted: WantedAnswer;
  /** As core/evaluation.ts judges it. */
  readonly right: boolean;
}

interface EvaluationLine extends EvaluationReport {
  readonly type: "evaluation";
  readonly suite: string;
  readonly dialogues: number;
  readonly clips: number;
  readonly bundle: BundleIdentity;
  /** Where the suite knows what happens in its clips. */
  readonly retrieval?: RetrievalScore;
}

interface MemoryCostLine extends MemoryCost {
  readonly type: "memory_cost";
  /** `ms / rawMs`. Absent without a Redis. */
  readonly times?: number;
}

interface Quantiles {
  readonly p50: number;
  readonly p95: number;
}

/** Of answers to one clip that was watched before. */
export interface AskSummary {
  readonly answers: number;
  /** Made by the language model for one answer, mean. */
  readonly tokens: number;
  readonly firstTextMs: Quantiles;
  readonly totalMs: Quantiles;
  /** Spent outside of ONNX Runtime. */
  readonly outsideMs: Quantiles;
  /** The same as a share of all the time. */
  readonly outsideShare: number;
}

interface BenchAskLine {
  readonly type: "benchAsk";
  readonly clipId: string;
  readonly durationSeconds: number;
  readonly windows: number;
  readonly questions: number;
  readonly rounds: number;
  readonly firstTurn: AskSummary;
  readonly secondTurn: AskSummary;
  /** Put to the language model itself. */
  readonly spokenFirstTurn: AskSummary;
  readonly spokenSecondTurn: AskSummary;
  /** Of both turns, those of 30 tokens or more. */
  readonly spokenLong: AskSummary;
  readonly bundle: BundleIdentity;
}

interface AugmentedLine {
  readonly type: "augmented";
  readonly output: string;
  readonly format: string;
  readonly model: string;
  readonly videos: number;
  readonly skipped: number;
  readonly written: number;
  readonly failed: number;
  readonly turns: number;
  readonly rejected: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** In whatever the prices were given in. */
  readonly cost?: number;
}

export interface ErrorLine {
  readonly type: "error";
  readonly code: ErrorCode | "bug";
  readonly text: string;
  readonly advice: string;
  readonly retryable: boolean;
  readonly exitCode: number;
}

export type JsonLine =
  | ProgressLine
  | WatchedLine
  | AnswerLine
  | MomentLine
  | ForgottenLine
  | CheckLine
  | BundleLine
  | PlayerLine
  | ServiceLine
  | QueueCountsLine
  | FailedJobLine
  | RetriedJobLine
  | PlayableLine
  | EvaluatedLine
  | EvaluationLine
  | MemoryCostLine
  | BenchAskLine
  | AugmentedLine
  | ErrorLine;
