/** "forty-two seconds" -> "42 seconds", "the second one" -> 2: numbers as people write them, up to ninety-nine. */

const UNITS = [
  ..."zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split(" "),
  ..."seventeen eighteen nineteen".split(" "),
];
const TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

const unit = UNITS.slice(1, 10).join("|");
const CARDINAL = new RegExp(`\\b(?:(${TENS.join("|")})(?:[ -](${unit}))?|(${UNITS.join("|")}))\\b`, "g");
/** "the other one", "the first one", "which one": not a number. */
const PRONOUN_ONE = /\b(other|first|second|third|fourth|fifth|last|next|this|that|which|each|every|same) one\b/g;

/** @param text  lower case */
export function digitsForNumberWords(text: string): string {
  return text
    .replace(PRONOUN_ONE, "$1 \u0000")
    .replace(CARDINAL, (_, tens?: string, ones?: string, small?: string) =>
      String(
        small === undefined
          ? 10 * (TENS.indexOf(tens ?? "") + 2) + UNITS.indexOf(ones ?? "zero")
          : UNITS.indexOf(small),
      ),
    )
    .replaceAll("\u0000", "one");
}

const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

export const ORDINAL_PATTERN = `${ORDINALS.join("|")}|\\d{1,2}(?:st|nd|rd|th)|last|final`;

/** "second" -> 2, "3rd" -> 3, "last" -> -1. */
export function ordinalNumber(word: string): number {
  if (word === "last" || word === "final") return -1;
  const index = ORDINALS.indexOf(word);
  return index < 0 ? Number.parseInt(word, 10) : index + 1;
}

const TIMES = ["never", "once", "twice", "three times", "four times", "five times", "six times"];

/** 2 -> "twice", 9 -> "9 times". */
export const timesInWords = (count: number): string => TIMES[count] ?? `${count} times`;
