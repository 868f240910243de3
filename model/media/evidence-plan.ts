/**
 * Which pictures of a clip are kept to be shown beside answers: small ones, at even steps, a bounded number a clip.
 * Depends on the header alone, so that a clip that is taken up again half way goes on with the same steps.
 */
import type { ClipHeader, VideoStream } from "./clip-header.ts";

export interface EvidencePlan {
  /** Frame k is the picture shown at (k + 0.5) * intervalSeconds. */
  readonly intervalSeconds: number;
  /** The first one that is wanted: it lies at or after where decoding begins. */
  readonly firstFrame: number;
  /** As shown: upright, with square pixels. */
  readonly width: number;
  readonly height: number;
}

/** Wide enough to tell what is seen in a list or a chat, small enough that 20 minutes of it take some 12 MB. */
const LONG_SIDE = 320;

/** 20 minutes at one a second. Longer clips get as many, further apart. */
const MAX_FRAMES = 1200;

/** A clip this short gets two a second, and two at least: otherwise some would have a single one, or none. */
const SHORT_CLIP_SECONDS = 8;

/** Headers count hundredths of a second: half of the shortest picture that they can name, rounded. */
const LEAST_INTERVAL = 0.02;

/** @param dropSeconds  media time at which decoding begins */
export function planEvidence(
  header: Pick<ClipHeader, "durationSeconds">,
  video: VideoStream,
  dropSeconds: number,
): EvidencePlan {
  const { durationSeconds } = header;
  const isShort = durationSeconds !== undefined && durationSeconds <= SHORT_CLIP_SECONDS;
  const intervalSeconds = isShort
    ? Math.min(0.5, Math.max(LEAST_INTERVAL, durationSeconds / 2))
    : Math.max(1, Math.ceil((durationSeconds ?? 0) / MAX_FRAMES));
  const firstFrame = Math.max(0, Math.ceil(dropSeconds / intervalSeconds - 0.5));
  return { intervalSeconds, firstFrame, ...shownSize(video) };
}

export const evidenceSeconds = ({ intervalSeconds }: EvidencePlan, frame: number): number =>
  (frame + 0.5) * intervalSeconds;

/**
 * Browsers record without writing a duration into the header, and headers lie. What comes after the first 1200 frames
 * is thinned out by powers of two: 600 more for each doubling of the length.
 */
export function isKept(frame: number): boolean {
  if (frame < MAX_FRAMES) return true;
  return frame % 2 ** (Math.floor(Math.log2(frame / MAX_FRAMES)) + 1) === 0;
}

function shownSize({ storedWidth, storedHeight, pixelAspect, quarterTurns }: VideoStream) {
  const upright = { width: storedWidth * pixelAspect, height: storedHeight };
  const shown = quarterTurns % 2 === 0 ? upright : { width: upright.height, height: upright.width };
  const scale = Math.min(1, LONG_SIDE / Math.max(shown.width, shown.height));
  return { width: wholeEven(shown.width * scale), height: wholeEven(shown.height * scale) };
}

/** Colour is stored for blocks of 2x2 pixels. */
const wholeEven = (pixels: number): number => Math.max(2, 2 * Math.round(pixels / 2));
