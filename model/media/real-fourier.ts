/** Power spectra of real signals: a radix-2 FFT that does two of them at once. */
export class RealFourier {
  readonly #size: number;
  /** cos and -sin of 2 pi k / size, k < size / 2. */
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  /** Where sample i goes before the first stage: i with its bits in reverse. */
  readonly #reversed: Uint32Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #powers: readonly [Float64Array, Float64Array];

  /** @param size  a power of two */
  constructor(size: number) {
    const bits = Math.log2(size);
    if (!Number.isInteger(bits)) throw new RangeError(`FFT size ${size} is not a power of two`);
    this.#size = size;
    this.#cos = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
    this.#sin = Float64Array.from({ length: size / 2 }, (_, k) => -Math.sin((2 * Math.PI * k) / size));
    this.#reversed = new Uint32Array(size);
    for (let i = 1; i < size; i++) this.#reversed[i] = (this.#reversed[i >> 1]! >> 1) | ((i & 1) << (bits - 1));
    this.#re = new Float64Array(size);
    this.#im = new Float64Array(size);
    this.#powers = [new Float64Array(size / 2 + 1), new Float64Array(size / 2 + 1)];
  }

  /**
   * |X|^2 of two real signals of `size` samples, from one complex transform of a + ib: the part of its result that is
   * symmetric is a's, the other b's.
   *
   * @returns two arrays of size / 2 + 1 bins, which the next call overwrites
   */
  powerOfTwo(a: Float64Array, b: Float64Array): readonly [Float64Array, Float64Array] {
    const size = this.#size;
    const re = this.#re;
    const im = this.#im;
    for (let i = 0; i < size; i++) {
      const target = this.#reversed[i]!;
      re[target] = a[i]!;
      im[target] = b[i]!;
    }
    this.#transform();
    const [powerA, powerB] = this.#powers;
    for (let k = 0; k <= size / 2; k++) {
      const mirror = k === 0 ? 0 : size - k;
      const sumRe = re[k]! + re[mirror]!;
      const sumIm = im[k]! + im[mirror]!;
      const differenceRe = re[k]! - re[mirror]!;
      const differenceIm = im[k]! - im[mirror]!;
      powerA[k] = (sumRe * sumRe + differenceIm * differenceIm) / 4;
      powerB[k] = (sumIm * sumIm + differenceRe * differenceRe) / 4;
    }
    return this.#powers;
  }

  /** In place, on input in bit-reversed order. */
  #transform(): void {
    const size = this.#size;
    const re = this.#re;
    const im = this.#im;
    const cos = this.#cos;
    const sin = this.#sin;
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const i = start + k;
          const j = i + half;
          const c = cos[k * stride]!;
          const s = sin[k * stride]!;
          const rotatedRe = re[j]! * c - im[j]! * s;
          const rotatedIm = re[j]! * s + im[j]! * c;
          re[j] = re[i]! - rotatedRe;
          im[j] = im[i]! - rotatedIm;
          re[i] = re[i]! + rotatedRe;
          im[i] = im[i]! + rotatedIm;
        }
      }
    }
  }
}
