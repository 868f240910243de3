/** Decoding: a file in, windows of frames and sound out; and the log-mel of a window's sound. */

export { type ClipEncoderDeps, createClipEncoder } from "./clip-encoder.ts";
export { type ContactStripOptions, makeContactStrip } from "./contact-strip.ts";
export { type DecodedEvent, type DecodeOptions, decodeClip } from "./decode-clip.ts";
export type { DecodeLimits } from "./decode-limits.ts";
export { type FfmpegBinary, type FfmpegSearch, resolveFfmpeg } from "./ffmpeg-binary.ts";
export { createCutFinder } from "./find-cuts.ts";
export { logMel, type MelSettings } from "./log-mel.ts";
export type { DecodedWindow } from "./window-assembler.ts";
