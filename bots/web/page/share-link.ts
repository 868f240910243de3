/** "Copy link at this second": the address of this page, without anything but the second. */
import { timeOf } from "./clock-time.ts";
import { byId } from "./dom.ts";

export async function copyLinkAt(seconds: number): Promise<void> {
  const link = `${location.origin}${location.pathname}${timeOf(seconds)}`;
  const note = byId("shared");
  const text = note.querySelector("span") as HTMLElement;
  const field = note.querySelector("input") as HTMLInputElement;
  note.hidden = false;
  try {
    // Not there on plain http pages of other machines.
    await navigator.clipboard.writeText(link);
    field.hidden = true;
    text.textContent = "Link copied.";
  } catch {
    text.textContent = "Copy this link:";
    field.hidden = false;
    field.value = link;
    field.select();
  }
}
