/** Which clip of a thread a question is about: the one that it names by its title, else the newest. */
import {
  type AnswerQuestionJob,
  type ClipId,
  type ClipMemoryStore,
  type ClipModel,
  memoryKeyOf,
} from "../core/index.ts";

/** Memories are read for their titles; a thread with more clips than this is searched from its newest. */
const MOST_CLIPS = 8;

/** Shorter names ("a.mp4") stand in questions by chance. */
const SHORTEST_NAME = 3;

export async function chooseClip(
  { model, memories }: { readonly model: Pick<ClipModel, "bundle">; readonly memories: Pick<ClipMemoryStore, "read"> },
  { tenantId, clipIds, question }: Pick<AnswerQuestionJob, "tenantId" | "clipIds" | "question">,
): Promise<ClipId> {
  const newestFirst = [...clipIds].reverse();
  const newest = newestFirst[0] as ClipId;
  if (newestFirst.length === 1) return newest;
  const asked = plainWords(question);
  for (const clipId of newestFirst.slice(0, MOST_CLIPS)) {
    const memory = await memories.read(memoryKeyOf(tenantId, clipId, model.bundle));
    const name = plainWords(memory?.title.replace(/\.[a-z0-9]{1,5}$/i, "") ?? "");
    if (name.length >= SHORTEST_NAME && ` ${asked} `.includes(` ${name} `)) return clipId;
  }
  return newest;
}

/** "My_Dog-2.mp4" and "my dog 2 mp4" are the same words. */
const plainWords = (text: string): string =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .join(" ");
