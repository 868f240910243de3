import { describe, expect, it } from "vitest";
import { findClipReference, resolveClip } from "../../../../core/question/clip-reference.ts";

const clips = [{ title: "walk.mp4" }, { title: "garden party.mp4" }, { title: "dog.mp4" }];
const titles = clips.map(({ title }) => title);
const [walk, garden, dog] = clips as [{ title: string }, { title: string }, { title: string }];

describe("which clip a question names", () => {
  it.each([
    ["when does the dog appear in the first clip?", walk, "when does the dog appear ?"],
    ["in the second video, is there a cat?", garden, ", is there a cat?"],
    ["and in the other clip?", garden, "?"],
    ["and in the other one?", garden, "?"],
    ["what happens in the previous recording?", garden, "what happens ?"],
    ["what is heard in the newest clip?", dog, "what is heard ?"],
    ["what is heard in the last video?", dog, "what is heard ?"],
    ["is there a cat in Garden Party.mp4?", garden, "is there a cat ?"],
    ["is there a cat in garden party?", garden, "is there a cat ?"],
    ["is there a cat in garden_party?", garden, "is there a cat ?"],
    ['is there a cat in "walk.mp4"?', walk, "is there a cat ?"],
  ])("%s", (question, clip, rest) => {
    const found = findClipReference(question, titles);
    expect(found?.rest.replace(/\s+/g, " ")).toBe(rest);
    expect(found && resolveClip(found.reference, clips, dog)).toBe(clip);
  });

  it.each([
    "when does the dog appear?",
    "is there a walk?",
    "what is the first thing seen in this clip?",
    "the second one",
  ])("none: %s", (question) => expect(findClipReference(question, titles)).toBeUndefined());

  it("knows no fourth clip among three, and no other one when there is one only", () => {
    expect(resolveClip({ type: "ordinal", ordinal: 4 }, clips, dog)).toBeUndefined();
    expect(resolveClip({ type: "other" }, [dog], dog)).toBeUndefined();
  });

  it("goes back and forth between two clips", () => {
    const two = [walk, dog];
    expect(resolveClip({ type: "other" }, two, dog)).toBe(walk);
    expect(resolveClip({ type: "other" }, two, walk)).toBe(dog);
  });
});
