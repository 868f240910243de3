/**
 * Is a question written in English? The bundles we have know no other language, and guessing at words they never saw
 * would only look like an answer. A question passes unless it is clearly something else: names and single words do.
 */

/** Words that are common in one language and are no English words. Only clear ones: "die", "me", "on", "a" are left out. */
const FOREIGN_WORDS: Readonly<Record<string, string>> = {
  german:
    "wann wo wie was wer ist sind der das den dem ein eine einen und oder nicht hund katze erscheint gibt es zu hören sehen im wird kommt passiert sekunde bitte welche welcher wieviel oft lange zeig mir",
  french:
    "quand où ou est-ce que qu'est-ce quel quelle quels combien le la les un une des du dans et il elle y a-t-il chien chat apparaît se passe moment fois entend voit on pourquoi qui montre moi c'est",
  spanish:
    "cuándo cuando dónde donde qué que quién cuántas cuantas cómo el la los las un una en hay perro gato aparece pasa se oye ve veces y es está esta por favor vídeo muestra segundo",
  italian:
    "quando dove che cosa chi come quante quanto il lo la gli un una nel è sono cane gatto appare succede si sente vede volte c'è mostra per favore secondo",
  portuguese:
    "quando onde o que quem como quantas quanto os as um uma no na é são há cão cachorro gato aparece acontece ouve vê vezes mostra por favor vídeo segundo",
  dutch:
    "wanneer waar wat wie hoe is het de een en of niet hond kat verschijnt gebeurt hoeveel keer hoor zie je er laat zien seconde komt in beeld",
};

const ENGLISH_WORDS = new Set(
  "when where what who which how why is are was were does do did can could will would has have there the a an of in on at to for and or not after before while during between then first last second next time times this that it you i me see hear show find list describe clip video happens appear appears visible heard seen long many often much any again tell from until with about all one other".split(
    " ",
  ),
);

const WORD_SETS = Object.values(FOREIGN_WORDS).map((words) => new Set(words.split(" ")));

/** Above this share of letters outside the Latin alphabet a question is not English, whatever else it holds. */
const MOST_FOREIGN_LETTERS = 0.3;

export function isLikelyEnglish(question: string): boolean {
  const letters = question.match(/\p{L}/gu) ?? [];
  if (letters.length === 0) return true;
  const foreign = letters.filter((letter) => !/\p{Script=Latin}/u.test(letter)).length;
  if (foreign / letters.length > MOST_FOREIGN_LETTERS) return false;
  if (/[¿¡]/.test(question)) return false;

  const words = question.toLowerCase().match(/[\p{L}'’-]+/gu) ?? [];
  const english = words.filter((word) => ENGLISH_WORDS.has(word)).length;
  const most = Math.max(...WORD_SETS.map((set) => words.filter((word) => set.has(word)).length));
  return most < 2 || english >= most;
}
