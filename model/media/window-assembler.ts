/**
 * Puts frames and samples, which come in streams at their own pace, together into windows. No clock, no process:
 * bytes go in, windows come out.
 *
 * The rules:
 * - Window w covers `[w * windowSeconds, (w + 1) * windowSeconds)`; the last one ends where the clip ends.
 * - A tail shorter than half a frame interval holds no frame (frame k is the picture at (k + 0.5) / frameRate) and
 *   makes no window: the window before it ends with the clip, up to that much later than its own length. The sound of
 *   that tail is left out. So no window is shorter than half a frame interval, but in a clip that is itself.
 * - A window is handed out once it is known not to be the last, and both streams have passed its end.
 * - ffmpeg does not say that one stream has ended while the other goes on. When one is far ahead, the other counts as
 *   absent so far, and what still comes of it for windows handed out is dropped. This bounds what is held.
 */
import type { Span } from "../../core/clip.ts";
import type { EvidenceFrame } from "../../core/ports/frame-store.ts";
import { type EvidencePlan, evidenceSeconds, isKept } from "./evidence-plan.ts";
import { FloatTrack } from "./float-track.ts";

/** Axes as in model/PAPER.md: T frames a window, S the side of a frame. */
export interface DecodedWindow extends Span {
  /** 0, 1, 2, ... from the start of the clip. */
  readonly index: number;
  /** `[frameCount, 3, S, S]`, planes G, B, R, values 0..1. Owns its buffer, which may be transferred. */
  readonly frames: Float32Array<ArrayBuffer>;
  /** T at most; fewer when the pictures end within the window, 0 when there are none. */
  readonly frameCount: number;
  /** Mono, at the bundle's rate, from `startSeconds` on. Shorter than the window when the sound ends in it. */
  readonly samples: Float32Array<ArrayBuffer>;
  readonly hasVideo: boolean;
  readonly hasAudio: boolean;
  /** What is on screen in it, to be shown to people; in order of time. Often one a second. */
  readonly evidence: readonly EvidenceFrame[];
}

export interface AssemblerOptions {
  readonly windowSeconds: number;
  readonly frameRate: number;
  readonly frameSize: number;
  readonly sampleRateHz: number;
  /** What comes first belongs to this window. */
  readonly firstWindow: number;
  readonly hasVideo: boolean;
  readonly hasAudio: boolean;
  /** Absent: no evidence frames come. */
  readonly evidence?: EvidencePlan;
}

/** Frames take 0.4 MB a second at 128 x 128, so not many wait for sound. Players see to it that 10 s are enough. */
const MAX_FRAMES_AHEAD_SECONDS = 32;

/**
 * Samples take 64 kB a second. Pictures come late in earnest: one that stands still for minutes, in a recording of a
 * screen, is handed out only when the next one is known.
 */
export const MAX_SAMPLES_AHEAD_SECONDS = 600;

export class WindowAssembler {
  readonly #options: AssemblerOptions;
  readonly #frameFloats: number;
  readonly #frames: FloatTrack;
  readonly #samples: FloatTrack;
  readonly #tailSeconds: number;
  /** Media time of the first value of both tracks. */
  readonly #originSeconds: number;
  #nextWindow: number;
  #framesEnded: boolean;
  #samplesEnded: boolean;
  #evidence: EvidenceFrame[] = [];
  /** Number of the evidence frame that comes next. */
  #nextEvidence: number;
  #evidenceEnded: boolean;

  constructor(options: AssemblerOptions) {
    const { windowSeconds, frameRate, frameSize, sampleRateHz } = options;
    this.#options = options;
    this.#frameFloats = 3 * frameSize * frameSize;
    this.#frames = new FloatTrack(Math.round(windowSeconds * frameRate) * this.#frameFloats);
    this.#samples = new FloatTrack(Math.round(windowSeconds * sampleRateHz));
    this.#tailSeconds = 0.5 / frameRate;
    this.#originSeconds = options.firstWindow * windowSeconds;
    this.#nextWindow = options.firstWindow;
    this.#framesEnded = !options.hasVideo;
    this.#samplesEnded = !options.hasAudio;
    this.#nextEvidence = options.evidence?.firstFrame ?? 0;
    this.#evidenceEnded = !options.evidence;
  }

  pushFrames(bytes: Uint8Array): void {
    this.#frames.push(bytes);
  }

  endFrames(): void {
    this.#framesEnded = true;
  }

  /** Where the first sample lies, in seconds after the start of the first window. Call before any sample comes. */
  startSamplesAt(seconds: number): void {
    this.#samples.shift(Math.round(seconds * this.#options.sampleRateHz));
  }

  pushSamples(bytes: Uint8Array): void {
    this.#samples.push(bytes);
  }

  endSamples(): void {
    this.#samplesEnded = true;
  }

  pushEvidence(jpeg: Uint8Array): void {
    const { evidence } = this.#options;
    if (!evidence) return;
    const frame = this.#nextEvidence++;
    if (isKept(frame)) this.#evidence.push({ atSeconds: evidenceSeconds(evidence, frame), jpeg });
  }

  endEvidence(): void {
    this.#evidenceEnded = true;
  }

  /** Nothing has come yet. */
  get isEmpty(): boolean {
    return this.#frames.floats === 0 && this.#samples.floats === 0;
  }

  /** Media time up to which there is certainly something: the last sample's end, or the middle of the last frame. */
  get reachSeconds(): number {
    return Math.max(this.#framesEndSeconds - this.#tailSeconds, this.#samplesEndSeconds);
  }

  /** The next window, when it is whole and not the last. */
  take(): DecodedWindow | undefined {
    const endSeconds = (this.#nextWindow + 1) * this.#options.windowSeconds;
    const framesEnd = this.#framesEndSeconds;
    const samplesEnd = this.#samplesEndSeconds;

    const soundIsFarAhead = samplesEnd - endSeconds > MAX_SAMPLES_AHEAD_SECONDS;
    const framesAreFarAhead = framesEnd - endSeconds > MAX_FRAMES_AHEAD_SECONDS;
    const framesThere = this.#framesEnded || framesEnd >= endSeconds || soundIsFarAhead;
    const samplesThere = this.#samplesEnded || samplesEnd >= endSeconds || framesAreFarAhead;
    const evidenceThere =
      this.#evidenceEnded || this.#evidenceEndSeconds >= endSeconds || soundIsFarAhead || framesAreFarAhead;
    // Frame k of the next window is on screen at (k + 0.5) / frameRate: that it came shows that the clip goes on.
    const goesOn = framesEnd > endSeconds || samplesEnd > endSeconds + this.#tailSeconds;
    return framesThere && samplesThere && evidenceThere && goesOn ? this.#handOut(endSeconds) : undefined;
  }

  /**
   * The windows that are left once both streams have ended; the last one ends at `durationSeconds`.
   * None when `durationSeconds` lies in what has been handed out.
   */
  *finish(durationSeconds: number): Generator<DecodedWindow> {
    const { windowSeconds } = this.#options;
    // 1e-6: durations are sums of roundings to a microsecond.
    const windows = Math.ceil((durationSeconds - this.#tailSeconds - 1e-6) / windowSeconds);
    const last = Math.max(0, windows - 1);
    while (this.#nextWindow <= last) {
      const isLast = this.#nextWindow === last;
      yield this.#handOut(isLast ? durationSeconds : (this.#nextWindow + 1) * windowSeconds);
    }
  }

  get #framesEndSeconds(): number {
    return this.#originSeconds + Math.floor(this.#frames.floats / this.#frameFloats) / this.#options.frameRate;
  }

  get #samplesEndSeconds(): number {
    return this.#originSeconds + this.#samples.floats / this.#options.sampleRateHz;
  }

  /** Every evidence frame before this time has come. */
  get #evidenceEndSeconds(): number {
    const { evidence } = this.#options;
    return evidence ? evidenceSeconds(evidence, this.#nextEvidence) : 0;
  }

  #takeEvidence(endSeconds: number): EvidenceFrame[] {
    const later = this.#evidence.findIndex(({ atSeconds }) => atSeconds >= endSeconds);
    return this.#evidence.splice(0, later < 0 ? this.#evidence.length : later);
  }

  #handOut(endSeconds: number): DecodedWindow {
    const index = this.#nextWindow++;
    const piece = index - this.#options.firstWindow;
    const frames = this.#frames.take(piece, this.#frameFloats);
    const samples = this.#samples.take(piece);
    return {
      index,
      startSeconds: index * this.#options.windowSeconds,
      endSeconds,
      frames,
      frameCount: frames.length / this.#frameFloats,
      samples,
      hasVideo: frames.length > 0,
      hasAudio: samples.length > 0,
      evidence: this.#takeEvidence(endSeconds),
    };
  }
}
