/** A few things, seen and heard, some of them both: enough to read questions with. */
import type { Vocabulary } from "../../core/index.ts";

export const aVocabulary: Vocabulary = {
  sees: ["ball", "bicycle", "car", "cat", "dog", "laptop", "mobile phone", "person", "piano", "red flag", "rooster", "soccer ball", "text"], // biome-ignore format: a list
  hears: ["applause", "bell", "bird song", "car engine", "clapping", "dog bark", "drum", "piano", "rain", "rooster", "speech"], // biome-ignore format: a list
};
