import { describe, expect, it } from "vitest";
import { logMel, type MelSettings } from "../../../../model/media/index.ts";

const SAMPLE_RATE_HZ = 16_000;
const mel: MelSettings = {
  bands: 64,
  fftSize: 512,
  windowSamples: 400,
  hopSamples: 160,
  lowHz: 125,
  highHz: 7500,
  logOffset: 1e-6,
};

/** docs/bundle.md "Sound", word for word and slowly: a sum per bin, a whole filter bank per frame. */
function naiveLogMel(samples: Float32Array, windowSeconds: number): number[] {
  const { bands, fftSize, windowSamples, hopSamples, lowHz, highHz, logOffset } = mel;
  const length = windowSeconds * SAMPLE_RATE_HZ;
  const margin = (windowSamples - hopSamples) / 2;
  const padded = new Float64Array(length + 2 * margin);
  padded.set(samples, margin);

  const toMel = (hz: number) => 2595 * Math.log10(1 + hz / 700);
  const corner = (i: number) => {
    const value = toMel(lowHz) + (i * (toMel(highHz) - toMel(lowHz))) / (bands + 1);
    return 700 * (10 ** (value / 2595) - 1);
  };
  const filter = (band: number, hz: number) =>
    Math.max(
      0,
      Math.min(
        (hz - corner(band)) / (corner(band + 1) - corner(band)),
        (corner(band + 2) - hz) / (corner(band + 2) - corner(band + 1)),
      ),
    );

  const result: number[] = [];
  for (let m = 0; m < length / hopSamples; m++) {
    const power = Array.from({ length: fftSize / 2 + 1 }, (_, k) => {
      let re = 0;
      let im = 0;
      for (let i = 0; i < windowSamples; i++) {
        const value = padded[m * hopSamples + i]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / windowSamples));
        re += value * Math.cos((2 * Math.PI * k * i) / fftSize);
        im -= value * Math.sin((2 * Math.PI * k * i) / fftSize);
      }
      return re * re + im * im;
    });
    for (let band = 0; band < bands; band++) {
      const sum = power.reduce((total, value, k) => total + value * filter(band, (k * SAMPLE_RATE_HZ) / fftSize), 0);
      result.push(Math.log(sum + logOffset));
    }
  }
  return result;
}

/** Two tones and a click, from a fixed seed of noise. */
function someSound(length: number): Float32Array {
  let seed = 1;
  return Float32Array.from({ length }, (_, i) => {
    seed = (seed * 48_271) % 2_147_483_647;
    const noise = 0.1 * (seed / 2_147_483_647 - 0.5);
    const click = i === 1000 ? 1 : 0;
    return 0.4 * Math.sin((2 * Math.PI * 440 * i) / SAMPLE_RATE_HZ) + noise + click;
  });
}

describe("logMel", () => {
  it.each([
    ["a window full of sound", 4000],
    ["a window whose sound ends early", 1777],
    ["a window without sound", 0],
  ])("equals a slow reading of the specification for %s", (_, length) => {
    const samples = someSound(length);
    const windowSeconds = 0.25;
    const found = logMel(samples, { mel, sampleRateHz: SAMPLE_RATE_HZ }, windowSeconds);
    const wanted = naiveLogMel(samples, windowSeconds);
    expect(found.length).toBe(25 * 64);
    const worst = Math.max(...wanted.map((value, i) => Math.abs(value - found[i]!)));
    expect(worst).toBeLessThan(1e-5); // float32 keeps 1e-6 of values up to 14
  });

  it("is the floor of the logarithm in silence", () => {
    const found = logMel(new Float32Array(0), { mel, sampleRateHz: SAMPLE_RATE_HZ }, 8);
    expect(found.length).toBe(800 * 64);
    expect(new Set(found)).toEqual(new Set([Math.fround(Math.log(1e-6))]));
  });

  it("works with an odd number of mel frames", () => {
    const windowSeconds = 0.21;
    const samples = someSound(3360);
    const found = logMel(samples, { mel, sampleRateHz: SAMPLE_RATE_HZ }, windowSeconds);
    const wanted = naiveLogMel(samples, windowSeconds);
    expect(found.length).toBe(21 * 64);
    expect(Math.abs(found.at(-1)! - wanted.at(-1)!)).toBeLessThan(1e-5);
  });

  it("refuses an FFT size that is no power of two", () => {
    const settings = { mel: { ...mel, fftSize: 500 }, sampleRateHz: SAMPLE_RATE_HZ };
    expect(() => logMel(new Float32Array(0), settings, 8)).toThrow(/500 is not a power of two/);
  });
});
