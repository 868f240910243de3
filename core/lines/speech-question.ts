/**
 * Does a question ask what is said? Then it is answered from subtitles, when there are any. Reading it is a matter of
 * words alone: whatever else it asks for ("ignore your rules") has no effect.
 */
export interface SpeechQuestion {
  /** What is to be found, as the person wrote it; absent: whatever is said. */
  readonly phrase?: string;
  readonly asks: "when" | "whether" | "count" | "what";
  readonly occurrence?: "first" | "last";
  /** Media times that it names, in seconds. */
  readonly times: readonly number[];
}

const MENTION = "mention(?:s|ed|ing)?|discuss(?:es|ed|ing)?|(?:bring|brings|brought) up|refer(?:s|red|ring)? to";
const SPEAK = "(?:talk|talks|talked|talking|speak|speaks|spoke|spoken|speaking) (?:about|of)";
const SAY = "say|says|said|saying|tell|tells|told|explain(?:s|ed|ing)?|quote[sd]?|announce[sd]?";
const VERB = `(?:${MENTION}|${SPEAK}|${SAY})`;
const BE = "(?:is|are|was|were|gets?|does|do|did|has|have)";

/** A sign says something too, but nobody speaks it. */
const WRITTEN =
  /\b(?:sign|text|screen|label|caption on|title|poster|banner|logo|shirt)\b.*\b(?:say|says|said|read|reads)\b/i;
const SPEECH_NOUN = /\b(?:subtitles?|captions?|transcript|spoken words?)\b/i;

export function readSpeechQuestion(question: string): SpeechQuestion | undefined {
  const text = question
    .replace(/[?!.\s]+$/, "")
    .replace(/\s+/g, " ")
    .trim();
  const verb = new RegExp(`\\b${VERB}\\b`, "i").exec(text);
  if ((!verb && !SPEECH_NOUN.test(text)) || WRITTEN.test(text)) return undefined;

  const quoted = /["\u201c\u00ab]([^"\u201d\u00bb]+)["\u201d\u00bb]/.exec(text)?.[1];
  const { rest, times } = withoutTimes(text);
  const phrase = tidy(quoted ?? (verb ? subjectOf(rest) : afterNoun(rest)));
  const asks = asksFor(text, phrase);
  const occurrence = /\b(?:for the )?last(?: time)?\b/i.test(text)
    ? "last"
    : /\bfirst\b/i.test(text)
      ? "first"
      : undefined;
  if (phrase === undefined && asks !== "what") return undefined;
  return { ...(phrase !== undefined && { phrase }), asks, ...(occurrence && { occurrence }), times };
}

function asksFor(text: string, phrase: string | undefined): SpeechQuestion["asks"] {
  if (/\bhow (?:often|many times)\b/i.test(text)) return "count";
  if (phrase === undefined) return /\bwhat\b|\bwho\b|subtitle|caption|transcript/i.test(text) ? "what" : "when";
  return new RegExp(`^${BE}\\b`, "i").test(text) ? "whether" : "when";
}

/** "is the cleanroom mentioned": before the verb; "when does she mention the cleanroom": after it. */
function subjectOf(text: string): string | undefined {
  const passive = new RegExp(
    `\\b(?:is|are|was|were|been|gets?) (.+?) (?:ever |first |last |actually )?(?:${VERB})(?: |$)`,
    "i",
  );
  const before = passive.exec(text)?.[1];
  if (before !== undefined && !PRONOUN.test(before) && !/^(?:there )?(?:what|anything|something)$/i.test(before))
    return before;
  return new RegExp(
    `\\b${VERB}\\b(?: (?:that|the words?|the phrase|something about|anything about|about|us|me))* ?(.*)$`,
    "i",
  ).exec(text)?.[1];
}

const PRONOUN =
  /^(?:he|she|they|it|we|you|i|someone|somebody|anyone|anybody|people|the (?:speaker|narrator|man|woman|person|presenter|voice))(?: (?:who|that|ever))?$/i;

/** "find cleanroom in the subtitles", "the subtitles about Webb". */
function afterNoun(text: string): string | undefined {
  return (
    /\b(?:find|search(?: for)?|show|where(?: is| are)?) (.+?) in the (?:subtitles?|captions?|transcript)/i.exec(
      text,
    )?.[1] ?? /\b(?:subtitles?|captions?|transcript) (?:about|with|containing) (.+)$/i.exec(text)?.[1]
  );
}

const TRAILING =
  /(?:^| )(?:(?:in|during|of|throughout) (?:the|this|that) (?:clip|video|recording|film|talk|movie)|for the (?:first|last|second) time|the (?:first|last) time|at (?:all|any point)|anywhere|again|then|there|exactly|please|ever|next|first|last)$/i;

function tidy(phrase: string | undefined): string | undefined {
  let rest = phrase?.replace(/^[\s,:;"']+|[\s,:;"']+$/g, "") ?? "";
  for (let before = ""; before !== rest; ) {
    before = rest;
    rest = rest.replace(TRAILING, "").trim();
  }
  return rest === "" || PRONOUN.test(rest) || /^(?:at|between|after|before|around|and|in|on|during)$/i.test(rest)
    ? undefined
    : rest;
}

/** "at 1:05", "between 0:10 and 0:20", "around 42 seconds". */
const TIME =
  /(?:\b(?:at|around|about|from|between|and|to|until|after|before|near)\s+)?(?:\b((?:\d{1,2}:)?\d{1,3}:\d{2}(?:\.\d+)?)\b|\b(\d+(?:\.\d+)?)\s*(?:s|sec|secs|seconds?)\b)/gi;

function withoutTimes(text: string): { readonly rest: string; readonly times: readonly number[] } {
  const times: number[] = [];
  const rest = text.replace(TIME, (_, clock?: string, seconds?: string) => {
    times.push(clock ? clock.split(":").reduce((sum, part) => 60 * sum + Number(part), 0) : Number(seconds));
    return " ";
  });
  return { rest: rest.replace(/\s+/g, " ").trim(), times };
}
