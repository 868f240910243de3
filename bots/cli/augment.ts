/** `damo augment ANNOTATIONS OUTPUT`: temporal questions and answers for training, written by a language model, checked here. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { DomainError } from "../../core/index.ts";
import type { CommandContext } from "./context.ts";

export interface AugmentCommandOptions {
  readonly turns?: string;
  readonly concurrency?: string;
  readonly limit?: string;
  /** Of a million tokens. */
  readonly priceIn?: string;
  readonly priceOut?: string;
}

const RETRIES = 2;
/** A reply of 24 turns, with room. */
const MAX_REPLY_TOKENS = 4000;
/** A model on a processor writes some 30 tokens a second. */
const LEAST_TIMEOUT_MS = 180_000;

export async function augment(
  { terminal, signal, services }: CommandContext,
  annotations: string,
  output: string,
  options: AugmentCommandOptions,
): Promise<void> {
  const turns = wholeNumber(options.turns ?? "6", "--turns", 24);
  const concurrency = wholeNumber(options.concurrency ?? "4", "--concurrency", 64);
  const limit = options.limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber(options.limit, "--limit", 10 ** 9);
  const prices = [options.priceIn, options.priceOut].map((price) => (price === undefined ? undefined : Number(price)));
  if (prices.some((price) => price !== undefined && !(price >= 0)))
    throw badUse("--price-in and --price-out take numbers");

  const { composer } = (await services()).config;
  if (!composer) {
    const problems = [
      "DAMO_COMPOSER_URL, DAMO_COMPOSER_MODEL: set both to the language model that writes the questions",
    ];
    throw new DomainError("config.invalid", "no language model", { details: { problems } });
  }
  const text = await readFile(annotations, "utf8").catch((cause: unknown) => {
    throw badUse(`cannot read ${annotations}`, cause);
  });
  const { augmentAnnotations, openAiModel, readAnnotations } = await import("../langchain/index.ts");
  const { format, videos } = readAnnotations(text);
  terminal.note(
    `${videos.length} videos with ${videos.reduce((sum, { events }) => sum + events.length, 0)} events (${format}).`,
  );

  const model = openAiModel({
    ...composer,
    timeoutMs: Math.max(composer.timeoutMs, LEAST_TIMEOUT_MS),
    temperature: 0.7,
    maxTokens: MAX_REPLY_TOKENS,
    maxRetries: 4,
  });
  const report = await augmentAnnotations(model, videos.slice(0, limit), {
    format,
    output: resolve(output),
    modelName: composer.model,
    turns,
    retries: RETRIES,
    concurrency,
    signal,
    onVideo: (id, problem) => problem !== undefined && terminal.note(`${id}: ${problem.split("\n")[0]}`),
  });
  const { usage, ...counts } = report;
  const [priceIn, priceOut] = prices;
  const cost =
    priceIn === undefined || priceOut === undefined
      ? undefined
      : (usage.inputTokens * priceIn + usage.outputTokens * priceOut) / 1e6;
  terminal.result(
    [
      `${counts.turns} turns about ${counts.written} videos in ${output}; ${counts.rejected} turns rejected, ${counts.failed} videos failed, ${counts.skipped} were done before.`,
      `${usage.inputTokens} tokens read, ${usage.outputTokens} written${cost === undefined ? "" : `: ${cost.toFixed(4)} at these prices`}.`,
      "",
    ].join("\n"),
  );
  terminal.line({
    type: "augmented",
    output: resolve(output),
    format,
    model: composer.model,
    ...counts,
    ...usage,
    ...(cost !== undefined && { cost }),
  });
  if (counts.failed > 0 && counts.written === 0 && counts.skipped === 0) {
    throw new DomainError("model.runtime", "no video got a turn", { details: { problem: "every video failed" } });
  }
}

function wholeNumber(text: string, option: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw badUse(`${option} takes a whole number up to ${most}`);
  return value;
}

const badUse = (problem: string, cause?: unknown) => new DomainError("usage", problem, { cause, details: { problem } });
