/** A line that only the person sees who asked for it. */
import { RespondError, type RespondFn } from "@slack/bolt";
import type { KnownBlock } from "@slack/types";
import type { SlackContext } from "../slack-context.ts";
import { escaped } from "../views/blocks.ts";

export async function tellPrivately(
  { log }: SlackContext,
  respond: RespondFn,
  text: string,
  blocks?: KnownBlock[],
): Promise<void> {
  try {
    await respond({
      response_type: "ephemeral",
      replace_original: false,
      text: escaped(text),
      ...(blocks && { blocks }),
    });
  } catch (error) {
    // The address of a response lives for 30 minutes and five uses; what was asked for is done all the same.
    if (!(error instanceof RespondError)) throw error;
    log.warn({ err: error }, "a private answer did not arrive");
  }
}
