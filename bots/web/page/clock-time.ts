/** 7.9 -> "0:07", 3725 -> "1:02:05": as bots/time-text.ts writes it. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds + 1e-6));
  const hours = Math.floor(whole / 3600);
  const two = (value: number) => String(value).padStart(2, "0");
  const rest = `${Math.floor(whole / 60) % 60}`;
  return hours > 0 ? `${hours}:${rest.padStart(2, "0")}:${two(whole % 60)}` : `${rest}:${two(whole % 60)}`;
}

/** `?t=12.5#t=12.5,15`, as bots/jump-link.ts writes it. */
export function timeOf(startSeconds: number, endSeconds?: number): string {
  const text = (seconds: number) => String(Math.round(Math.max(0, seconds) * 100) / 100);
  const end = endSeconds === undefined ? "" : `,${text(endSeconds)}`;
  return `?t=${text(startSeconds)}#t=${text(startSeconds)}${end}`;
}
