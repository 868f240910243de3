/** Clip memories as tests need them: `aHeader({ title: "dog.mp4" })`, `aWindow(3)`. */
import {
  asClipId,
  asTenantId,
  type ClipInfo,
  type ClipMemoryHeader,
  MEMORY_SCHEMA_VERSION,
  type QueryAxes,
  type Turn,
  type WatchedWindow,
} from "../../core/index.ts";
import { FAKE_BUNDLE } from "./fake-clip-model.ts";

export { aJpeg } from "./a-jpeg.ts";

export const TENANT = asTenantId("local");
export const CLIP = asClipId("c1".repeat(32));
export const OTHER_CLIP = asClipId("d2".repeat(32));

export const AXES: QueryAxes = { Q: 3, D: 5, E: 4 };

export const aClipInfo = (durationSeconds = 20): ClipInfo => ({
  durationSeconds,
  container: "mp4",
  video: { codec: "h264", width: 1280, height: 720 },
});

export const aKey = (overrides: Partial<ClipMemoryHeader["key"]> = {}): ClipMemoryHeader["key"] => ({
  tenantId: TENANT,
  clipId: CLIP,
  bundleFingerprint: FAKE_BUNDLE.fingerprint,
  schemaVersion: MEMORY_SCHEMA_VERSION,
  ...overrides,
});

export const aHeader = (overrides: Partial<ClipMemoryHeader> = {}): ClipMemoryHeader => ({
  key: aKey(),
  bundle: FAKE_BUNDLE,
  axes: AXES,
  title: "dog.mp4",
  info: aClipInfo(),
  createdAtMs: 1_000,
  ...overrides,
});

/** Eight seconds whose every value tells which window it is; all of them are exact in float16. */
export const aWindow = (index: number, axes: QueryAxes = AXES): WatchedWindow => ({
  index,
  startSeconds: index * 8,
  endSeconds: index * 8 + 8,
  queries: Float32Array.from({ length: axes.Q * axes.D }, (_, i) => (index % 64) + (i % 16) / 16),
  embedding: Float32Array.from({ length: axes.E }, (_, i) => Math.sin(index + i)),
});

export const aTurn = (question: string, overrides: Partial<Turn> = {}): Turn => ({
  question: { text: question },
  answer: {
    text: `${question} At 0:04.`,
    spans: [{ startSeconds: 4, endSeconds: 6, confidence: 0.8 }],
    verdict: "found",
    confidence: 0.8,
    bundle: FAKE_BUNDLE,
  },
  clipId: CLIP,
  askedAtMs: 5_000,
  ...overrides,
});
