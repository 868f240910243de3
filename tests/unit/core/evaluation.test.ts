import { describe, expect, it } from "vitest";
import { type EvaluatedTurn, evaluate, isRight, seededRandom, temporalIou } from "../../../core/evaluation.ts";

const span = (startSeconds: number, endSeconds: number) => ({ startSeconds, endSeconds });

const aTurn = (wanted: EvaluatedTurn["wanted"], given: Partial<EvaluatedTurn["given"]>): EvaluatedTurn => ({
  family: "when_seen",
  durationSeconds: 20,
  wanted,
  given: { verdict: "found", spans: [], confidence: 1, text: "", about: "a.mp4", ...given },
});

const judge = (turns: readonly EvaluatedTurn[]) => turns.map((turn) => ({ turn, right: isRight(turn) }));

describe("temporal IoU", () => {
  it("is the overlap over the union", () => {
    expect(temporalIou([span(2, 6)], [span(4, 8)])).toBeCloseTo(2 / 6);
  });

  it("counts doubled and touching spans once", () => {
    expect(temporalIou([span(0, 2), span(2, 4), span(1, 3)], [span(0, 4)])).toBe(1);
  });

  it("is nothing when nothing is pointed at", () => {
    expect(temporalIou([span(0, 2)], [])).toBe(0);
    expect(temporalIou([], [])).toBe(0);
  });
});

describe("an answer is right", () => {
  const here = { absent: false, spans: [] };
  it.each<[string, EvaluatedTurn["wanted"], Partial<EvaluatedTurn["given"]>, boolean]>([
    ["when it was refused as it should", { ...here, error: "question.empty" }, { error: "question.empty" }, true],
    [
      "not when it was refused for another reason",
      { ...here, error: "question.empty" },
      { error: "question.language" },
      false,
    ],
    ["not when it was refused for no reason", here, { error: "question.language" }, false],
    ["when it says one of the words", { ...here, says: ["twice", "2 times"] }, { text: "Twice: ..." }, true],
    ["not when it says none", { ...here, says: ["twice"] }, { text: "Once: ..." }, false],
    ["not when it says what it must not", { ...here, notSaid: ["9:59"] }, { text: "At 9:59." }, false],
    ["when it names the things", { ...here, names: ["dog", "bell"] }, { text: "the dog and the bell sound" }, true],
    [
      "not when it names far too many",
      { ...here, names: ["dog"] },
      { text: "dog, cat, bell pepper, bell, car" },
      false,
    ],
    ["when its spans reach into the time", { ...here, within: span(4, 6) }, { spans: [span(5, 9)] }, true],
    ["not when one does not", { ...here, within: span(4, 6) }, { spans: [span(5, 9), span(6, 9)] }, false],
    ["not about another clip", { ...here, about: "b.mp4" }, {}, false],
  ])("%s", (_, wanted, given, right) => {
    expect(isRight(aTurn(wanted, given), ["dog", "bell", "bell pepper", "cat", "car"])).toBe(right);
  });
});

describe("evaluation", () => {
  it("counts questions that lean on the turn before on their own", () => {
    const gone = { absent: true, spans: [] };
    const of = (family: string, verdict: "absent" | "found") => ({ ...aTurn(gone, { verdict }), family });
    const turns = [of("follow_up_when", "absent"), of("second_time", "found"), of("first_last", "absent")];
    expect(evaluate(judge(turns), seededRandom(1)).followUps).toEqual({ questions: 2, right: 1 });
  });

  it("counts right answers by family", () => {
    const turns = [aTurn({ absent: true, spans: [] }, { verdict: "absent" }), aTurn({ absent: true, spans: [] }, {})];
    expect(evaluate(judge(turns), seededRandom(1)).right).toEqual({ when_seen: { questions: 2, right: 1 } });
  });

  it("scores grounding, absence and confidence apart", () => {
    const turns = [
      aTurn({ absent: false, spans: [span(2, 6)] }, { spans: [span(2, 6)] }),
      aTurn({ absent: false, spans: [span(2, 6)] }, { verdict: "absent", confidence: 1 }),
      aTurn({ absent: true, spans: [] }, { verdict: "absent", confidence: 1 }),
      aTurn({ absent: true, spans: [] }, { spans: [span(0, 1)], confidence: 0 }),
    ];
    const report = evaluate(judge(turns), seededRandom(1));
    expect(report.grounding).toMatchObject({ questions: 2, meanIou: 0.5, recallAt: { "0.7": 0.5 } });
    expect(report.absent).toEqual({ precision: 0.5, recall: 0.5, questions: 2 });
    // Three were sure and two of them right: a gap of a third over three quarters of the turns.
    expect(report.expectedCalibrationError).toBeCloseTo(0.25);
  });

  it("finds guessing far worse than answering, and the same for the same seed", () => {
    const turns = [aTurn({ absent: false, spans: [span(2, 4)] }, { spans: [span(2, 4)] })];
    const { chance } = evaluate(judge(turns), seededRandom(7)).grounding;
    expect(chance.meanIou).toBeGreaterThan(0.02);
    expect(chance.meanIou).toBeLessThan(0.3);
    expect(evaluate(judge(turns), seededRandom(7)).grounding.chance).toEqual(chance);
  });
});
