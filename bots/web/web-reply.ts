/** The words for an error on a page: as everywhere, but without names of files and machines, which are not a visitor's. */
import { DomainError, isDomainError } from "../../core/index.ts";
import { BUG_REPLY, type Reply, replyForError } from "../replies.ts";

const SAFE_DETAILS = ["sizeBytes", "maxBytes", "maxSeconds", "maxLength"];

/** An unknown error is told as a bug, and printed for whoever runs the bot. */
export function webReply(error: unknown): Reply {
  if (!isDomainError(error)) {
    console.error(error);
    return BUG_REPLY;
  }
  if (error.code === "memory.not_watched") {
    return { says: "Nothing of this clip has been watched yet.", advice: "Try again in a moment." };
  }
  const details = Object.fromEntries(Object.entries(error.details).filter(([key]) => SAFE_DETAILS.includes(key)));
  const { says, advice } = replyForError(new DomainError(error.code, error.message, { details }));
  return { says, advice };
}
