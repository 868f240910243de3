import { describe, expect, it } from "vitest";
import { type AssemblerOptions, WindowAssembler } from "../../../../model/media/window-assembler.ts";

// Small numbers that can be counted: a window is 4 s = 8 frames of 3 values = 40 samples.
const options: AssemblerOptions = {
  windowSeconds: 4,
  frameRate: 2,
  frameSize: 1,
  sampleRateHz: 10,
  firstWindow: 0,
  hasVideo: true,
  hasAudio: true,
};

const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer);
/** Frame k holds k, k, k. */
const frames = (from: number, to: number) =>
  bytesOf(Float32Array.from({ length: 3 * (to - from) }, (_, i) => from + Math.floor(i / 3)));
/** Sample n holds n. */
const samples = (from: number, to: number) => bytesOf(Float32Array.from({ length: to - from }, (_, i) => from + i));

describe("WindowAssembler", () => {
  it("hands out a window once both streams have passed its end and the clip is known to go on", () => {
    const assembler = new WindowAssembler(options);
    assembler.pushFrames(frames(0, 8));
    assembler.pushSamples(samples(0, 40));
    expect(assembler.take()).toBeUndefined(); // it could be the last
    assembler.pushSamples(samples(40, 42));
    expect(assembler.take()).toBeUndefined(); // 0.2 s more could be a tail that makes no window
    assembler.pushSamples(samples(42, 43));
    const window = assembler.take();
    expect(window).toMatchObject({ index: 0, startSeconds: 0, endSeconds: 4, frameCount: 8 });
    expect([...window!.frames.subarray(21)]).toEqual([7, 7, 7]);
    expect(window!.samples.length).toBe(40);
    expect(window!.samples.at(-1)).toBe(39);
    expect(assembler.take()).toBeUndefined();
  });

  it("waits for the slower stream", () => {
    const assembler = new WindowAssembler(options);
    assembler.pushFrames(frames(0, 20));
    assembler.pushSamples(samples(0, 39));
    expect(assembler.take()).toBeUndefined();
    assembler.pushSamples(samples(39, 40));
    expect(assembler.take()).toMatchObject({ index: 0 });
  });

  it("does not care how bytes are cut", () => {
    const assembler = new WindowAssembler({ ...options, hasAudio: false });
    const all = frames(0, 12);
    for (let at = 0; at < all.length; at += 5) assembler.pushFrames(all.subarray(at, at + 5));
    assembler.endFrames();
    const found = [assembler.take()!, ...assembler.finish(6)];
    expect(found.flatMap((window) => [...window.frames])).toEqual([...new Float32Array(all.buffer)]);
  });

  it("ends the last window where the clip ends", () => {
    const assembler = new WindowAssembler(options);
    assembler.pushFrames(frames(0, 11));
    assembler.pushSamples(samples(0, 50));
    expect([assembler.take(), ...assembler.finish(5.6)]).toMatchObject([
      { index: 0, endSeconds: 4 },
      { index: 1, startSeconds: 4, endSeconds: 5.6, frameCount: 3, hasVideo: true, hasAudio: true },
    ]);
  });

  it.each([
    [4.25, [4.25]], // frame 8 would be on screen at 4.25, which is the end
    [4.26, [4, 4.26]],
    [8, [4, 8]],
    [8.2, [4, 8.2]],
    [0.1, [0.1]],
  ])("makes no window of a tail without a frame: %d s end at %j", (durationSeconds, ends) => {
    const assembler = new WindowAssembler(options);
    expect([...assembler.finish(durationSeconds)].map((window) => window.endSeconds)).toEqual(ends);
  });

  it("keeps a frame that came only in part out of the window", () => {
    const assembler = new WindowAssembler(options);
    assembler.pushFrames(frames(0, 3).subarray(0, 30));
    const [window] = assembler.finish(1.5);
    expect(window).toMatchObject({ frameCount: 2 });
    expect(window!.frames.length).toBe(6);
  });

  it("says when pictures or sound are missing from a window", () => {
    const assembler = new WindowAssembler(options);
    assembler.pushFrames(frames(0, 9));
    assembler.pushSamples(samples(0, 13));
    assembler.endFrames();
    assembler.endSamples();
    expect([assembler.take(), ...assembler.finish(4.5)]).toMatchObject([
      { hasVideo: true, hasAudio: true, samples: { length: 13 } },
      { hasVideo: true, hasAudio: false, frameCount: 1, samples: { length: 0 } },
    ]);
  });

  it("drops sound from before the start and leaves room for sound that begins late", () => {
    const early = new WindowAssembler(options);
    early.startSamplesAt(-0.5);
    early.pushSamples(samples(0, 3)); // wholly before
    early.pushSamples(samples(3, 20));
    expect([...[...early.finish(2)][0]!.samples.subarray(0, 2)]).toEqual([5, 6]);

    const late = new WindowAssembler(options);
    late.pushFrames(frames(0, 16));
    late.startSamplesAt(4.2);
    late.pushSamples(samples(0, 10));
    const [first, second] = [late.take()!, ...late.finish(8)];
    expect(first).toMatchObject({ index: 0, hasAudio: false });
    expect([...second!.samples.subarray(0, 4)]).toEqual([0, 0, 0, 1]);
    expect(second!.samples.length).toBe(12);
  });

  it("counts sound as absent once pictures are 32 s ahead, and drops it when it comes after all", () => {
    const assembler = new WindowAssembler(options);
    assembler.pushFrames(frames(0, 8 + 64));
    expect(assembler.take()).toBeUndefined();
    assembler.pushFrames(frames(72, 73));
    expect(assembler.take()).toMatchObject({ index: 0, hasAudio: false });
    assembler.pushSamples(samples(0, 80));
    const next = assembler.take()!;
    expect(next).toMatchObject({ index: 1, hasAudio: true });
    expect(next.samples[0]).toBe(40);
  });

  it("lets sound run 600 s ahead of a picture that stands still", () => {
    const assembler = new WindowAssembler(options);
    assembler.pushSamples(samples(0, 6040));
    expect(assembler.take()).toBeUndefined();
    assembler.pushSamples(samples(6040, 6041));
    expect(assembler.take()).toMatchObject({ index: 0, hasVideo: false });
  });

  it("starts at a later window when told so", () => {
    const assembler = new WindowAssembler({ ...options, firstWindow: 2 });
    assembler.pushFrames(frames(0, 9));
    assembler.pushSamples(samples(0, 43));
    expect(assembler.take()).toMatchObject({ index: 2, startSeconds: 8, endSeconds: 12, frameCount: 8 });
    expect([...assembler.finish(12.7)]).toMatchObject([{ index: 3, startSeconds: 12, endSeconds: 12.7 }]);
    expect([...new WindowAssembler({ ...options, firstWindow: 2 }).finish(7.9)]).toEqual([]);
  });
});
