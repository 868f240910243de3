/** What the rest of the house may use of model/. */
export { loadBundle, type ModelBundle } from "./bundle.ts";
export {
  type DecodeLimits,
  decodeClip,
  type FfmpegBinary,
  type FfmpegSearch,
  resolveFfmpeg,
} from "./media/index.ts";
export { type ClipModelDeps, type ClipModelOptions, createClipModel } from "./pipeline.ts";
export { formatTime } from "./time-tokens.ts";
