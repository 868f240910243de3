/**
 * JPEGs out of a stream of them, as ffmpeg's `mpjpeg` writes it:
 *
 *     --ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: 8213\r\n\r\n ...8213 bytes... \r\n--ffmpeg\r\n...
 */
export class MultipartJpeg {
  readonly #onJpeg: (jpeg: Uint8Array) => void;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of the JPEG that is under way; undefined between two. */
  #wanted: number | undefined;

  constructor(onJpeg: (jpeg: Uint8Array) => void) {
    this.#onJpeg = onJpeg;
  }

  push(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (;;) {
      this.#wanted ??= this.#readHead();
      if (this.#wanted === undefined || this.#rest.length < this.#wanted) return;
      // A copy: a view would keep the whole chunk alive for as long as the frame is.
      this.#onJpeg(Uint8Array.from(this.#rest.subarray(0, this.#wanted)));
      this.#rest = this.#rest.subarray(this.#wanted);
      this.#wanted = undefined;
    }
  }

  #readHead(): number | undefined {
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const length = /content-length: *(\d+)$/im.exec(this.#rest.subarray(0, end).toString("latin1"))?.[1];
    this.#rest = this.#rest.subarray(end + 4);
    return Number(length ?? 0);
  }
}
