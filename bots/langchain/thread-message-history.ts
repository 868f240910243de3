/** A damo conversation as a LangChain message history: what Slack, Discord and the command line said in a thread, and back. */
import { BaseListChatMessageHistory } from "@langchain/core/chat_history";
import type { BaseMessage } from "@langchain/core/messages";
import type { TenantId, ThreadStore } from "../../core/index.ts";
import { messagesOf, type TurnDefaults, turnOf } from "./messages.ts";

export interface ThreadMessageHistoryFields extends TurnDefaults {
  readonly threads: ThreadStore;
  readonly tenantId: TenantId;
  readonly threadId: string;
}

export class ThreadMessageHistory extends BaseListChatMessageHistory {
  override lc_namespace = ["damo", "thread_message_history"];
  readonly #fields: ThreadMessageHistoryFields;
  /** A human message that nothing has answered yet: a turn is stored whole. */
  #question: BaseMessage | undefined;

  constructor(fields: ThreadMessageHistoryFields) {
    super();
    this.#fields = fields;
  }

  override async getMessages(): Promise<BaseMessage[]> {
    const { threads, tenantId, threadId } = this.#fields;
    const thread = await threads.read(tenantId, threadId);
    const stored = (thread?.turns ?? []).flatMap(messagesOf);
    return this.#question ? [...stored, this.#question] : stored;
  }

  /** System and tool messages are not kept: a thread is what people said and were told. */
  override async addMessage(message: BaseMessage): Promise<void> {
    const type = message.getType();
    if (type === "human") this.#question = message;
    if (type !== "ai" || !this.#question || message.text === "") return;
    const { threads, tenantId, threadId } = this.#fields;
    const turn = turnOf(this.#question.text, message, this.#fields);
    this.#question = undefined;
    await threads.appendTurn(tenantId, threadId, turn);
  }

  override async clear(): Promise<void> {
    this.#question = undefined;
    await this.#fields.threads.delete(this.#fields.tenantId, this.#fields.threadId);
  }
}
