/** What people read around commands, settings and the list of what is remembered; the same on every platform. */
import type { WatchMode } from "../../core/index.ts";

/** `mention`: how the bot is called there. `command`: how its command is written. */
export const helpText = ({ mention, command }: { readonly mention: string; readonly command: string }): string =>
  [
    "Share a clip (a video or a sound, or a direct https link to one) where I am, and I watch it once.",
    "Then ask in its thread: when something happens, what happens at a time, how often, what is heard. Follow-up questions work.",
    "Every answer has buttons that open the clip at the second.",
    `Mention me (${mention}) with a clip when I am set to wait for that. For an older clip, use "Ask about this clip" in the message's menu.`,
    `${command} settings says when I watch and answer here; ${command} moments lists what happens in the newest clip; ${command} forget lets you remove clips from my memory.`,
    "Deleting a message or a file makes me forget its clip as well.",
  ].join("\n");

export const WATCH_MODES: Readonly<Record<WatchMode, string>> = {
  always: "Every clip that is shared here",
  mention: "Only clips that I am mentioned with",
  off: "No clips",
};

export const ANSWER_MODES: Readonly<Record<"always" | "mention", string>> = {
  always: "Every message in a clip's thread",
  mention: "Only messages that mention me",
};

export const NO_CLIP_HERE = "There is no clip in this message: no video or sound, and no direct https link to one.";
export const NO_CLIPS_KNOWN = 'I remember no clip here. Share one, or use "Ask about this clip" in a message\'s menu.';
export const NOTHING_REMEMBERED = "I remember no clips that you can see.";
export const SETTINGS_SAVED = "Saved.";
export const TAKING_A_LOOK = "I am having a look; see the thread of the clip.";
export const FORGET_ONE =
  "I forget what I saw and heard in it, its pictures and its answers. The clip itself stays where it is.";
export const FORGET_ALL =
  "I forget all clips that you can see here, for everybody. The clips themselves stay where they are.";

/** For a link to a page that plays a video, which is not fetched. */
export const providerLinkText = (provider: string): string =>
  `I do not download from ${provider}. Upload the clip itself, and I watch it.`;
