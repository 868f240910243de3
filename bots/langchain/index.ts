/** damo for programs that use LangChain. */
export {
  type AugmentedVideo,
  type AugmentOptions,
  type AugmentReport,
  augmentAnnotations,
} from "./augment/augment-annotations.ts";
export { type AnnotatedVideo, type AnnotationFormat, readAnnotations } from "./augment/read-annotations.ts";
export { type ChatModelComposerOptions, createChatModelComposer } from "./chat-model-composer.ts";
export { createClipTools } from "./clip-tools.ts";
export { DamoChatModel, type DamoChatModelFields } from "./damo-chat-model.ts";
export type { DamoMetadata } from "./messages.ts";
export { type OpenAiModelOptions, openAiModel } from "./open-ai-model.ts";
export { ThreadMessageHistory, type ThreadMessageHistoryFields } from "./thread-message-history.ts";
