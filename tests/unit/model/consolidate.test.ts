import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../core/index.ts";
import { consolidate, representativeWindows } from "../../../model/consolidate.ts";

/** Scenes of given lengths; windows of one scene differ a little, scenes are at right angles. */
function aClip(lengths: readonly number[], E = 16) {
  const random = seededRandom(5);
  return lengths
    .flatMap((length, scene) => Array.from({ length }, () => scene))
    .map((scene, index) => {
      const embedding = Float32Array.from({ length: E }, (_, at) => (at === scene ? 1 : 0) + 0.1 * (random() - 0.5));
      const norm = Math.hypot(...embedding);
      return {
        scene,
        index,
        startSeconds: index * 8,
        endSeconds: index * 8 + 8,
        embedding: embedding.map((value) => value / norm),
      };
    });
}

describe("consolidate", () => {
  it("finds the scenes of a clip, whatever their lengths", () => {
    const stretches = consolidate(aClip([3, 11, 1, 6, 2]), 5);
    expect(stretches.map(({ first, last }) => [first, last])).toEqual([
      [0, 2],
      [3, 13],
      [14, 14],
      [15, 20],
      [21, 22],
    ]);
  });

  it("covers every window once, in order, with no more stretches than asked for", () => {
    const clip = aClip([40, 2, 30, 9]);
    for (const limit of [1, 3, 8, 81, 100]) {
      const stretches = consolidate(clip, limit);
      expect(stretches.length).toBe(Math.min(limit, clip.length));
      expect(
        stretches.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, at) => first + at)),
      ).toEqual(clip.map(({ index }) => index));
    }
    expect(consolidate([], 8)).toEqual([]);
  });

  it("cuts a clip in which nothing changes into even parts", () => {
    const still = aClip([64]).map((window) => ({ ...window, embedding: Float32Array.of(1, 0) }));
    for (const { first, last } of consolidate(still, 8)) expect(last - first + 1).toBe(8);
  });
});

describe("representativeWindows", () => {
  it("are windows of the clip itself, one a scene, the most like its scene", () => {
    const clip = aClip([5, 5, 5]);
    const odd = { ...(clip[6] as (typeof clip)[number]), embedding: Float32Array.from({ length: 16 }, () => 0.25) };
    const chosen = representativeWindows([...clip.slice(0, 6), odd, ...clip.slice(7)], 3) as typeof clip;
    expect(chosen.map(({ scene }) => scene)).toEqual([0, 1, 2]);
    expect(chosen[1]?.index).not.toBe(6);
  });
});
