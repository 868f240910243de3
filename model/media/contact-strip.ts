/** Several small JPEGs of ours in one, through ffmpeg's `tile`. */
import { DomainError } from "../../core/errors.ts";
import { cancelled } from "./clip-errors.ts";
import { startFfmpeg } from "./ffmpeg-process.ts";
import { MultipartJpeg } from "./multipart-jpeg.ts";

export interface ContactStripOptions {
  readonly ffmpeg: { readonly path: string };
  /** Wall time after which ffmpeg is ended, ms. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Three rows of four are as much as a chat shows at a glance. */
const MAX_FRAMES = 12;
const COLUMNS = 4;
const GAP_PIXELS = 4;
/** It takes 50 ms. */
const DEFAULT_TIMEOUT_MS = 20_000;

/**
 * @param frames  JPEG files of the same size, one at least
 * @throws DomainError setup.ffmpeg_missing, clip.unreadable, clip.decode_timeout, cancelled
 */
export async function makeContactStrip(
  { ffmpeg, timeoutMs = DEFAULT_TIMEOUT_MS, signal }: ContactStripOptions,
  frames: readonly Uint8Array[],
): Promise<Uint8Array> {
  if (signal?.aborted) throw cancelled(signal);
  const shown = frames.slice(0, MAX_FRAMES);
  let strip: Uint8Array | undefined;
  const jpegs = new MultipartJpeg((jpeg) => {
    strip = jpeg;
  });
  const run = startFfmpeg(ffmpeg.path, stripArguments(shown.length), () => {}, Buffer.concat(shown));
  const [output] = run.outputs;
  output.on("data", (bytes: Buffer) => jpegs.push(bytes));
  const outputEnded = new Promise((resolve) => output.once("close", resolve));

  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    void run.stop();
  }, timeoutMs);
  const onAbort = () => void run.stop();
  signal?.addEventListener("abort", onAbort);
  try {
    await Promise.all([run.exited, outputEnded]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    await run.stop();
  }
  if (signal?.aborted) throw cancelled(signal);
  if (timedOut)
    throw new DomainError("clip.decode_timeout", "the contact strip took too long", { details: { timeoutMs } });
  if (!strip) throw new DomainError("clip.unreadable", "the evidence frames could not be read");
  return strip;
}

/** JPEGs one after the other on stdin. `tile` leaves cells that nothing came for in its background colour. */
function stripArguments(count: number): readonly string[] {
  const columns = Math.min(COLUMNS, count);
  const rows = Math.ceil(count / columns);
  const tile = `tile=${columns}x${rows}:padding=${GAP_PIXELS}:margin=${GAP_PIXELS}:color=white`;
  return [
    ...["-hide_banner", "-nostats", "-loglevel", "error", "-protocol_whitelist", "pipe"],
    // A frame of another size, from before the clip's header was read in another way, is squeezed into its cell.
    ...["-reinit_filter", "0", "-f", "image2pipe", "-c:v", "mjpeg", "-framerate", "1", "-i", "pipe:0"],
    ...["-vf", `${tile},format=yuvj420p`, "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "4", "-f", "mpjpeg", "pipe:1"],
  ];
}
