/** Times as people read them. */
import type { Span } from "../core/index.ts";

/** 7.9 -> "0:07", 3725 -> "1:02:05". Cut, not rounded, so that a time never points past its moment. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds + 1e-6));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const twoDigits = (value: number) => String(value).padStart(2, "0");
  const tail = twoDigits(whole % 60);
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${tail}` : `${minutes}:${tail}`;
}

/** "0:04 to 0:07", or "0:04" when both ends show alike. */
export function clockSpan(span: Span): string {
  const start = clockTime(span.startSeconds);
  const end = clockTime(span.endSeconds);
  return start === end ? start : `${start} to ${end}`;
}

/** 840 -> "840 ms", 2340 -> "2.3 s", 83000 -> "1 min 23 s". */
export function elapsedTime(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** 1536 -> "1.5 KB". Powers of 1,024, as file managers show them. */
export function sizeText(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
