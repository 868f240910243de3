/** What an answer's spans look like: one kept frame a span, and all of them in one strip when there are several. */
import type { ClipId, MomentSpan, Span, TenantId } from "./clip.ts";
import type { ContactStripMaker } from "./ports/contact-strip-maker.ts";
import type { EvidenceFrame, FrameStore } from "./ports/frame-store.ts";

export interface ShowEvidenceDeps {
  readonly frames: FrameStore;
  /** Absent: no strip. */
  readonly strips?: ContactStripMaker;
}

export interface ShowEvidenceRequest {
  readonly tenantId: TenantId;
  readonly clipId: ClipId;
  readonly spans: readonly MomentSpan[];
  readonly signal?: AbortSignal;
}

export interface Evidence {
  /** One a span, in the same order; `undefined` where nothing was on screen, or nothing was kept. */
  readonly frames: readonly (EvidenceFrame | undefined)[];
  /** A JPEG. Only when there are two different frames or more. */
  readonly strip?: Uint8Array;
}

/** A window of the shipped bundle. A frame that lies further from its span shows something else. */
const NEAR_SECONDS = 8;

/** @throws DomainError what the store and the strip maker throw, unchanged */
export async function showEvidence(
  { frames: store, strips }: ShowEvidenceDeps,
  { tenantId, clipId, spans, signal }: ShowEvidenceRequest,
): Promise<Evidence> {
  const frames = await Promise.all(
    spans.map(async (span) => {
      const frame = await store.nearest(tenantId, clipId, evidenceSecondsOf(span));
      return frame && distance(span, frame.atSeconds) <= NEAR_SECONDS ? frame : undefined;
    }),
  );
  const shown = new Map(frames.flatMap((frame) => (frame ? [[frame.atSeconds, frame.jpeg] as const] : [])));
  if (!strips || shown.size < 2) return { frames };
  return { frames, strip: await strips.makeStrip([...shown.values()], signal) };
}

/** Media time of a span's evidence frame: its strongest second, or its middle. */
export const evidenceSecondsOf = ({ startSeconds, endSeconds, evidenceSeconds }: MomentSpan): number =>
  evidenceSeconds ?? (startSeconds + endSeconds) / 2;

const distance = ({ startSeconds, endSeconds }: Span, seconds: number): number =>
  Math.max(0, startSeconds - seconds, seconds - endSeconds);
