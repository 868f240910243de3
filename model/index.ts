/** What the rest of the house may use of model/. The pipeline itself is behind core/ports/clip-model.ts. */
export { loadBundle, type ModelBundle, readBundleIdentity } from "./bundle.ts";
export {
  type ClipEncoderDeps,
  type ContactStripOptions,
  createClipEncoder,
  createCutFinder,
  type DecodeLimits,
  type FfmpegBinary,
  type FfmpegSearch,
  makeContactStrip,
  resolveFfmpeg,
} from "./media/index.ts";
export type { ProviderChoice, ProviderName } from "./onnx/execution-provider.ts";
export { probeProvider } from "./onnx/probe-provider.ts";
export { type ClipModelDeps, type ClipModelOptions, createClipModel } from "./pipeline.ts";
