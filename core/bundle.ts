/**
 * `damo.json`: the only thing `model/` and `training/` share (ARCHITECTURE section 5, docs/bundle.md).
 * Axis letters as in model/PAPER.md: T frames, P patches, A audio steps, Q queries, D channels, E embedding,
 * H decoder width, M mel frames, V vocabulary.
 */
import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bundleFile = z.strictObject({ file: z.string().min(1), sha256, bytes: z.int().positive() });

/** A dim is a number, or a name for one that changes from call to call (`N`, `L`, `S`). */
const tensorSpec = z.strictObject({
  name: z.string().min(1),
  dtype: z.enum(["float32", "int64"]),
  dims: z.array(z.union([z.int().nonnegative(), z.string().min(1)])),
});

const graph = bundleFile.extend({
  opset: z.int().positive(),
  inputs: z.array(tensorSpec).min(1),
  outputs: z.array(tensorSpec).min(1),
});

export const GRAPH_NAMES = ["vision", "audio", "fuseformer", "text", "match", "bridge", "decoder"] as const;
export type GraphName = (typeof GRAPH_NAMES)[number];

const positive = z.int().positive();

export const bundleManifestSchema = z.strictObject({
  schemaVersion: z.literal(1),
  name: z.string().min(1),
  version: z.string().min(1),
  /** sha256 over the lines `sha256  file\n` of every file below, sorted by file name. */
  fingerprint: sha256,
  license: z.string().min(1),
  card: z.strictObject({
    summary: z.string(),
    /** Things it can see and hear, as words people use. */
    sees: z.array(z.string()),
    hears: z.array(z.string()),
    limits: z.array(z.string()),
    metrics: z.record(z.string(), z.number()),
    attribution: z.array(z.string()),
    examples: z.array(z.string()),
  }),
  preprocess: z.strictObject({
    /** Frame k of a clip is the picture shown at (k + 0.5) / frameRate seconds of media time. */
    frameRate: z.number().positive(),
    /** Frames are squashed to frameSize x frameSize, whatever their shape. */
    frameSize: positive,
    /** Planar float, planes G, B, R, values 0..1; mean and standard deviation are folded into the graph. */
    pixelFormat: z.literal("gbrpf32le"),
    sampleRateHz: positive,
    mel: z.strictObject({
      bands: positive,
      fftSize: positive,
      windowSamples: positive,
      hopSamples: positive,
      lowHz: z.number().nonnegative(),
      highHz: z.number().positive(),
      /** log(mel power + logOffset), natural logarithm. */
      logOffset: z.number().positive(),
    }),
  }),
  windowSeconds: z.number().positive(),
  axes: z.strictObject({
    T: positive,
    P: positive,
    A: positive,
    Q: positive,
    D: positive,
    E: positive,
    H: positive,
    M: positive,
    V: positive,
    /** Channels of the vision and audio tokens. */
    visionChannels: positive,
    audioChannels: positive,
    decoderLayers: positive,
    decoderHeads: positive,
    decoderHeadDim: positive,
  }),
  limits: z.strictObject({
    /** Windows that one answer reads (slots `<w0>`, `<w1>`, ...). */
    windowsPerAnswer: positive,
    /**
     * Of a clip with more windows than that: how many of those nearest to the question are read. A decoder that can tell
     * eight windows of one clip apart may still be led astray by seven that are beside the point. Absent: all of them.
     */
    recalledWindows: positive.optional(),
    questionTokens: positive,
    answerTokens: positive,
    contextTokens: positive,
  }),
  answering: z.strictObject({
    /** Seconds between two offset tokens `<t0>`, `<t1>`, ... */
    offsetSeconds: z.number().positive(),
    /** P(`<absent>`) at or above this: "not in this clip". */
    absentThreshold: z.number().min(0).max(1),
    /** Calibrated confidence below this: "I am not sure". */
    unsureThreshold: z.number().min(0).max(1),
    /** confidence = 1 / (1 + exp(-(scale * logit(raw) + bias))), fitted on held-out clips (Platt). */
    calibration: z.strictObject({ scale: z.number(), bias: z.number() }),
    /** What the logits of the graph `match` mean (core/answering/matching.ts). Absent: the language model alone is asked. */
    matching: z
      .strictObject({
        asked: z.strictObject({ scale: z.number(), bias: z.number() }),
        listed: z.strictObject({ scale: z.number(), bias: z.number() }),
        spans: z.strictObject({ scale: z.number(), bias: z.number() }),
        /** It is there from this probability on: chosen so that most answers are right, be it "there it is" or "not there". */
        presentFrom: z.number().min(0).max(1),
        /** A half second belongs to a thing's span from this share of its highest chance on ... */
        share: z.number().min(0).max(1),
        /** ... and the span counts when it reaches this share somewhere. */
        peakShare: z.number().min(0).max(1),
        /** From the confidence of a whole answer to how often such answers are right (Platt). Absent: as it is. */
        told: z
          .strictObject({
            /** About things that were asked for. */
            pointing: z.strictObject({ scale: z.number(), bias: z.number() }),
            /** Out of what the windows list: what is there at a time, what comes next, first, in all. */
            listing: z.strictObject({ scale: z.number(), bias: z.number() }),
            absent: z.strictObject({ scale: z.number(), bias: z.number() }),
          })
          .optional(),
      })
      .optional(),
  }),
  tokenizer: bundleFile,
  graphs: z.strictObject({
    vision: graph,
    audio: graph,
    fuseformer: graph,
    text: graph,
    match: graph,
    bridge: graph,
    decoder: graph,
  }),
});

export type BundleManifest = z.infer<typeof bundleManifestSchema>;
export type TensorSpec = z.infer<typeof tensorSpec>;
export type GraphManifest = z.infer<typeof graph>;
