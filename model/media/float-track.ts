/**
 * Little-endian float32 values that arrive as bytes, cut into pieces of equal length (one a window) as they come.
 * Only pieces that nobody has taken yet are held.
 */
export class FloatTrack {
  readonly #pieceFloats: number;
  readonly #pieces = new Map<number, Float32Array<ArrayBuffer>>();
  /** Bytes received or left out so far; negative while bytes at the front are still to be dropped. */
  #bytes = 0;
  /** Pieces below this one have been taken: what still comes for them is late, and is dropped. */
  #firstOpen = 0;

  constructor(pieceFloats: number) {
    this.#pieceFloats = pieceFloats;
  }

  /** Whole values so far, those left out included. */
  get floats(): number {
    return Math.max(0, Math.floor(this.#bytes / 4));
  }

  /** Call before the first `push`. Negative: that many values at the front are dropped. Positive: zeros come first. */
  shift(floats: number): void {
    this.#bytes += floats * 4;
  }

  push(bytes: Uint8Array): void {
    const pieceBytes = this.#pieceFloats * 4;
    let from = Math.min(bytes.length, Math.max(0, -this.#bytes));
    this.#bytes += from;
    while (from < bytes.length) {
      const index = Math.floor(this.#bytes / pieceBytes);
      const offset = this.#bytes - index * pieceBytes;
      const length = Math.min(bytes.length - from, pieceBytes - offset);
      if (index >= this.#firstOpen) {
        const piece = this.#pieces.get(index) ?? new Float32Array(this.#pieceFloats);
        this.#pieces.set(index, piece);
        new Uint8Array(piece.buffer).set(bytes.subarray(from, from + length), offset);
      }
      this.#bytes += length;
      from += length;
    }
  }

  /**
   * Takes a piece out, as far as it has come. A piece of which nothing has come is empty.
   * @param unit  the piece is cut to whole multiples of this many values
   */
  take(index: number, unit = 1): Float32Array<ArrayBuffer> {
    const piece = this.#pieces.get(index);
    for (const earlier of this.#pieces.keys()) if (earlier <= index) this.#pieces.delete(earlier);
    this.#firstOpen = Math.max(this.#firstOpen, index + 1);
    if (!piece) return new Float32Array(0);
    const received = Math.min(this.#pieceFloats, this.floats - index * this.#pieceFloats);
    const whole = received - (received % unit);
    return whole === this.#pieceFloats ? piece : piece.slice(0, whole);
  }
}
