/**
 * Which things a text names, in the bundle's own words: "the puppies barking" -> dog bark (heard).
 *
 * A bundle's vocabulary is closed: a word that it never learnt tells it nothing, so such a thing is named as unknown
 * rather than taken for the nearest one. Without a vocabulary every phrase is taken as it stands.
 */
import type { Sense, Thing } from "./question.ts";

export interface Vocabulary {
  readonly sees: readonly string[];
  readonly hears: readonly string[];
}

export interface ThingReader {
  /** Whether there is a vocabulary, so that a known thing is surely meant as one. */
  readonly closed: boolean;
  /** In order of mention. At most one unknown thing, and only when nothing known is named. */
  find(text: string): readonly Thing[];
}

/** Everyday words for common things; the right side is used only when the bundle has a word for it. */
const SYNONYMS: Readonly<Record<string, string>> = {
  puppy: "dog", doggy: "dog", hound: "dog", kitten: "cat", kitty: "cat", bunny: "rabbit", chick: "chicken", rooster: "rooster",
  cockerel: "rooster", man: "person", men: "person", woman: "person", women: "person", people: "person", boy: "person",
  girl: "person", guy: "person", lady: "person", human: "person", child: "person", kid: "person", someone: "person",
  somebody: "person", anyone: "person", anybody: "person", bike: "bicycle", motorbike: "motorcycle", plane: "airplane",
  aeroplane: "airplane", aircraft: "airplane", tv: "television", telly: "television", phone: "mobile phone",
  cellphone: "mobile phone", smartphone: "mobile phone", football: "soccer ball", automobile: "car", boat: "sailboat",
  mug: "cup", specs: "glasses", voice: "speech", voices: "speech", speak: "speech", speaking: "speech", speaks: "speech",
  spoken: "speech", talk: "speech", talks: "speech", talking: "speech", say: "speech", says: "speech", saying: "speech",
  mention: "speech", conversation: "speech", meow: "cat meow", clap: "clapping", claps: "clapping", sung: "singing",
  barking: "dog bark", barks: "dog bark", bark: "dog bark", crow: "rooster", crows: "rooster", crowing: "rooster",
  thunderstorm: "thunder", typing: "keyboard",
}; // biome-ignore format: a table

/** Stand for a person only when nothing else is named: "does someone speak" is about speech. */
const VAGUE = new Set("someone somebody anyone anybody people man woman person".split(" "));

const HEARING = new Set(
  "hear hears heard hearing sound sounds sounding sounded noise noises audible listen loud ring rings ringing rang bark barks barking crow crows crowing sing sings singing chirp chirps beep beeps honk honks play plays playing speak speaks speaking talk talks talking cry cries roar roars tick ticks".split(
    " ",
  ),
);
const SEEING = new Set(
  "see sees seen seeing appear appears appeared appearing visible shown shows show look looks picture screen".split(
    " ",
  ),
);

/** Words that name no thing. */
const EMPTY_WORDS = new Set(
  `a an the this that these those it its it's is isn't are aren't was wasn't were be been being am do does doesn't did didn't done has have had can can't could will would should may might must
  i you we they he she me my your our us them his her there here where when what what's which who whom whose why how than then so and or nor but if of in on at to for from with by into onto about as up down out off over under again also too any
  some one ones each every all both other another no not yes please ever just only exactly really actually still now right soon shortly first second third fourth last next final previous earlier later time times moment moments
  clip clips video videos recording footage film movie scene part begin begins beginning start starts started starting end ends ended ending stop stops come comes coming came go goes going gone get gets enter enters leave leaves leaving occur occurs occurred happen happens happened happening exist exists present
  find tell give want know jump skip locate point second seconds minute minutes hour hours many much often long thing things something anything nothing everything while during before after until between kind sort type sort lot bit whole entire name named called around near toward towards twice once hi hello hey ok okay thanks thank let let's see whether sure maybe think thought mean means say's ask asked question answer stay stays last lasts lasted lasting remain remains visible screen picture duration length count number ignore`.split(
    /\s+/,
  ),
);

interface Word {
  readonly text: string;
  readonly stem: string;
}

interface Name {
  readonly name: string;
  readonly sense: Sense;
  readonly stems: readonly string[];
}

export function createThingReader(vocabulary: Vocabulary | undefined): ThingReader {
  const names = vocabulary && namesOf(vocabulary);
  return {
    closed: names !== undefined,
    find(text) {
      const spoken = wordsOf(text);
      const sense = senseOf(spoken);
      if (names === undefined) return unknownThing(spoken, sense, true);
      const found = knownThings(
        spoken.flatMap((word) => synonyms(word, names)),
        names,
        sense,
      );
      return found.length > 0 ? found : unknownThing(spoken, sense, false);
    },
  };
}

/** Does the text say that something is heard, or seen? */
export function senseInText(text: string): Sense | undefined {
  const words = wordsOf(text);
  const heard = words.some((word) => HEARING.has(word));
  const seen = words.some((word) => SEEING.has(word));
  return heard === seen ? undefined : heard ? "heard" : "seen";
}

function senseOf(words: readonly string[]): Sense {
  return words.some((word) => HEARING.has(word)) ? "heard" : "seen";
}

function knownThings(words: readonly string[], names: readonly Name[], sense: Sense): Thing[] {
  const content: Word[] = words.filter((word) => !EMPTY_WORDS.has(word)).map((text) => ({ text, stem: stemOf(text) }));
  const things: Thing[] = [];
  const vague: boolean[] = [];
  for (let at = 0; at < content.length; ) {
    const match = longestAt(content, at, names, sense);
    if (match === undefined) {
      at += 1;
      continue;
    }
    const { name, length } = match;
    if (!things.some((thing) => thing.name === name.name && thing.sense === name.sense)) {
      things.push({ name: name.name, sense: name.sense, known: true });
      vague.push(VAGUE.has(name.name));
    }
    at += length;
  }
  const clear = things.filter((_, index) => !vague[index]);
  return clear.length > 0 ? clear : things;
}

function longestAt(content: readonly Word[], at: number, names: readonly Name[], sense: Sense) {
  for (let length = Math.min(4, content.length - at); length > 0; length -= 1) {
    const stems = content.slice(at, at + length).map(({ stem }) => stem);
    const whole = names.filter(
      (name) => name.stems.length === length && name.stems.every((stem) => stems.includes(stem)),
    );
    const exact = whole.find((name) => name.sense === sense) ?? whole[0];
    if (exact !== undefined && (exact.sense === sense || sense === "seen" || length > 1))
      return { name: exact, length };
    if (length > 1) continue;
    const stem = stems[0] as string;
    // "the dog" that is heard is its bark; "the phone" is a mobile phone: a part stands for the whole when it is clear.
    const heard = names.filter((name) => name.sense === "heard" && name.stems.includes(stem));
    const seen = names.filter((name) => name.sense === "seen" && name.stems.at(-1) === stem);
    const part = sense === "heard" ? heard[0] : (exact ?? seen[0] ?? heard[0]);
    if (part !== undefined) return { name: part, length };
  }
  return undefined;
}

/** A phrase of at most this many words is still a thing; more is a sentence. */
const LONGEST_PHRASE = 4;

const AUXILIARY = /^(?:does|do|did|will|can|is|are|was|were)$/;

function unknownThing(words: readonly string[], sense: Sense, known: boolean): Thing[] {
  const phrase = words.filter((word) => !EMPTY_WORDS.has(word) && !SEEING.has(word) && !isHearingWord(word, known));
  if (phrase.length === 0) {
    // "when does it bark", with a bundle of open vocabulary: the verb is all there is.
    return [];
  }
  // "does the spaceship land": the last word is what it does.
  const auxiliary = words.find((word) => AUXILIARY.test(word)) ?? "";
  if (/^(?:does|do|did|will|can)$/.test(auxiliary) && phrase.length > 1 && phrase.at(-1) === words.at(-1)) phrase.pop();
  return [{ name: phrase.slice(0, LONGEST_PHRASE).join(" "), sense, known }];
}

/** "hear", "sound": never part of a thing. "bark", "ring" are, where every word is known. */
const PLAIN_HEARING = new Set(["hear", "hears", "heard", "hearing", "sound", "sounds", "sounding", "sounded", "audible", "listen", "noise", "noises", "loud"]); // biome-ignore format: a list
const isHearingWord = (word: string, openVocabulary: boolean): boolean =>
  openVocabulary ? PLAIN_HEARING.has(word) : HEARING.has(word);

/** The word itself where the bundle knows it, what it stands for otherwise. */
function synonyms(word: string, names: readonly Name[]): readonly string[] {
  // Own words only: "constructor" is a word as well.
  const meant = Object.hasOwn(SYNONYMS, word) ? SYNONYMS[word] : undefined;
  if (meant === undefined || names.some(({ stems }) => stems.length === 1 && stems[0] === stemOf(word))) return [word];
  const stems = meant.split(" ").map(stemOf);
  return names.some((name) => stems.every((stem) => name.stems.includes(stem))) ? meant.split(" ") : [word];
}

/** Some hundred names are stemmed once, not for every question. */
const knownNames = new WeakMap<Vocabulary, readonly Name[]>();

function namesOf(vocabulary: Vocabulary): readonly Name[] {
  const known = knownNames.get(vocabulary);
  if (known) return known;
  const names = [
    ...vocabulary.sees.map((name) => nameOf(name, "seen")),
    ...vocabulary.hears.map((name) => nameOf(name, "heard")),
  ];
  knownNames.set(vocabulary, names);
  return names;
}

const nameOf = (name: string, sense: Sense): Name => ({
  name,
  sense,
  stems: wordsOf(name)
    .filter((word) => !EMPTY_WORDS.has(word))
    .map(stemOf),
});

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];

/** Enough of a stem to join "bounces", "bounced" and "bouncing"; both sides of a comparison are stemmed. */
function stemOf(word: string): string {
  let stem = word.replace(/'s?$/, "");
  if (/ies$/.test(stem) && stem.length > 4) stem = stem.replace(/ies$/, "y");
  else if (/(?:[sxzo]|ch|sh)es$/.test(stem)) stem = stem.replace(/es$/, "");
  else if (/[^sui]s$/.test(stem) && stem.length > 3) stem = stem.replace(/s$/, "");
  if (/ing$/.test(stem) && stem.length > 5) stem = stem.replace(/ing$/, "");
  else if (/ed$/.test(stem) && stem.length > 4) stem = stem.replace(/ed$/, "");
  return stem.replace(/([^aeiouls])\1$/, "$1").replace(/e$/, "");
}
