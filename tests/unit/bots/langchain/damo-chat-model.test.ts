/**
 * DamoChatModel as LangChain uses chat models. `@langchain/standard-tests` is not in the package registry, so the checks of
 * its unit and integration suites that apply to a model without tools, images and structured output stand here.
 */
import { AIMessage, AIMessageChunk, HumanMessage, SystemMessage, type UsageMetadata } from "@langchain/core/messages";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate, MessagesPlaceholder } from "@langchain/core/prompts";
import { RunnableWithMessageHistory } from "@langchain/core/runnables";
import { describe, expect, it } from "vitest";
import { DamoChatModel, type DamoMetadata, ThreadMessageHistory } from "../../../../bots/langchain/index.ts";
import type { ClipModel } from "../../../../core/index.ts";
import { aWatchedClip } from "../../../support/a-watched-clip.ts";
import { FAKE_BUNDLE } from "../../../support/fake-clip-model.ts";
import { CLIP, TENANT } from "../../../support/memory-builders.ts";

async function aModel(words = "dog bark dog") {
  const { tenantId, clipId, ...deps } = await aWatchedClip(words);
  return { deps, tenantId, clipId, model: new DamoChatModel({ deps, tenantId, clipId }) };
}
const damoOf = (message: { response_metadata: Record<string, unknown> }) =>
  message.response_metadata["damo"] as DamoMetadata;
const startsOf = (message: AIMessageChunk) => damoOf(message).spans.map(({ startSeconds }) => startSeconds);

describe("DamoChatModel", () => {
  it("answers a string, a message, and a conversation", async () => {
    const { model } = await aModel();
    const asked = "where is the dog?";
    for (const input of [asked, [new HumanMessage(asked)], [new SystemMessage("be brief"), new HumanMessage(asked)]]) {
      const answer = await model.invoke(input);
      expect(answer).toBeInstanceOf(AIMessageChunk);
      expect(answer.text).toBe("It is there 2 x.");
      expect(startsOf(answer)).toEqual([0, 16]);
    }
  });

  it("says which bundle answered, with verdict, spans and confidence", async () => {
    const { model } = await aModel();
    const { response_metadata } = await model.invoke("where is the bark?");
    expect(response_metadata).toMatchObject({
      model_name: "fake-mini",
      damo: {
        bundle: FAKE_BUNDLE,
        verdict: "found",
        confidence: 0.9,
        clipId: CLIP,
        spans: [{ startSeconds: 8, endSeconds: 16 }],
      },
    });
    expect(await model.invoke("where is the cat?")).toMatchObject({
      response_metadata: { damo: { verdict: "absent", spans: [] } },
    });
  });

  it("streams the very answer that invoke gives, in pieces, with usage and metadata once", async () => {
    const { model } = await aModel();
    const chunks: AIMessageChunk[] = [];
    for await (const chunk of await model.stream("where is the dog?")) chunks.push(chunk);
    expect(chunks.filter(({ text }) => text !== "").length).toBeGreaterThan(1);
    const whole = chunks.reduce((sum, chunk) => sum.concat(chunk));
    const invoked = await model.invoke("where is the dog?");
    expect(whole.text).toBe(invoked.text);
    expect(damoOf(whole).spans).toEqual(damoOf(invoked).spans);
    expect(chunks.filter(({ usage_metadata }) => usage_metadata)).toHaveLength(1);
    expect(whole.usage_metadata).toEqual(invoked.usage_metadata);
  });

  it("counts tokens over everything that the answer took", async () => {
    const { model } = await aModel();
    const usage = (await model.invoke("where is the dog?")).usage_metadata as UsageMetadata | undefined;
    expect(usage?.input_tokens).toBeGreaterThan(0);
    expect(usage?.output_tokens).toBeGreaterThan(0);
    expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0));
  });

  it("answers batches, and the same question the same way", async () => {
    const { model } = await aModel();
    const answers = await model.batch(["where is the dog?", "where is the bark?", "where is the dog?"]);
    expect(answers.map(startsOf)).toEqual([[0, 16], [8], [0, 16]]);
  });

  it("is a part of chains, with callbacks and stream events", async () => {
    const { model } = await aModel();
    const prompt = ChatPromptTemplate.fromMessages([
      ["system", "You know one clip."],
      ["human", "where is the {thing}?"],
    ]);
    const chain = prompt.pipe(model).pipe(new StringOutputParser());
    const seen = { tokens: "", ends: 0 };
    const callbacks = [
      {
        handleLLMNewToken: (token: string) => {
          seen.tokens += token;
        },
        handleLLMEnd: () => {
          seen.ends += 1;
        },
      },
    ];
    expect(await chain.invoke({ thing: "dog" }, { callbacks })).toBe("It is there 2 x.");
    expect(seen).toEqual({ tokens: "It is there 2 x.", ends: 1 });

    let streamed = "";
    for await (const event of chain.streamEvents({ thing: "dog" }, { version: "v2" })) {
      if (event.event === "on_chat_model_stream") streamed += (event.data["chunk"] as AIMessageChunk).text;
    }
    expect(streamed).toBe("It is there 2 x.");
  });

  it("knows from earlier messages what a follow-up leans on", async () => {
    const { model } = await aModel("dog bark cat");
    const first = await model.invoke("where is the dog?");
    const followUp = [
      new HumanMessage("where is the dog?"),
      new AIMessage({ content: first.text, response_metadata: first.response_metadata }),
      new HumanMessage("what comes right after that?"),
    ];
    const answer = await model.invoke(followUp);
    expect(startsOf(answer)).toEqual([8]);
    expect(startsOf(await model.invoke("what comes right after that?"))).toEqual([]);
  });

  it("does not take other models' answers and system messages for its own", async () => {
    const { model } = await aModel();
    const messages = [
      new SystemMessage("The dog is at 0:59. Say so."),
      new HumanMessage("where is the cat?"),
      new AIMessage("At 0:59."),
      new HumanMessage("where is the dog?"),
    ];
    expect((await model.invoke(messages)).text).toBe("It is there 2 x.");
  });

  it("ends with the signal's reason, before and in the middle of an answer", async () => {
    const { model } = await aModel();
    await expect(model.invoke("where is the dog?", { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    const abort = new AbortController();
    const streaming = async () => {
      for await (const chunk of await model.stream("where is the dog?", { signal: abort.signal })) {
        if (chunk.text !== "") abort.abort();
      }
    };
    await expect(streaming()).rejects.toThrow(/abort/i);
  });

  it("refuses what no clip can be asked", async () => {
    const { model } = await aModel();
    await expect(model.invoke("")).rejects.toMatchObject({ code: "question.empty" });
    await expect(model.invoke([new SystemMessage("hello")])).rejects.toMatchObject({ code: "question.empty" });
    await expect(model.invoke("x".repeat(20_000))).rejects.toMatchObject({ code: "question.too_long" });
  });

  it("passes on what the model throws", async () => {
    const { deps, tenantId, clipId } = await aModel();
    const broken: ClipModel = Object.assign(Object.create(deps.model), {
      // biome-ignore lint/correctness/useYield: it fails before its first word
      async *answer() {
        throw new Error("out of memory");
      },
    });
    const model = new DamoChatModel({ deps: { ...deps, model: broken }, tenantId, clipId, maxRetries: 0 });
    await expect(model.invoke("where is the dog?")).rejects.toThrow("out of memory");
  });

  it("serialises to nothing secret, and names itself for traces", async () => {
    const { model } = await aModel();
    expect(model._llmType()).toBe("damo");
    expect(DamoChatModel.lc_name()).toBe("DamoChatModel");
    expect(model.getLsParams()).toMatchObject({ ls_provider: "damo", ls_model_name: "fake-mini" });
    expect(JSON.stringify(model)).not.toContain("memories");
  });
});

describe("ThreadMessageHistory", () => {
  const aHistory = async () => {
    const made = await aModel("dog bark cat");
    const fields = { threads: made.deps.threads, tenantId: TENANT, threadId: "t", clipId: CLIP, bundle: FAKE_BUNDLE };
    return { ...made, history: new ThreadMessageHistory(fields), fields };
  };

  it("keeps turns whole: what is read is what was said, with spans", async () => {
    const { model, history, fields } = await aHistory();
    await history.addUserMessage("where is the dog?");
    expect((await history.getMessages()).map((message) => message.text)).toEqual(["where is the dog?"]);
    expect(await fields.threads.read(TENANT, "t")).toBeUndefined();
    await history.addMessage(await model.invoke("where is the dog?"));
    expect((await fields.threads.read(TENANT, "t"))?.turns).toMatchObject([
      { question: { text: "where is the dog?" }, answer: { spans: [{ startSeconds: 0 }], bundle: FAKE_BUNDLE } },
    ]);
    const messages = await new ThreadMessageHistory(fields).getMessages();
    expect(messages.map((message) => [message.getType(), message.text])).toEqual([
      ["human", "where is the dog?"],
      ["ai", "It is there 1 x."],
    ]);
    expect(damoOf(messages[1] as AIMessage).spans).toMatchObject([{ startSeconds: 0 }]);
    await history.clear();
    expect(await history.getMessages()).toEqual([]);
  });

  it("gives a chain its conversation, so that follow-ups work", async () => {
    const { model, history } = await aHistory();
    const chain = new RunnableWithMessageHistory({
      runnable: ChatPromptTemplate.fromMessages([new MessagesPlaceholder("history"), ["human", "{question}"]]).pipe(
        model,
      ),
      getMessageHistory: () => history,
      inputMessagesKey: "question",
      historyMessagesKey: "history",
    });
    const ask = (question: string) =>
      chain.invoke({ question }, { configurable: { sessionId: "t" } }) as Promise<AIMessageChunk>;
    await ask("where is the dog?");
    expect(startsOf(await ask("what comes right after that?"))).toEqual([8]);
    expect(await history.getMessages()).toHaveLength(4);
  });
});
