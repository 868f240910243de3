/** Everything of core/ that the other folders may use. */
export {
  type AskThreadDeps,
  type AskThreadEvent,
  type AskThreadRequest,
  askThread,
} from "./ask-thread.ts";
export { type BundleManifest, bundleManifestSchema, GRAPH_NAMES, type GraphName, type TensorSpec } from "./bundle.ts";
export {
  asClipId,
  asTenantId,
  type BundleIdentity,
  type ClipId,
  type ClipInfo,
  type MomentSpan,
  type Span,
  type TenantId,
} from "./clip.ts";
export { type ClipIdOptions, clipIdOfFile } from "./clip-id.ts";
export {
  type ClipMemory,
  type ClipMemoryKey,
  MEMORY_SCHEMA_VERSION,
  memoryKeyOf,
  type QueryAxes,
  type WatchedWindow,
  watchedSecondsOf,
} from "./clip-memory.ts";
export { type Config, configSchema, loadConfig, type Secret } from "./config.ts";
export type { Answer, Question, Thread, Turn, Verdict } from "./conversation.ts";
export { DomainError, ERROR_CODES, type ErrorCode, isDomainError } from "./errors.ts";
export {
  type EvaluatedTurn,
  type EvaluationReport,
  evaluate,
  type GroundingScore,
  type SuiteClip,
  seededRandom,
  suiteClipSchema,
} from "./evaluation.ts";
export { type ForgetClipDeps, type ForgetReceipt, forgetClip } from "./forget-clip.ts";
export { type ListMomentsDeps, type ListMomentsRequest, listMoments } from "./list-moments.ts";
export type { ClipMemoryHeader, ClipMemoryStore, ClipMemorySummary } from "./ports/clip-memory-store.ts";
export type {
  AnswerEvent,
  AnswerRequest,
  ClipAlignment,
  ClipModel,
  Moment,
  WatchEvent,
  WatchRequest,
} from "./ports/clip-model.ts";
export type { MediaStore, PlayableMedia } from "./ports/media-store.ts";
export type { ThreadStore } from "./ports/thread-store.ts";
export { checkQuestion, MAX_QUESTION_LENGTH } from "./question/check-question.ts";
export type { Anchor, ParsedQuestion, QuestionKind, Sense, Thing } from "./question/question.ts";
export type { Vocabulary } from "./question/things-in-text.ts";
export type { ThreadClip } from "./question/understand.ts";
export type { FloatTensor } from "./tensor.ts";
export {
  type CacheOutcome,
  type WatchClipDeps,
  type WatchClipEvent,
  type WatchClipRequest,
  watchClip,
} from "./watch-clip.ts";
