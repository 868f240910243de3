/**
 * Lets watching step aside, within a window and between two: while somebody waits for an answer, for another clip after a
 * slice of time, and for good when the process drains. A window that was begun is finished and stored; the clip goes on from
 * there, here or elsewhere.
 */
import { type ClipModel, DomainError, type WatchedWindow } from "../core/index.ts";

/**
 * The longest that one window steps aside. Questions that come without a pause must not stop watching: at damo-mini's half
 * a second a window this still leaves it a fifth of its speed.
 */
const LONGEST_PAUSE_MS = 2000;

/** So long a clip is watched before it makes room for one that waits: short against a film, long against opening its file again (seconds on a busy machine). */
export const WATCH_SLICE_MS = 60_000;

/** What ends a watch that makes room. Nothing is wrong: what was watched is stored, and it goes on when its turn comes again. */
export class SteppedBack extends DomainError {
  constructor() {
    super("cancelled", "another clip waits for its turn");
  }
}

export interface WatchSlices {
  /** Wall time, ms. */
  readonly sliceMs: number;
  /** Whether another clip could be watched now, if this one made room. Asked after each window once the slice is over. */
  othersWait(): boolean | Promise<boolean>;
}

export interface WatchGateObserver {
  /** A window that was really computed, with the wall time since the one before (or since the clip was opened). */
  windowWatched(window: Pick<WatchedWindow, "startSeconds" | "endSeconds">, wallMs: number): void;
}

export class WatchGate {
  readonly #slices: WatchSlices | undefined;
  #answering = 0;
  #draining = false;
  #waiting: (() => void)[] = [];

  /** @param slices  absent: a clip is watched to its end */
  constructor(slices?: WatchSlices) {
    this.#slices = slices;
  }

  /** From now on until the returned function is called, somebody waits for an answer. */
  answerBegins(): () => void {
    this.#answering++;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      if (--this.#answering === 0) this.#open();
    };
  }

  /** Every watch ends after its window in hand, with `cancelled`. */
  drain(): void {
    this.#draining = true;
    this.#open();
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** The same model, whose `watch` passes this gate between windows. It may end with `SteppedBack`. */
  guard(model: ClipModel, observer?: WatchGateObserver): ClipModel {
    const gate = this;
    return {
      ...model,
      async *watch(request) {
        gate.#stopIfDraining();
        let sinceMs = performance.now();
        const begunMs = sinceMs;
        let durationSeconds = 0;
        let leftMs: number = LONGEST_PAUSE_MS;
        const stepAside = async () => {
          const startedMs = performance.now();
          await gate.#free(leftMs, request.signal);
          leftMs = Math.max(0, leftMs - (performance.now() - startedMs));
        };
        for await (const event of model.watch({ ...request, stepAside })) {
          if (event.type !== "window") {
            if (event.type === "opened") {
              sinceMs = performance.now();
              durationSeconds = event.info.durationSeconds;
            }
            yield event;
            continue;
          }
          observer?.windowWatched(event.window, performance.now() - sinceMs);
          yield event; // when this returns, the window is stored
          gate.#stopIfDraining();
          // All but done: opening the clip again only to end it would help nobody.
          if (event.window.endSeconds < durationSeconds) await gate.#makeRoom(begunMs);
          leftMs = LONGEST_PAUSE_MS;
          await stepAside();
          gate.#stopIfDraining();
          sinceMs = performance.now();
        }
      },
    };
  }

  #stopIfDraining(): void {
    if (this.#draining) throw new DomainError("cancelled", "this process is ending");
  }

  async #makeRoom(begunMs: number): Promise<void> {
    if (!this.#slices || performance.now() - begunMs < this.#slices.sliceMs) return;
    if (await this.#slices.othersWait()) throw new SteppedBack();
  }

  async #free(atMostMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#answering === 0 || this.#draining || atMostMs <= 0 || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const goOn = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", goOn);
        resolve();
      };
      const timer = setTimeout(goOn, atMostMs);
      signal?.addEventListener("abort", goOn, { once: true });
      this.#waiting.push(goOn);
    });
  }

  #open(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const open of waiting) open();
  }
}
