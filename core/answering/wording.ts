/** The sentences of composed answers. A thing is named as the bundle names it. */
import type { Span } from "../clip.ts";
import type { Moment } from "../ports/clip-model.ts";
import type { Sense, Thing } from "../question/question.ts";
import { fromTo } from "./clock.ts";

/** Things that take no article. */
const MASS = new Set(["speech", "text", "applause", "rain", "thunder", "footsteps", "sea waves", "bird song"]);

export const the = ({ name, sense }: Pick<Thing, "name" | "sense">): string =>
  MASS.has(name)
    ? name
    : `the ${name}${sense === "heard" && !/\b(?:sound|song|bark|cry|creak|slam|singing)$/.test(name) ? " sound" : ""}`;

/** "The dog appears", "Speech is heard". */
export const statement = (thing: Thing): string =>
  `${capital(the(thing))} ${thing.sense === "heard" ? verb(thing.name, "is heard", "are heard") : "appears"}`;

export const notThere = (thing: Thing, where: string): string =>
  `${capital(the(thing))} ${verb(thing.name, "is", "are")} not ${thing.sense} ${where}`;

const verb = (name: string, one: string, many: string): string => (/^(?:footsteps|sea waves)$/.test(name) ? many : one);

/** The question in the words that a bundle is taught. */
export function groundingQuestion({ name, sense }: Thing): string {
  if (sense === "seen") return `when does ${MASS.has(name) ? "" : "the "}${name} appear?`;
  return `when is ${MASS.has(name) ? "" : "the "}${name} heard?`;
}

/** " from 0:04 to 0:07 and again from 0:09 to 0:12". */
export const atTimes = (spans: readonly Span[]): string => ` from ${spans.map(fromTo).join(" and again from ")}`;

const HEARD_SUFFIX = " (heard)";

/** What a moment's label stands for: "dog bark (heard)" -> dog bark, heard. */
export const thingOfLabel = (label: string): Thing =>
  label.endsWith(HEARD_SUFFIX)
    ? { name: label.slice(0, -HEARD_SUFFIX.length), sense: "heard", known: true }
    : { name: label, sense: "seen", known: true };

export const senseOfMoment = ({ label }: Moment): Sense => (label.endsWith(HEARD_SUFFIX) ? "heard" : "seen");

/** "the dog, from 0:04 to 0:07". */
export const momentInWords = (moment: Moment): string => {
  const thing = thingOfLabel(moment.label);
  return `${the(thing)} from ${fromTo(moment)}`;
};

/** "a", "a and b", "a, b and c". */
export const listed = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
