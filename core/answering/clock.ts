/** Times as answers write them. */
import type { Span } from "../clip.ts";

/** 4 -> "0:04", 4.5 -> "0:04.5", 3725 -> "1:02:05". Cut to tenths, never rounded up: a time stays inside its clip. */
export function clock(seconds: number): string {
  const tenths = Math.floor(Math.max(0, seconds) * 10 + 1e-6);
  const whole = Math.floor(tenths / 10);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const two = (value: number): string => String(value).padStart(2, "0");
  const fraction = tenths % 10 === 0 ? "" : `.${tenths % 10}`;
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}${fraction}`;
}

/** "0:04 to 0:07". */
export const fromTo = ({ startSeconds, endSeconds }: Span): string => `${clock(startSeconds)} to ${clock(endSeconds)}`;

/** 1 -> "1 second", 4.52 -> "4.5 seconds", 75 -> "1 minute 15 seconds". */
export function lengthInWords(seconds: number): string {
  const tenths = Math.round(seconds * 10) / 10;
  const minutes = Math.floor(tenths / 60);
  const rest = Math.round((tenths - 60 * minutes) * 10) / 10;
  const unit = (value: number, name: string): string => `${value} ${name}${value === 1 ? "" : "s"}`;
  if (minutes === 0) return unit(rest, "second");
  return rest === 0 ? unit(minutes, "minute") : `${unit(minutes, "minute")} ${unit(rest, "second")}`;
}
