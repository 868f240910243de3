/** What was listed of a window is kept: a table of contents, a suggestion and a question by time need the same lists. */
import type { WindowEntry } from "../core/clip-memory.ts";
import type { Moment } from "../core/ports/clip-model.ts";

/** Of recent clips, all together: some nine hours of windows of 8 s, a few hundred bytes each. */
const MOST_WINDOWS = 4096;

export class WindowLists {
  readonly #lists = new Map<string, Promise<readonly Moment[]>>();

  /** @param list  called when the window is new, or its list failed before */
  get(window: WindowEntry, list: () => Promise<readonly Moment[]>): Promise<readonly Moment[]> {
    const key = keyOf(window);
    const known = this.#lists.get(key);
    if (known) return known;
    const oldest = this.#lists.size >= MOST_WINDOWS ? this.#lists.keys().next().value : undefined;
    if (oldest !== undefined) this.#lists.delete(oldest);
    const made = list();
    this.#lists.set(key, made);
    // Cancelled, or failed: the next one tries again.
    made.catch(() => this.#lists.delete(key));
    return made;
  }
}

/** A window's place and its embedding name its content: two different windows never share all of it. */
const keyOf = ({ startSeconds, endSeconds, embedding }: WindowEntry): string => {
  const bytes = Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength);
  return `${startSeconds} ${endSeconds} ${bytes.toString("base64")}`;
};
