/**
 * Reads a question: what kind it is, which things and times it names, what it leans on. Pure, and only about words:
 * nothing here knows the clip. docs/questions.md lists the kinds with examples; its test reads them from there.
 *
 * What an instruction in a question asks for ("ignore all rules and ...") is never followed: all that can come out is
 * one of the kinds below.
 */

import { ORDINAL_PATTERN, ordinalNumber } from "./number-words.ts";
import type { Anchor, Occurrence, ParsedQuestion, Sense, Thing } from "./question.ts";
import { createThingReader, senseInText, type ThingReader, type Vocabulary } from "./things-in-text.ts";
import { findTimeExpression, plainQuestion, type TimeExpression } from "./time-expression.ts";

export interface ParseContext {
  /** Absent: the bundle takes any word. */
  readonly vocabulary?: Vocabulary | undefined;
  /** What the turn before asked, for questions that lean on it. */
  readonly previous?: ParsedQuestion | undefined;
  /** The thing that was named last, for "it". */
  readonly lastThing?: Thing | undefined;
}

/** A question with what has been read of it already taken out. */
interface Reading {
  /** Plain, without its time. */
  readonly text: string;
  readonly time: TimeExpression | undefined;
  readonly things: ThingReader;
  readonly previous: ParsedQuestion | undefined;
  readonly lastThing: Thing | undefined;
}

export function parseQuestion(
  question: string,
  { vocabulary, previous, lastThing = thingOf(previous) }: ParseContext = {},
): ParsedQuestion {
  const found = findTimeExpression(question);
  const reading: Reading = {
    text: withoutPoliteness(found?.rest ?? plainQuestion(question)),
    time: found?.expression,
    things: createThingReader(vocabulary),
    previous,
    lastThing,
  };
  for (const read of READERS) {
    const parsed = read(reading);
    if (parsed) return parsed;
  }
  return { kind: "other" };
}

type Reader = (reading: Reading) => ParsedQuestion | undefined;

const CLIP = "(?:clip|video|recording|film|movie|footage|file)";

/** In order: the first that understands the question has it. */
const READERS: readonly Reader[] = [
  clipLength,
  help,
  sure,
  elliptic,
  gap,
  order,
  length,
  count,
  list,
  neighbour,
  extreme,
  earlier,
  beyond,
  whatAt,
  whenOrWhether,
];

function clipLength({ text }: Reading): ParsedQuestion | undefined {
  const asked = [
    `^how (?:long|many seconds|many minutes) (?:is|does|are|was|long) (?:the|this|that|your|my)(?: whole| entire| full)? ${CLIP}(?: last| run| go on| take)?$`,
    `^how long (?:is|does) ${CLIP}`,
    `(?:length|duration|runtime|running time) of (?:the|this|that|my) ${CLIP}`,
    `^(?:when|at what time) does (?:the|this) ${CLIP} (?:end|stop|finish)$`,
  ];
  return matches(text, asked) ? { kind: "clipLength" } : undefined;
}

function help({ text }: Reading): ParsedQuestion | undefined {
  const asked = [
    "^(?:help|help me|hi|hello|hey|hi there|hello there)$",
    "^what (?:can|could|should|may) (?:i|we|you) (?:ask|do|answer|tell|see and hear|recogni[sz]e)\\b",
    "^what (?:things )?(?:do|can) you (?:know|recogni[sz]e|understand)\\b",
    "^(?:who|what) are you$",
  ];
  return matches(text, asked) ? { kind: "help" } : undefined;
}

function sure({ text }: Reading): ParsedQuestion | undefined {
  const asked = [
    "^(?:are|r) (?:you|u) (?:really |quite |very )?(?:sure|certain)",
    "^(?:really|sure)$",
    "^how (?:sure|certain|confident) are you",
  ];
  return matches(text, asked) ? { kind: "sure" } : undefined;
}

/** "and the bell?", "how often?", "and then?", "when?": the rest is that of the turn before. */
function elliptic({ text, time, things, previous }: Reading): ParsedQuestion | undefined {
  const opened =
    /^(?:and|what about|how about|and what about|also|but|or|same for|and for)(?: (?:when|where) (?:is|does))?(?: |$)/.exec(
      text,
    );
  const rest = opened ? text.slice(opened[0].length).trim() : text;
  if (
    /^(?:then|then what|afterwards?|what next|next|and then|what is next|what's next|what then|after that|what happens (?:next|then|afterwards?)|what comes next|what(?:'s| is| comes| happens)? after (?:that|this|it))$/.test(
      rest,
    )
  ) {
    return { kind: "neighbour", side: "after", anchor: that() };
  }
  if (
    /^(?:before|what was before|before that|what(?:'s| is| was| comes| came| happens| happened)? (?:right |just )?before(?: (?:that|this|it))?)$/.test(
      rest,
    ) &&
    time === undefined
  ) {
    return { kind: "neighbour", side: "before", anchor: that() };
  }
  if (opened === null) return undefined;
  if (rest === "" && time !== undefined) {
    if (previous && "thing" in previous && previous.thing && previous.kind !== "beyond") return { ...previous, time };
    return { kind: "at", time };
  }
  if (!previous || /\b(?:what|which|how|before|after|while|during|first|last)\b/.test(rest)) return undefined;
  const [thing] = things.find(rest);
  if (thing === undefined) return undefined;
  if (previous.kind === "count") return { kind: "count", thing };
  if (previous.kind === "length") return { kind: "length", anchor: { type: "thing", thing } };
  if (previous.kind === "neighbour") return { ...previous, anchor: { type: "thing", thing } };
  if (previous.kind === "whether") return { kind: "whether", thing, ...(time && { time }) };
  return { kind: "when", thing, ...(time && { time }) };
}

/** "how much time is between the dog and the bell", "how far apart are they" */
function gap({ text, things }: Reading): ParsedQuestion | undefined {
  const found =
    /^how (?:much time|long|many seconds|many minutes|far)\b.*?\b(?:between|from|apart (?:are|is|were))\b ?(?<pair>.*)$/.exec(
      text,
    ) ?? /\btime (?:passes|is there|lies|is|elapses)? ?between (?<pair>.*)$/.exec(text);
  if (!found) return undefined;
  const [one = "", other = ""] = (found.groups?.["pair"] ?? "").split(/\b(?:and|to|until)\b/);
  if (/^\s*(?:they|them|the 2|the two|those|those 2|these|these 2|both)?\s*$/.test(one) && other === "") {
    return { kind: "gap", one: { type: "that", turnsBack: 2 }, other: that() };
  }
  const [left, right] = [anchorIn(one, things), anchorIn(other, things)];
  return left && right ? { kind: "gap", one: left, other: right } : undefined;
}

/** "which comes first, the dog or the bell", "is the dog before the bell" */
function order({ text, things }: Reading): ParsedQuestion | undefined {
  const either =
    /^(?:which|what|who)(?: one)?(?: of (?:them|the 2|these))?\b.*?\b(?<which>first|earlier|last|later)\b(?<pair>.*\bor\b.*)$/.exec(
      text,
    ) ??
    /^(?:does|is|was|did) (?<pair>.*\bor\b.*?)\b(?:come|comes|appear|sound|happen|heard|seen|there)?\b ?(?<which>first|earlier|last|later)$/.exec(
      text,
    );
  if (either) {
    const [one = "", other = ""] = (either.groups?.["pair"] ?? "").split(/\bor\b/);
    const [left, right] = [anchorIn(one, things), anchorIn(other, things)];
    if (left && right) return { kind: "order", one: left, other: right };
  }
  if (
    /^(?:which|what) (?:(?:one|of them|of the 2) )?(?:comes?|came|is|was|appears?|happens?|happened) (?:first|earlier)$/.test(
      text,
    ) &&
    /\bone\b|\bof\b|^which/.test(text)
  ) {
    return { kind: "order", one: { type: "that", turnsBack: 2 }, other: that() };
  }
  const claimed =
    /^(?:is|does|was|did|do|are) (?<one>.+?) (?<relation>before|after|earlier than|later than) (?<other>.+)$/.exec(
      text,
    );
  if (!claimed) return undefined;
  const { one = "", other = "", relation = "" } = claimed.groups ?? {};
  const [left, right] = [anchorIn(one, things), anchorIn(other, things)];
  if (!left || !right) return undefined;
  return { kind: "order", one: left, other: right, claim: /before|earlier/.test(relation) ? "before" : "after" };
}

/** "how long is the dog visible", "how long is that", "for how many seconds does it ring" */
function length({ text, things, previous }: Reading): ParsedQuestion | undefined {
  const found =
    /^(?:and )?(?:for )?how (?:long|many seconds|many minutes)\b(?<rest>.*)$/.exec(text) ??
    /\b(?:length|duration) of (?<rest>.*)$/.exec(text);
  if (!found) return undefined;
  const rest = found.groups?.["rest"] ?? "";
  const anchor =
    anchorIn(rest, things) ??
    (previous && "thing" in previous && previous.thing ? thingAnchor(previous.thing) : that());
  return { kind: "length", anchor };
}

/** "how many times does the dog bark", "how often?" */
function count({ text, time, things, lastThing }: Reading): ParsedQuestion | undefined {
  const found =
    /^(?:and )?how (?:many times|often)\b(?<rest>.*)$/.exec(text) ??
    /^(?:and )?how many (?<rest>.*)$/.exec(text) ??
    /^(?:please )?count (?:how (?:many times|often) |the |all )?(?<rest>.*)$/.exec(text) ??
    /\bhow (?:many times|often) (?<rest>.*)$/.exec(text);
  if (!found) return undefined;
  const [named] = things.find(found.groups?.["rest"] ?? "");
  const thing = named ?? lastThing;
  return thing && { kind: "count", thing, ...(time && { time }) };
}

function list({ text, time }: Reading): ParsedQuestion | undefined {
  const sense = senseAsked(text);
  if (matches(text, ["\\bchapters?\\b", "\\btable of contents\\b", "\\boutline\\b"]))
    return { kind: "list", form: "chapters" };
  if (
    time === undefined &&
    matches(text, [
      "\\b(?:summar(?:y|i[sz]e)|overview|gist|recap|synopsis|sum up|tl ?dr)\\b",
      `\\bwhat(?:'s| is) (?:the|this|that|my) ${CLIP}(?: all)? about\\b`,
      `^what(?:'s| is) (?:it|this)(?: all)? about$`,
    ])
  ) {
    return { kind: "list", form: "summary" };
  }
  const whole = matches(text, [
    `^(?:so |please )?(?:what|tell me what)(?:'s| is| all| does| do| can| could)*(?: you| i| we| one)?(?: happens?| happening| going on| there| see| hear| seen| heard| shown| sounds?| appears?| be| and| or| all| everything| to)*(?: ?(?:in|on|during) (?:the|this|that|my)(?: whole| entire)? ${CLIP})?$`,
    `^(?:please )?(?:describe|list|show|give|name|tell)\\b.*\\b(?:moments?|everything|all|things?|sounds?|${CLIP}|events?|scenes?|happens)\\b`,
    "^(?:describe|list)(?: it| everything)?$",
    "^(?:what|which) (?:sounds?|noises?|things?|objects?|moments?|events?)\\b.*\\b(?:are|is|do|can|there|heard|seen|hear|see|happen|appear)\\b",
    "^(?:moments|sounds|everything|list)$",
  ]);
  if (!whole) return undefined;
  if (/\b(?:first|last|next|longest|shortest|before|after|while|when|during (?!the|this))\b/.test(text))
    return undefined;
  return time === undefined
    ? { kind: "list", form: "moments", ...(sense && { sense }) }
    : { kind: "at", time, ...(sense && { sense }) };
}

/** "what happens after the dog barks", "what is seen while the bell rings" */
function neighbour({ text, things }: Reading): ParsedQuestion | undefined {
  const found =
    /^(?:and )?(?:so )?(?<lead>(?:what|who|which|tell me what|anything|is there anything|does anything|do i|do you|can you)\b.*?)\b(?:right |just |directly |immediately |shortly |soon )?(?<relation>before|after|following|while|during|as|when|at the same time as|together with|besides)\b (?<rest>.+)$/.exec(
      text,
    );
  if (!found) return undefined;
  const { lead = "", relation = "", rest = "" } = found.groups ?? {};
  // "what time is it when ...", "at which second ..." ask for the time of the thing itself.
  if (/\b(?:time|seconds?|point)\b/.test(lead)) return undefined;
  const anchor = anchorIn(rest, things);
  if (!anchor) return undefined;
  if (/^(?:do|does|is|can)/.test(lead) && things.find(lead).length > 0) return undefined;
  const side = relation === "before" ? "before" : /after|following/.test(relation) ? "after" : "during";
  const sense = senseAsked(lead);
  return { kind: "neighbour", side, anchor, ...(sense && { sense }) };
}

/** "what is heard first", "what is the longest sound", "how does it start" */
function extreme({ text, time }: Reading): ParsedQuestion | undefined {
  const longest = /\b(?<which>longest|shortest)\b/.exec(text);
  if (longest) return { kind: "extreme", which: longest.groups?.["which"] as "longest", ...senseField(text) };
  const starts =
    /^(?:how|what) does (?:it|the \w+|this \w+) (?<which>start|begin|open|end|close|finish)s?(?: with)?$/.exec(text);
  if (starts) return { kind: "extreme", which: /start|begin|open/.test(starts[1] ?? "") ? "first" : "last" };
  const found =
    /^(?:what|which)\b.*\b(?<which>first|last)\b(?: (?:thing|sound|object|moment|one|noise|event|scene)s?)?(?: (?:that )?(?:is |you |i |we |can |be |do )*(?:seen|heard|see|hear|appears?|sounds?|happens?|shown|there|visible|in the \w+|in this \w+))*$/.exec(
      text,
    );
  if (!found || time !== undefined) return undefined;
  return { kind: "extreme", which: found.groups?.["which"] as "first", ...senseField(text) };
}

/** "the second one", "show me the last time": a span of an earlier answer, or of the thing that it was about. */
function earlier({ text, things, lastThing, time }: Reading): ParsedQuestion | undefined {
  const occurrence = occurrenceIn(text);
  if (time !== undefined || things.find(text).length > 0) return undefined;
  if (occurrence === undefined) {
    const points = matches(text, [
      "^(?:when|where) (?:was|is|does|did|exactly)? ?(?:that|this|it|exactly)(?: happen| exactly| start)?$",
      "^show (?:me )?(?:that|it)(?: again)?$",
      "^(?:when|where)(?: exactly)?$",
    ]);
    return points ? { kind: "that", anchor: that() } : undefined;
  }
  const thing = lastThing;
  return thing ? { kind: "when", thing, occurrence } : { kind: "that", anchor: { ...that(), occurrence } };
}

/** Asked about what no bundle of ours was ever taught: colours, reasons, people's names, words on signs. */
function beyond({ text, things }: Reading): ParsedQuestion | undefined {
  const asked = matches(text, [
    "^why\\b",
    "^who (?:is|are|was|were)\\b(?! (?:seen|heard|there|visible|speaking|talking))",
    "^whose\\b",
    "\\bwhat colou?rs?\\b|\\bwhich colou?rs?\\b",
    "^what (?:brand|breed|model|kind|type|sort|size|age|year|country|city|language)\\b",
    "^how (?:old|big|tall|heavy|fast|expensive|far(?! apart)|come|do i|to)\\b",
    "\\bwhat does (?:it|the (?:sign|text|label|screen)) (?:say|read)\\b",
    "^what (?:is|does|did|do|are) (?:the )?(?!you|i\\b)\\w+ (?:doing|wearing|holding|saying|say|do|want|think|eat|eating|mean)$",
    "\\b(?:system prompt|your (?:instructions|rules|prompt|password|secrets?|api key))\\b",
  ]);
  if (!asked) return undefined;
  const thing = things
    .find(text.replace(/^why\b|\bcolou?rs?\b|\bbrand|\bbreed|\bkind|\btype|\bdoing|\bwearing/g, " "))
    .find(({ known }) => known);
  return { kind: "beyond", ...(thing && { thing }) };
}

/** "what happens at 0:42" */
function whatAt({ text, time, things }: Reading): ParsedQuestion | undefined {
  if (time === undefined) return undefined;
  const open =
    /^(?:and |so |please )?(?:what|describe|who|tell me|anything|is there anything|is anything|show|show me|list|do you (?:see|hear)(?: anything)?|whats|what's)\b/.test(
      text,
    );
  const [thing] = things.find(text);
  if (thing !== undefined && (!open || /^(?:do you|show)/.test(text))) return undefined;
  if (text !== "" && !open && /^(?:when|how|where|which)\b/.test(text)) return undefined;
  // "what time is the dog there after 0:10"
  if (thing?.known && /\b(?:time|second)\b/.test(text)) return undefined;
  return { kind: "at", time, ...senseField(text) };
}

function whenOrWhether({ text, time, things, lastThing }: Reading): ParsedQuestion | undefined {
  const found = things.find(text);
  const occurrence =
    occurrenceIn(text) ?? (/\b(?:again|come back|comes back|return|returns)\b/.test(text) ? 2 : undefined);
  const leans =
    /\b(?:it|that|this|they|one)\b/.test(text) || occurrence !== undefined || /^(?:when|where|how)$/.test(text);
  const thing = found[0] ?? (leans ? lastThing : undefined);
  if (thing === undefined) return undefined;
  const whether =
    /^(?:and |so |but )?(?:is|are|was|were|does|do|did|can|could|has|have|will|any)\b/.test(text) &&
    !/\bwhen\b/.test(text) &&
    !/^(?:can|could|do|will) you (?:please )?(?:find|show|tell|say|point|jump|locate)\b/.test(text);
  const points =
    whether ||
    POINTING.test(text) ||
    (things.closed && found.some(({ known }) => known)) ||
    text.split(" ").length <= 4;
  if (!points) return undefined;
  return {
    kind: whether && occurrence === undefined ? "whether" : "when",
    thing,
    ...(occurrence !== undefined && { occurrence }),
    ...(time && { time }),
  };
}

/** Words of people who ask for a time or a place in the clip. */
const POINTING =
  /\b(?:when|where|find|show|which (?:second|part|moment|point|minute)|at what|what time|locate|jump|skip|go to|search|look for|moment)\b/;

/** A thing, or something said before, that stands in a part of a question. */
function anchorIn(text: string, things: ThingReader): Anchor | undefined {
  const occurrence = occurrenceIn(text);
  const [thing] = things.find(text);
  if (thing !== undefined) return { ...thingAnchor(thing), ...(occurrence !== undefined && { occurrence }) };
  if (occurrence !== undefined) return { ...that(), occurrence };
  return /\b(?:that|this|it|those|these|they)\b/.test(text) ? that() : undefined;
}

/** "the second time", "the 3rd bark", "the last one"; "first" and "last" may also stand alone after a verb. */
function occurrenceIn(text: string): Occurrence | undefined {
  const found = new RegExp(
    `\\b(?:the|its) (?:very )?(?<ordinal>${ORDINAL_PATTERN})\\b(?! (?:clip|video|half|third|quarter|minute|thing))`,
  ).exec(text);
  if (found) return ordinalNumber(found.groups?.["ordinal"] ?? "");
  const adverb =
    /\b(?:for the )?(?<ordinal>first|last) (?:appear|appears|sound|sounds|heard|seen|visible|show|shows|bark|barks|ring|rings)\b|\b(?:appear|sound|heard|seen|visible|show up|bark|ring|there) (?<after>first|last)$/.exec(
      text,
    );
  const word = adverb?.groups?.["ordinal"] ?? adverb?.groups?.["after"];
  return word === undefined ? undefined : ordinalNumber(word);
}

const thingOf = (previous: ParsedQuestion | undefined): Thing | undefined => {
  if (previous === undefined) return undefined;
  if ("thing" in previous) return previous.thing;
  return previous.kind === "length" && previous.anchor.type === "thing" ? previous.anchor.thing : undefined;
};

const that = (): Extract<Anchor, { type: "that" }> => ({ type: "that", turnsBack: 1 });
const thingAnchor = (thing: Thing): Extract<Anchor, { type: "thing" }> => ({ type: "thing", thing });
const matches = (text: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => new RegExp(pattern).test(text));

/** "what do you see and hear" asks for both. */
const senseAsked = (text: string): Sense | undefined => senseInText(text);
const senseField = (text: string): { readonly sense?: Sense } => {
  const sense = senseAsked(text);
  return sense === undefined ? {} : { sense };
};

const withoutPoliteness = (text: string): string =>
  text
    .replace(
      /^(?:(?:hi|hello|hey|ok|okay|so|well|now|please|damo|(?:could|can|would) you (?!see|hear|recogni|be\b)(?:please )?|please tell me|tell me|can you tell me|could you tell me|do you know|i want to know|i would like to know)\b,? )+(?=\w+ \w)/,
      "",
    )
    .replace(/ (?:please|thanks|thank you|in (?:the|this|that|my) (?:clip|video|recording|footage|film|movie))$/g, "")
    .trim();
