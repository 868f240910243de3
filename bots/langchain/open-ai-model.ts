/** A chat model behind an OpenAI-compatible server: Ollama, llama.cpp, vLLM, LM Studio, or a service. */
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { ChatOpenAI } from "@langchain/openai";
import type { Secret } from "../../core/index.ts";

export interface OpenAiModelOptions {
  /** e.g. `http://127.0.0.1:11434/v1` */
  readonly url: string;
  readonly model: string;
  /** Servers on this machine need none. */
  readonly key?: Secret | undefined;
  readonly timeoutMs?: number;
  readonly maxRetries?: number;
  readonly temperature?: number;
  readonly maxTokens?: number;
}

export function openAiModel(options: OpenAiModelOptions): BaseChatModel {
  const { url, model, key, timeoutMs = 30_000, maxRetries = 1, temperature = 0, maxTokens = 400 } = options;
  return new ChatOpenAI({
    model,
    temperature,
    maxTokens,
    maxRetries,
    timeout: timeoutMs,
    // The client insists on a key, and would otherwise take one from the environment that is not meant for this server.
    apiKey: key?.reveal() ?? "none",
    configuration: { baseURL: url, organization: null, project: null },
  });
}
