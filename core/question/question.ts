/** What a question asks for, once it has been read. Plain data: made by parse-question.ts, answered by core/answering/. */
import type { TimeExpression } from "./time-expression.ts";

export type Sense = "seen" | "heard";

/** Something that may be seen or heard in a clip. */
export interface Thing {
  /** A word of the bundle when it is known, the person's own words otherwise. */
  readonly name: string;
  readonly sense: Sense;
  /** False: the bundle has no word for it, so nobody can say whether it is there. */
  readonly known: boolean;
}

/** `n >= 1`: the n-th; `-1`: the last. */
export type Occurrence = number;

/** What a question leans on: a thing, or what an earlier answer pointed at. */
export type Anchor =
  | { readonly type: "thing"; readonly thing: Thing; readonly occurrence?: Occurrence | undefined }
  /** `turnsBack` 1: the last answer that pointed anywhere. */
  | { readonly type: "that"; readonly turnsBack: number; readonly occurrence?: Occurrence | undefined };

export type ParsedQuestion =
  /** When is it there; `whether`: is it there at all. */
  | {
      readonly kind: "when" | "whether";
      readonly thing: Thing;
      readonly occurrence?: Occurrence | undefined;
      readonly time?: TimeExpression | undefined;
    }
  /** Show an earlier answer's span: "the second one". */
  | { readonly kind: "that"; readonly anchor: Anchor }
  | { readonly kind: "count"; readonly thing: Thing; readonly time?: TimeExpression | undefined }
  | { readonly kind: "length"; readonly anchor: Anchor }
  /** Which of two comes first; `claim`: is it true that the first one is `claim` the other. */
  | {
      readonly kind: "order";
      readonly one: Anchor;
      readonly other: Anchor;
      readonly claim?: "before" | "after" | undefined;
    }
  /** Time between two things. */
  | { readonly kind: "gap"; readonly one: Anchor; readonly other: Anchor }
  /** What there is next to something. */
  | {
      readonly kind: "neighbour";
      readonly side: "before" | "after" | "during";
      readonly anchor: Anchor;
      readonly sense?: Sense | undefined;
    }
  /** What there is at a time. */
  | { readonly kind: "at"; readonly time: TimeExpression; readonly sense?: Sense | undefined }
  | {
      readonly kind: "extreme";
      readonly which: "first" | "last" | "longest" | "shortest";
      readonly sense?: Sense | undefined;
    }
  | { readonly kind: "list"; readonly form: "moments" | "summary" | "chapters"; readonly sense?: Sense | undefined }
  | { readonly kind: "clipLength" }
  /** "are you sure?" */
  | { readonly kind: "sure" }
  /** What can be asked. */
  | { readonly kind: "help" }
  /** Beyond what can be told (why, who, which colour); `thing` when it names one that can be pointed at. */
  | { readonly kind: "beyond"; readonly thing?: Thing | undefined }
  /** Not read: the model takes it as it is. */
  | { readonly kind: "other" };

export type QuestionKind = ParsedQuestion["kind"];
