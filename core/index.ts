/** Everything of core/ that the other folders may use. */
export {
  askedPresence,
  fitLogistic,
  logit,
  type Matching,
  matchesOf,
  type Observation,
  runsAbove,
} from "./answering/matching.ts";
export {
  type AskThreadDeps,
  type AskThreadEvent,
  type AskThreadRequest,
  askThread,
} from "./ask-thread.ts";
export { type BundleManifest, bundleManifestSchema, GRAPH_NAMES, type GraphName, type TensorSpec } from "./bundle.ts";
export {
  type ChatPlace,
  type ChatRecord,
  type ChatSettings,
  type ClipSource,
  hasEnded,
  type InquiryRecord,
  type MessageRef,
  type PendingQuestion,
  type PlatformName,
  type ShareRecord,
  threadIdOf,
  type WatchMode,
} from "./chat.ts";
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
  type ClipMemoryIndex,
  type ClipMemoryKey,
  MEMORY_SCHEMA_VERSION,
  memoryKeyOf,
  type QueryAxes,
  type WatchedWindow,
  type WindowEntry,
  watchedSecondsOf,
} from "./clip-memory.ts";
export { type ClipFactsDeps, type ClipFactsRequest, createClipFacts, type ToldFacts } from "./composing/clip-facts.ts";
export { PassingThread } from "./composing/passing-thread.ts";
export { refusalOf } from "./composing/verify-text.ts";
export {
  type Config,
  configSchema,
  type DiscordConfig,
  loadConfig,
  type RedisNode,
  type RedisPlace,
  type RedisSettings,
  Secret,
  type SlackConfig,
} from "./config.ts";
export type { Answer, Question, Thread, Turn, Verdict } from "./conversation.ts";
export { DomainError, ERROR_CODES, type ErrorCode, isDomainError } from "./errors.ts";
export {
  type EvaluatedTurn,
  type EvaluationReport,
  evaluate,
  type GivenAnswer,
  type GroundingScore,
  isRight,
  type JudgedTurn,
  type SuiteClip,
  seededRandom,
  suiteClipSchema,
  temporalIou,
  type WantedAnswer,
} from "./evaluation.ts";
export { type ForgetClipDeps, type ForgetReceipt, forgetClip } from "./forget-clip.ts";
export {
  type AnswerJobEvent,
  type AnswerQuestionJob,
  answerJobId,
  answerQuestionJobSchema,
  isLastEvent,
  type JobEvent,
  type JobFailure,
  type JobStopped,
  type WatchClipJob,
  type WatchJobEvent,
  watchClipJobSchema,
  watchJobId,
} from "./jobs.ts";
export { type FoundLines, findLines } from "./lines/find-lines.ts";
export { type KeepLinesTarget, keepSubtitles, keepTranscript } from "./lines/keep-lines.ts";
export { LINE_LIMITS, parseWebVtt } from "./lines/web-vtt.ts";
export { type ListMomentsDeps, type ListMomentsRequest, listMoments } from "./list-moments.ts";
export type { MemoryCost } from "./memory-cost.ts";
export {
  MINI_CLIP_MAX_BYTES,
  MINI_CLIP_MAX_SECONDS,
  type MiniClip,
  type MiniClipDeps,
  type MiniClipRequest,
  miniClip,
} from "./mini-clip.ts";
export type { AnswerComposer, ClipFacts, ComposeRequest, PlainAnswer } from "./ports/answer-composer.ts";
export type { ChatLedger, ChatRecordFilter } from "./ports/chat-ledger.ts";
export type { ClipEncoder, CutRequest, PlayableRequest } from "./ports/clip-encoder.ts";
export type { ClipMemoryHeader, ClipMemoryStore, ClipMemorySummary } from "./ports/clip-memory-store.ts";
export type {
  AnswerEvent,
  AnswerRequest,
  ClipModel,
  Moment,
  WatchEvent,
  WatchRequest,
} from "./ports/clip-model.ts";
export type { ContactStripMaker } from "./ports/contact-strip-maker.ts";
export type { CutFinder } from "./ports/cut-finder.ts";
export type { EvidenceFrame, FrameStore } from "./ports/frame-store.ts";
export type { LineStore, LineTrack, TimedLine } from "./ports/line-store.ts";
export type { MediaStore, PlayableMedia } from "./ports/media-store.ts";
export type { ThreadStore } from "./ports/thread-store.ts";
export type { Transcriber } from "./ports/transcriber.ts";
export type { Followed, FollowOptions, QueueCounts, WorkQueue } from "./ports/work-queue.ts";
export { checkQuestion, MAX_QUESTION_LENGTH } from "./question/check-question.ts";
export type { Anchor, ParsedQuestion, QuestionKind, Sense, Thing } from "./question/question.ts";
export type { Vocabulary } from "./question/things-in-text.ts";
export type { ThreadClip } from "./question/understand.ts";
export { type RecallScore, type RetrievalScore, scoreRetrieval } from "./retrieval-score.ts";
export {
  type Evidence,
  evidenceSecondsOf,
  type ShowEvidenceDeps,
  type ShowEvidenceRequest,
  showEvidence,
} from "./show-evidence.ts";
export { type SuggestQuestionsDeps, type SuggestQuestionsRequest, suggestQuestions } from "./suggest-questions.ts";
export type { FloatTensor } from "./tensor.ts";
export {
  type CacheOutcome,
  stopWatching,
  type WatchClipDeps,
  type WatchClipEvent,
  type WatchClipRequest,
  watchClip,
} from "./watch-clip.ts";
export { heldWindows, someWindows, storedWindows, type WindowSource } from "./window-source.ts";
