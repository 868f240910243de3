/**
 * Log-mel of a window's sound, as docs/bundle.md ("Sound") defines it; training/damo_train/data/mel.py is its twin.
 * Numbers are double inside and float32 at the end.
 */
import type { BundleManifest } from "../../core/bundle.ts";
import { RealFourier } from "./real-fourier.ts";

export type MelSettings = BundleManifest["preprocess"]["mel"];

/**
 * @param samples     mono, at most a window's worth; a window that is not full is padded with silence
 * @param preprocess  the bundle's
 * @returns           `[M, bands]` float32, M = windowSeconds * sampleRateHz / hopSamples mel frames
 */
export function logMel(
  samples: Float32Array,
  preprocess: { readonly mel: MelSettings; readonly sampleRateHz: number },
  windowSeconds: number,
): Float32Array<ArrayBuffer> {
  const { mel, sampleRateHz } = preprocess;
  const { bands, fftSize, windowSamples, hopSamples, logOffset } = mel;
  const melFrames = Math.round((windowSeconds * sampleRateHz) / hopSamples); // M
  const leadingZeros = (windowSamples - hopSamples) / 2;
  // These tables cost 0.2 ms a window, too little to keep them between calls.
  const hann = periodicHann(windowSamples);
  const filters = melFilters(mel, sampleRateHz);
  const fourier = new RealFourier(fftSize);

  /** Mel frame m of the padded signal, under the Hann window, zero-padded to fftSize. */
  const cut = (m: number, into: Float64Array) => {
    const first = m * hopSamples - leadingZeros;
    for (let i = 0; i < windowSamples; i++) into[i] = (samples[first + i] ?? 0) * hann[i]!;
    return into;
  };

  const result = new Float32Array(melFrames * bands);
  const write = (m: number, power: Float64Array) => {
    for (let band = 0; band < bands; band++) {
      const { firstBin, weights } = filters[band]!;
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += power[firstBin + i]! * weights[i]!;
      result[m * bands + band] = Math.log(sum + logOffset);
    }
  };

  const even = new Float64Array(fftSize);
  const odd = new Float64Array(fftSize);
  for (let m = 0; m < melFrames; m += 2) {
    const [evenPower, oddPower] = fourier.powerOfTwo(cut(m, even), cut(m + 1, odd));
    write(m, evenPower);
    if (m + 1 < melFrames) write(m + 1, oddPower);
  }
  return result;
}

const periodicHann = (length: number) =>
  Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length));

interface MelFilter {
  readonly firstBin: number;
  /** Weights of firstBin, firstBin + 1, ... */
  readonly weights: Float64Array;
}

const hzToMel = (hz: number) => 2595 * Math.log10(1 + hz / 700);
const melToHz = (mel: number) => 700 * (10 ** (mel / 2595) - 1);

/** Triangles with corners evenly spaced in mel; their sides are straight over Hz and their peak is 1. */
function melFilters({ bands, fftSize, lowHz, highHz }: MelSettings, sampleRateHz: number): readonly MelFilter[] {
  const low = hzToMel(lowHz);
  const step = (hzToMel(highHz) - low) / (bands + 1);
  const cornersHz = Array.from({ length: bands + 2 }, (_, i) => melToHz(low + i * step));
  const binHz = sampleRateHz / fftSize;
  return Array.from({ length: bands }, (_, band) => {
    const [left, peak, right] = [cornersHz[band]!, cornersHz[band + 1]!, cornersHz[band + 2]!];
    const firstBin = Math.max(0, Math.floor(left / binHz) + 1);
    const lastBin = Math.min(fftSize / 2, Math.ceil(right / binHz) - 1);
    const weights = Float64Array.from({ length: Math.max(0, lastBin - firstBin + 1) }, (_, i) => {
      const hz = (firstBin + i) * binHz;
      return Math.min((hz - left) / (peak - left), (right - hz) / (right - peak));
    });
    return { firstBin, weights };
  });
}
