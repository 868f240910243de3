/**
 * damo as a LangChain chat model: the last human message is the question, the messages before it are the conversation,
 * and the answer comes from the memory of one clip. Streams, can be aborted, needs no network.
 *
 *     const model = new DamoChatModel({ deps: { model: clipModel, memories, lines }, tenantId, clipId });
 *     const answer = await model.invoke("when does the dog bark?");
 *     answer.response_metadata.damo.spans   // [{ startSeconds: 5, endSeconds: 8, confidence: 0.87 }]
 */
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BaseChatModelParams,
} from "@langchain/core/language_models/chat_models";
import { AIMessageChunk, type BaseMessage, type UsageMetadata } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import {
  type AnswerEvent,
  type AskThreadDeps,
  askThread,
  type ClipId,
  type ClipModel,
  PassingThread,
  type TenantId,
} from "../../core/index.ts";
import { metadataOf, questionOf, turnsOf } from "./messages.ts";

export interface DamoChatModelFields extends BaseChatModelParams {
  readonly deps: Omit<AskThreadDeps, "threads">;
  readonly tenantId: TenantId;
  /** A clip that has been watched. */
  readonly clipId: ClipId;
  /** 0 = greedy (the default). */
  readonly temperature?: number;
}

export class DamoChatModel extends BaseChatModel<BaseChatModelCallOptions, AIMessageChunk> {
  readonly #fields: DamoChatModelFields;

  static override lc_name(): string {
    return "DamoChatModel";
  }

  constructor(fields: DamoChatModelFields) {
    super(fields);
    this.#fields = fields;
  }

  override _llmType(): string {
    return "damo";
  }

  override invocationParams() {
    const { name, version } = this.#fields.deps.model.bundle;
    return { model: name, version, temperature: this.#fields.temperature ?? 0 };
  }

  override getLsParams(): ReturnType<BaseChatModel["getLsParams"]> {
    const { model, temperature } = this.invocationParams();
    return { ls_model_type: "chat", ls_provider: "damo", ls_model_name: model, ls_temperature: temperature };
  }

  /** @throws DomainError as askThread; the signal's reason after an abort */
  override async _generate(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    let whole: ChatGenerationChunk | undefined;
    for await (const chunk of this._streamResponseChunks(messages, options, runManager)) {
      whole = whole ? whole.concat(chunk) : chunk;
    }
    if (!whole) throw new Error("there was no answer");
    return { generations: [whole] };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    { signal }: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const { deps, tenantId, clipId, temperature } = this.#fields;
    const usage = { inputTokens: 0, outputTokens: 0 };
    const { question, before } = questionOf(messages);
    const threads = new PassingThread(turnsOf(before, { clipId, bundle: deps.model.bundle }));
    const request = {
      tenantId,
      clipId,
      threadId: "langchain",
      question,
      ...(temperature && { temperature }),
      ...(signal && { signal }),
    };
    try {
      for await (const event of askThread({ ...deps, model: counted(deps.model, usage), threads }, request)) {
        if (event.type === "text") {
          yield new ChatGenerationChunk({ text: event.text, message: new AIMessageChunk(event.text) });
          await runManager?.handleLLMNewToken(event.text);
        } else if (threads.last) {
          // Once, last: so that nothing of it is added up when chunks are.
          // Assigned, as the constructor's type knows no usage here.
          const message = Object.assign(
            new AIMessageChunk({ content: "", response_metadata: metadataOf(threads.last) }),
            { usage_metadata: usageMetadata(usage) },
          );
          yield new ChatGenerationChunk({ text: "", message });
        }
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }
}

const usageMetadata = ({
  inputTokens,
  outputTokens,
}: {
  inputTokens: number;
  outputTokens: number;
}): UsageMetadata => ({
  input_tokens: inputTokens,
  output_tokens: outputTokens,
  total_tokens: inputTokens + outputTokens,
});

/** The same model, adding up what its answers read and write: one question may take several. */
function counted(model: ClipModel, usage: { inputTokens: number; outputTokens: number }): ClipModel {
  const answer = async function* (request: Parameters<ClipModel["answer"]>[0]): AsyncGenerator<AnswerEvent> {
    for await (const event of model.answer(request)) {
      if (event.type === "answer" && event.usage) {
        usage.inputTokens += event.usage.inputTokens;
        usage.outputTokens += event.usage.outputTokens;
      }
      yield event;
    }
  };
  return new Proxy(model, { get: (target, name) => (name === "answer" ? answer : Reflect.get(target, name, target)) });
}
