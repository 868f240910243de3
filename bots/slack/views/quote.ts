import type { KnownBlock } from "@slack/types";
import { context, LIMITS } from "./blocks.ts";

/** The question above its answer, where nobody wrote it into the thread. */
export const quoteBlocks = (quote: string | undefined): KnownBlock[] =>
  quote === undefined ? [] : [context(`“${quote.slice(0, LIMITS.contextText - 10)}”`)];
