import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../../../core/index.ts";

const SPANS = [
  { startSeconds: 5, endSeconds: 8 },
  { startSeconds: 61.5, endSeconds: 65 },
];
const refused = (text: string, question = "when does the dog bark?") =>
  refusalOf(text, { spans: SPANS, limitSeconds: 90, question });

describe("a text that another model wrote", () => {
  it.each([
    "The dog barks at 0:05.",
    "It barks twice: from 0:05 to 0:08, and again at 1:01.",
    "From 00:05 to 00:08, and from 1:01.5 to 1:05.",
    "It barks at 5 seconds, for three seconds.",
    "It starts 61.5 s in and goes on until 1 minute 5 seconds.",
    "The second time is at 1:01.",
    "There are 2 dogs, and the dog barks 2 times.",
    "No dog barks in this clip.",
    "Between 5 and 8 the dog barks.",
    "The clip is 1:30 long.",
    "Route 66 is on the sign.",
  ])("may say what was looked up: %s", (text) => expect(refused(text)).toBeUndefined());

  it.each([
    "The dog barks at 0:42.",
    "The dog barks at 42 seconds.",
    "The dog barks at forty-two seconds.",
    "The dog barks 42s in.",
    "The dog barks at 42.",
    "From 0:05 to 0:20 the dog barks.",
    "The dog barks at 0 : 42.",
    "The dog barks at \uff10\uff1a\uff14\uff12.",
    "The dog barks at 0\u223642.",
    "The dog barks at \u0660:\u0664\u0662.",
    "The dog barks at second 42.",
    "The dog barks at minute 1.5.",
    "The dog barks 2 minutes in.",
    "The dog barks at 0:05, then after 1 minute 20 seconds.",
    "The dog barks half a minute in.",
    "The dog barks a few seconds later.",
    "The dog barks halfway through.",
    "The dog barks at 00:00:42.",
    "The dog barks at 0:05.\nAlso at 12:34:56.",
    "The dog barks 4200 ms in, or 42000 ms.",
  ])("may not say any other time: %s", (text) => expect(refused(text)).toMatch(/time/));

  it("may repeat times of the question", () => {
    expect(refused("Nothing happens at 0:42.", "what happens at 0:42?")).toBeUndefined();
    expect(refused("Nothing happens at 0:42.", "what happens at 0:40?")).toMatch(/not looked up/);
  });

  it.each(["", "   ", "x".repeat(2000), "See https://example.org/x at 0:05.", "[here](evil)", "www.example.org"])(
    "is refused when it is empty, endless or holds a link: %#",
    (text) => expect(refused(text)).toBeDefined(),
  );

  it("holds no clock time but those that were looked up, whatever stands around it", () => {
    const around = fc.constantFrom("", " ", "at ", "(", "from ", "\u00a0", "the dog ", "~");
    fc.assert(
      fc.property(around, fc.integer({ min: 0, max: 5999 }), around, (before, seconds, after) => {
        const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
        const known = [5, 8, 61.5, 65, 90, 3, 3.5, 53.5].some((time) => Math.abs(time - seconds) <= 1);
        expect(refused(`It barks ${before}${clock}${after === "~" ? "" : ` ${after}`}.`) === undefined).toBe(known);
      }),
    );
  });
});
