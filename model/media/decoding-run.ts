/** One run of ffmpeg with up to three outputs, read from all at once, as windows. */
import { cancelled, endedBySignal, stalled, tooLong, tooManyPixels } from "./clip-errors.ts";
import type { DecodeLimits } from "./decode-limits.ts";
import { planEvidence } from "./evidence-plan.ts";
import { type DecodeStart, decodeArguments, readTimeLine, type SamplingOptions } from "./ffmpeg-arguments.ts";
import { type FfmpegProcess, startFfmpeg } from "./ffmpeg-process.ts";
import { MultipartJpeg } from "./multipart-jpeg.ts";
import { type ProbedClip, refusedSize } from "./probe-clip.ts";
import { type DecodedWindow, MAX_SAMPLES_AHEAD_SECONDS, WindowAssembler } from "./window-assembler.ts";

export interface RunOptions extends SamplingOptions {
  readonly ffmpeg: { readonly path: string };
  readonly windowSeconds: number;
  readonly limits: DecodeLimits;
  readonly signal?: AbortSignal;
}

/** Times are printed for every picture; fewer than three of them (at 30 a second) are no progress worth a new wait. */
const PROGRESS_SECONDS = 0.1;

/** Sound is padded to whole packets, so a clip at the limit can come out a little longer. */
const LENGTH_TOLERANCE_SECONDS = 1;

export class DecodingRun {
  readonly #options: RunOptions;
  readonly #path: string;
  readonly #start: DecodeStart;
  readonly #hasVideo: boolean;
  readonly #assembler: WindowAssembler;
  readonly #ffmpeg: FfmpegProcess;

  // Times as ffmpeg prints them; media time is these minus #zeroSeconds.
  #pictureStart: number | undefined;
  #pictureEnd: number | undefined;
  #soundStart: number | undefined;
  /** Sound that came before it was known where media time 0 is; undefined once it is known. */
  #unplacedSound: Buffer[] | undefined = [];
  #unplacedBytes = 0;

  #complained = false;
  #openStreams = 0;
  #exited = false;
  #failure: Error | undefined;
  #progressedTo = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => {};
  readonly #onAbort = () => {
    void this.#ffmpeg.stop();
    this.#wake();
  };

  /** Starts ffmpeg. Whoever makes a run calls `stop`. `start.dropSeconds` is where window `firstWindow` starts. */
  constructor(options: RunOptions, { header, input }: ProbedClip, start: DecodeStart, firstWindow: number) {
    this.#options = options;
    this.#path = input.path;
    this.#start = start;
    this.#hasVideo = header.video !== undefined;
    const hasAudio = header.audio !== undefined;
    const evidence = header.video && planEvidence(header, header.video, start.dropSeconds);
    this.#assembler = new WindowAssembler({
      ...options,
      firstWindow,
      hasVideo: this.#hasVideo,
      hasAudio,
      ...(evidence && { evidence }),
    });

    const args = decodeArguments(input, header, options, start, evidence);
    this.#ffmpeg = startFfmpeg(options.ffmpeg.path, args, (line) => this.#onLine(line));
    const outputs = [...this.#ffmpeg.outputs];
    if (this.#hasVideo) {
      this.#read(
        outputs.shift()!,
        (bytes) => this.#assembler.pushFrames(bytes),
        () => this.#assembler.endFrames(),
      );
    }
    if (evidence) {
      const jpegs = new MultipartJpeg((jpeg) => this.#assembler.pushEvidence(jpeg));
      this.#read(
        outputs.shift()!,
        (bytes) => jpegs.push(bytes),
        () => this.#assembler.endEvidence(),
      );
    }
    if (hasAudio) {
      this.#read(
        outputs.shift()!,
        (bytes) => this.#onSound(bytes),
        () => this.#onSoundEnd(),
      );
    }
    this.#ffmpeg.exited.then(
      ({ signal }) => {
        this.#exited = true;
        // Its exit code says little: it is not 0 after any damaged packet.
        if (signal) this.#failure ??= endedBySignal(this.#path, signal);
        this.#wake();
      },
      (error: Error) => {
        this.#failure = error;
        this.#wake();
      },
    );
    options.signal?.addEventListener("abort", this.#onAbort);
  }

  /** The windows but for the last ones, whose end is known only when this is through: `remainingWindows`. */
  async *windows(): AsyncGenerator<DecodedWindow, void, undefined> {
    for (;;) {
      this.#check();
      const window = this.#assembler.take();
      if (window) yield window;
      else if (this.#exited && this.#openStreams === 0) return;
      else await this.#more();
    }
  }

  /** No picture and no sound came out. Known once `windows` is through. */
  get isEmpty(): boolean {
    return this.#assembler.isEmpty && this.#pictureStart === undefined;
  }

  /** Where the last picture or the sound ends, whichever is later. Known once `windows` is through. */
  get durationSeconds(): number {
    const pictureSeconds = this.#pictureEnd === undefined ? 0 : this.#pictureEnd - this.#zeroSeconds;
    const duration = Math.max(pictureSeconds, this.#assembler.reachSeconds);
    // A lone picture that says nothing about its duration is on screen long enough to be seen once.
    return duration > 0 ? duration : 0.5 / this.#options.frameRate;
  }

  /** ffmpeg found something wrong with the file. Known once `windows` is through. */
  get complained(): boolean {
    return this.#complained;
  }

  remainingWindows(): Iterable<DecodedWindow> {
    return this.#assembler.finish(this.durationSeconds);
  }

  /** Ends ffmpeg if it still runs, and waits until it is gone. */
  async stop(): Promise<void> {
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    await this.#ffmpeg.stop();
  }

  #check(): void {
    const { signal, limits } = this.#options;
    if (signal?.aborted) throw cancelled(signal);
    if (this.#failure) throw this.#failure;
    if (this.durationSeconds > limits.maxClipSeconds + LENGTH_TOLERANCE_SECONDS) {
      throw tooLong(this.#path, this.durationSeconds, limits);
    }
  }

  /** Reads on, all outputs, until something has come. */
  async #more(): Promise<void> {
    const outputs = this.#ffmpeg.outputs;
    let timer: NodeJS.Timeout | undefined;
    const progressed = await new Promise<boolean>((resolve) => {
      this.#wake = () => resolve(true);
      timer = setTimeout(() => resolve(false), this.#options.limits.stallMs);
      for (const output of outputs) output.resume();
    });
    clearTimeout(timer);
    for (const output of outputs) output.pause();
    if (!progressed) throw stalled(this.#path, this.#options.limits);
  }

  #read(output: FfmpegProcess["outputs"][0], onBytes: (bytes: Buffer) => void, onEnd: () => void): void {
    this.#openStreams++;
    output.on("data", (bytes: Buffer) => {
      onBytes(bytes);
      this.#wake();
    });
    output.once("end", () => {
      this.#openStreams--;
      onEnd();
      this.#wake();
    });
    output.pause();
  }

  #onLine(line: string): void {
    const time = readTimeLine(line);
    if (time?.track === "picture") {
      this.#pictureStart ??= time.seconds;
      this.#pictureEnd = Math.max(this.#pictureEnd ?? time.seconds, time.seconds);
      if (time.seconds >= this.#progressedTo + PROGRESS_SECONDS) {
        this.#progressedTo = time.seconds;
        this.#wake();
      }
    } else if (time) {
      this.#soundStart ??= time.seconds;
    } else {
      this.#complained ||= line.trim() !== "";
      const size = refusedSize(line);
      if (size) {
        this.#failure ??= tooManyPixels(this.#path, size, this.#options.limits);
        this.#wake();
      }
    }
  }

  #onSound(bytes: Buffer): void {
    this.#unplacedSound?.push(bytes);
    if (this.#unplacedSound) this.#unplacedBytes += bytes.length;
    else this.#assembler.pushSamples(bytes);

    const zeroIsKnown = this.#start.from === "seek" || this.#pictureStart !== undefined || !this.#hasVideo;
    const heldSeconds = this.#unplacedBytes / 4 / this.#options.sampleRateHz;
    if ((zeroIsKnown && this.#soundStart !== undefined) || heldSeconds > MAX_SAMPLES_AHEAD_SECONDS) this.#placeSound();
  }

  #onSoundEnd(): void {
    // Either it is known by now where it belongs, or no picture has come that it could be held against.
    this.#placeSound();
    this.#assembler.endSamples();
  }

  #placeSound(): void {
    const held = this.#unplacedSound;
    if (!held) return;
    this.#unplacedSound = undefined;
    this.#unplacedBytes = 0;
    const soundStart = this.#soundStart ?? this.#zeroSeconds;
    this.#assembler.startSamplesAt(soundStart - this.#zeroSeconds - this.#start.dropSeconds);
    for (const bytes of held) this.#assembler.pushSamples(bytes);
  }

  get #zeroSeconds(): number {
    if (this.#start.from === "seek") return this.#start.zeroSeconds;
    return this.#pictureStart ?? this.#soundStart ?? 0;
  }
}
