/** Names of what people can press; views write them, listeners read them. Ids must differ within a message, hence the tails. */
export const ACTIONS = {
  /** `ask-0`: a suggested question, whole in the button's value. */
  ask: "ask",
  stop: "stop",
  /** A link: opened by Slack itself, we are told. */
  open: "open",
  feedback: "feedback",
  choose: "choose",
  forgetShare: "forget-share",
  forgetAll: "forget-all",
  showMoments: "show-moments",
} as const;

export const SHORTCUT_ASK = "ask_about_clip";
export const COMMAND = "/clip";
export const VIEW_SETTINGS = "settings";

export const actionId = (name: string, tail?: string | number): string =>
  tail === undefined ? name : `${name}-${tail}`;

/** Matches the name with any tail. */
export const anyOf = (name: string): RegExp => new RegExp(`^${name}(-|$)`);
