/** What is still under way: the clip is being watched, or a version for browsers is being made. Asked for until it is done. */
import { clockTime } from "./clock-time.ts";
import { byId } from "./dom.ts";

interface Status {
  readonly complete: boolean;
  readonly watchedSeconds: number;
  readonly durationSeconds: number;
  /** Why watching ended early. */
  readonly problem?: { readonly says: string; readonly advice: string };
  readonly playable:
    | { readonly state: "none" | "ready" | "failed" }
    | { readonly state: "waiting"; readonly before: number }
    | { readonly state: "making"; readonly share: number };
}

const EVERY_MS = 1000;

function show(text: string, share: number | undefined): void {
  const box = byId("progress");
  box.hidden = false;
  (box.querySelector("p") as HTMLElement).textContent = text;
  const bar = box.querySelector("progress") as HTMLProgressElement;
  if (share === undefined) bar.removeAttribute("value");
  else bar.value = share;
}

const hide = () => {
  byId("progress").hidden = true;
};

/** Looks until `isOver` says so; gives up after a minute without an answer. */
async function follow(path: string, isOver: (status: Status) => boolean): Promise<void> {
  for (let missed = 0; missed < 60; ) {
    const status = await fetch(`${path}/status`)
      .then((response) => (response.ok ? (response.json() as Promise<Status>) : undefined))
      .catch(() => undefined);
    if (!status) missed++;
    else if (isOver(status)) return;
    else missed = 0;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

/** Resolves when the clip has been watched to its end. */
export async function followWatching(path: string): Promise<void> {
  let problem: Status["problem"];
  await follow(path, (status) => {
    const { complete, watchedSeconds, durationSeconds } = status;
    problem = status.problem;
    const share = durationSeconds > 0 ? watchedSeconds / durationSeconds : undefined;
    show(`Watching: ${clockTime(watchedSeconds)} of ${clockTime(durationSeconds)}. You can already ask.`, share);
    return complete || problem !== undefined;
  });
  if (problem) show(`${problem.says} ${problem.advice}`, 1);
  else hide();
}

/** Asks for a version that this browser plays. @returns whether there is one now */
export async function preparePlayable(path: string): Promise<boolean> {
  show("Preparing this clip for your browser. This is done once.", undefined);
  const asked = await fetch(`${path}/playable`, { method: "POST" }).catch(() => undefined);
  let ready = false;
  if (asked?.ok) {
    await follow(path, ({ playable }) => {
      if (playable.state === "waiting") show(`Preparing: ${playable.before} other first.`, undefined);
      if (playable.state === "making") {
        show(`Preparing this clip for your browser: ${Math.round(100 * playable.share)} %.`, playable.share);
      }
      ready = playable.state === "ready";
      return ready || playable.state === "failed" || playable.state === "none";
    });
  }
  hide();
  return ready;
}
