/** What Discord takes (docs.discord.com: developers/components/reference), and how we keep within it. */

export const LIMITS = {
  /** All components of a message, nested ones too. */
  components: 40,
  /** All text of a message, over its components. */
  text: 4000,
  buttonLabel: 80,
  buttonUrl: 512,
  rowButtons: 5,
  mediaDescription: 1024,
  threadName: 100,
  /** Uploads of a bot, a file: 10 MiB. Boosted servers allow more; an answer needs no more. */
  uploadBytes: 10 * 1024 ** 2,
  selectOptions: 25,
} as const;

/** At most `length` UTF-16 units, as Discord counts; never half a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/**
 * Text that is not ours (file names, the model's words) shown as it is: no headings, no masked links, no code, no mention.
 * Addresses stay whole, so that they can be clicked.
 */
export const plain = (text: string): string =>
  text
    // Up to the first mark: what follows an address must not come through unescaped with it.
    .split(/(https?:\/\/[^\s\\<>[\]()`|*]+)/)
    .map((part, index) => (index % 2 === 1 ? part : escaped(part)))
    .join("");

const escaped = (text: string): string =>
  text
    .replace(/[\\*_~`|[\]<>]/g, "\\$&")
    .replace(/^(\s*)(#|-|\+)/gm, "$1\\$2")
    .replace(/^(\s*\d+)\./gm, "$1\\.");

/** Plain text that fits, also when every mark in it had to be escaped. */
export function plainCut(text: string, length: number): string {
  const whole = plain(text);
  if (whole.length <= length) return whole;
  // Escaping at most doubles the length; shorten the words, never an escape.
  for (let keep = Math.min(text.length, length); keep > 0; keep -= Math.max(1, Math.ceil(keep / 50))) {
    const shorter = plain(cut(text, keep));
    if (shorter.length <= length) return shorter;
  }
  return "…";
}
