/**
 * Words that only Discord needs; what is said everywhere is in bots/replies.ts. docs/discord.md quotes them, a test compares.
 */

export const WORDS = {
  stop: "Stop",
  helpful: "👍 Helpful",
  unhelpful: "👎 Not right",
  more: (count: number) => `and ${count} more`,
  mentionMe: "Mention me with your question, or reply to one of my messages: I cannot read the others here.",

  askAboutThisClip: "Ask about this clip",
  yourQuestion: "Your question",
  yourQuestionHint: "Leave it empty to have the clip watched only.",
  questionTaken: "I am on it. The answer comes in the clip's thread.",
  clipTaken: "I am on it. I will say when I have watched it.",
  noClipThere: "There is no clip in that message. Try it on a message with a video, or with a direct link to one.",
  askWhere: "Ask in the thread of a clip, or give me a clip with it: `/ask question: … clip: …`.",
  momentsWhere: "Use this in the thread of a clip.",
  momentsTaken: "The moments come in this thread.",
  clipTooLargeToPost: (limit: string) =>
    `That file is larger than I may post here (${limit}). Share it as a message of yours; I will watch it from there.`,
  notAClip: "That file is not a video or a sound.",
  sharedFor: (userId: string, title: string) => `<@${userId}> shares ${title}`,
  thanks: "Thank you. It is noted.",
  outdated: "That button is from an earlier version of me. Please ask again.",

  nothingRemembered: "I remember no clip that you may see here.",
  remembered: (count: number) =>
    count === 1 ? "I remember one clip that you may see." : `I remember ${count} clips that you may see.`,
  chooseToForget: "Choose what I shall forget",
  forgetAll: (count: number) => (count === 1 ? "Forget it" : `Forget all ${count}`),
  forgotten: (count: number) => (count === 1 ? "One clip is forgotten." : `${count} clips are forgotten.`),
  nothingForgotten: "There was nothing to forget.",

  modeFull: "I read every message of the channels I am in (message content is on).",
  modeLimited:
    "I read only messages that mention me, replies to me, direct messages and what a command hands me (message content is off).",
  settingsWhere: "Settings can be changed in a server.",
  settingsWho: "To change settings you need Manage Channels, or Manage Server for the whole server.",
  settingsOf: { channel: "Settings of this channel", server: "Settings of this server" },
  settingsSaved: "Saved.",

  choiceNoted: "Noted, if it was yours to say.",
  watch: {
    always: "every clip",
    mention: "only clips that I am mentioned with",
    off: "none, unless somebody asks me about one",
  },
  answer: { always: "every question in a clip's thread", mention: "only questions that mention me" },
  asksParticipants: "I ask them before I watch",
  asksNobody: "I watch without asking them",

  help: (mode: string) =>
    [
      "**Share a video, ask about it, jump to the second.**",
      "Post a video in a channel I can see: I open a thread, watch the clip once, and answer from memory.",
      "",
      "• Ask in the clip's thread. Follow-ups work: “and after that?”",
      "• **Apps → Ask about this clip** on any message with a video.",
      "• `/ask` with a question, and a clip of yours if you like.",
      "• `/moments` lists what happens in the clip.",
      "• `/forget` makes me forget a clip; so does deleting its message.",
      "• `/clip settings` says when I watch and answer here.",
      "",
      mode,
    ].join("\n"),
} as const;
