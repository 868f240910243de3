/** The clip's table of contents, asked for after the page is there: the model may have to be loaded first. */
import { clockTime, timeOf } from "./clock-time.ts";
import { byId } from "./dom.ts";

export interface Chapter {
  readonly label: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** @returns the chapters; none when there are none, or they could not be had: the page is whole without them */
export async function loadChapters(path: string): Promise<readonly Chapter[]> {
  try {
    const response = await fetch(`${path}/moments`);
    if (!response.ok) return [];
    return ((await response.json()) as { moments: readonly Chapter[] }).moments;
  } catch {
    return [];
  }
}

export function showChapters(chapters: readonly Chapter[]): void {
  const section = byId("chapters");
  const list = section.querySelector("ol") as HTMLOListElement;
  section.hidden = chapters.length === 0;
  list.replaceChildren(
    ...chapters.map(({ label, startSeconds, endSeconds }) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = timeOf(startSeconds, endSeconds);
      link.dataset["start"] = String(startSeconds);
      link.dataset["end"] = String(endSeconds);
      const time = document.createElement("time");
      time.textContent = clockTime(startSeconds);
      const what = document.createElement("span");
      what.textContent = label;
      link.append(time, what);
      item.append(link);
      return item;
    }),
  );
}
