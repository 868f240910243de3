import { describe, expect, it } from "vitest";
import { createThingReader } from "../../../../core/question/things-in-text.ts";
import { aVocabulary } from "../../../support/a-vocabulary.ts";

const reader = createThingReader(aVocabulary);
const named = (text: string) =>
  reader.find(text).map(({ name, sense, known }) => `${name} ${sense}${known ? "" : " unknown"}`);

describe("the things that a text names", () => {
  it.each([
    ["when does the dog appear", ["dog seen"]],
    ["when do dogs appear", ["dog seen"]],
    ["when does the puppy come in", ["dog seen"]],
    ["when does the dog bark", ["dog bark heard"]],
    ["is the barking of the dog audible", ["dog bark heard"]],
    ["when can i hear the dog", ["dog bark heard"]],
    ["who barks", ["dog bark heard"]],
    ["when does the rooster crow", ["rooster heard"]],
    ["when is the rooster visible", ["rooster seen"]],
    ["when is the piano heard", ["piano heard"]],
    ["where is the phone", ["mobile phone seen"]],
    ["find the soccer ball", ["soccer ball seen"]],
    ["find the ball", ["ball seen"]],
    ["when does someone speak", ["speech heard"]],
    ["does anybody appear", ["person seen"]],
    ["do birds sing", ["bird song heard"]],
    ["do people clap", ["clapping heard"]],
    ["the dog and the bell", ["dog seen", "bell heard"]],
    ["a cat with a red flag", ["cat seen", "red flag seen"]],
    ["when does the skateboard appear", ["skateboard seen unknown"]],
    ["when does the spaceship land", ["spaceship seen unknown"]],
    ["can you hear the cat", ["cat heard unknown"]],
    ["what happens then", []],
    ["when is it heard again", []],
  ])("%s", (text, things) => expect(named(text)).toEqual(things));

  it("are any words where the bundle has no vocabulary", () => {
    expect(createThingReader(undefined).find("when does the green kite appear")).toEqual([
      { name: "green kite", sense: "seen", known: true },
    ]);
  });
});
