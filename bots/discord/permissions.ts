/** What the bot may do on a server, and the link that invites it with exactly that. docs/discord.md has the reasons. */
import { type PermissionFlagsBits, PermissionsBitField } from "discord.js";

export const PERMISSIONS = {
  ViewChannel: "see the channels, and what is shared in them",
  ReadMessageHistory: "fetch a clip's file again by its message; read what came while it was away",
  SendMessages: "answer where a channel has no threads",
  SendMessagesInThreads: "answer in the clip's thread",
  CreatePublicThreads: "open the clip's thread",
  AttachFiles: "show the frame that an answer points at",
  AddReactions: "mark a clip as seen, ready or failed",
} as const satisfies Partial<Record<keyof typeof PermissionFlagsBits, string>>;

export type Permission = keyof typeof PERMISSIONS;

/** The sum that Discord wants in the link. */
export const PERMISSION_BITS: bigint = new PermissionsBitField(Object.keys(PERMISSIONS) as Permission[]).bitfield;

export const inviteLink = (applicationId: string): string =>
  `https://discord.com/oauth2/authorize?client_id=${applicationId}&scope=bot+applications.commands&permissions=${PERMISSION_BITS}`;
