/** Where the shots of clips change, found once for each clip while this process lives, one clip at a time. */
import type { ClipId, CutFinder, TenantId } from "../../core/index.ts";

/** A clip's cuts take a few hundred bytes; the one that was asked for longest ago goes first. */
const MAX_CLIPS = 500;

export class CutMarks {
  readonly #finder: CutFinder;
  readonly #found = new Map<string, Promise<readonly number[]>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(finder: CutFinder) {
    this.#finder = finder;
  }

  /** None when they cannot be found: the page is whole without them. */
  of(tenantId: TenantId, clipId: ClipId, path: string): Promise<readonly number[]> {
    const id = `${clipId} ${tenantId}`;
    const known = this.#found.get(id);
    if (known) return known;
    const found = this.#last.then(() => this.#finder.findCuts({ path })).catch(() => []);
    this.#last = found;
    this.#found.set(id, found);
    if (this.#found.size > MAX_CLIPS) this.#found.delete(this.#found.keys().next().value as string);
    return found;
  }
}
