/**
 * Whether browsers play a clip as it is, judged by its header. Pure. Where it depends on the browser and the machine
 * (HEVC, 10 bit, MOV), the browser tries first and the page asks for another version when it fails.
 */
import type { ClipInfo } from "../../core/index.ts";

export type Playability =
  /** The browser may try; nearly all can. */
  | "plays"
  /** No browser plays it: another version is made when the page opens. */
  | "never";

/** `remux`: the same pictures and sounds in an MP4, which takes seconds. `transcode`: everything anew. */
export type ConversionMode = "remux" | "transcode";

/** As ffmpeg names them. "mp4" is what people and tests call "mov". */
const CONTAINERS = ["mov", "mp4", "matroska", "webm", "mp3", "wav", "flac", "ogg", "aac"];
const WEBM_CODECS = ["vp8", "vp9", "av1", "opus", "vorbis", "none"];
/** Not even with the best of hardware. */
const DEAD_VIDEO_CODECS = ["gif", "theora", "mpeg4", "msmpeg4v3", "wmv3", "vc1", "mpeg2video", "mpeg1video", "mjpeg"];
const DEAD_AUDIO_CODECS = [
  "wmav2",
  "wmapro",
  "dts",
  "truehd",
  "amr_nb",
  "amr_wb",
  "ape",
  "wavpack",
  "tta",
  "pcm_s16be",
];

export function playabilityOf(info: ClipInfo): Playability {
  const video = info.video?.codec ?? "none";
  const audio = info.audio?.codec ?? "none";
  if (!CONTAINERS.includes(info.container)) return "never";
  if (DEAD_VIDEO_CODECS.includes(video) || DEAD_AUDIO_CODECS.includes(audio)) return "never";
  // One demuxer for WebM and Matroska: it is WebM when everything in it may be.
  if (info.container === "matroska" && ![video, audio].every((codec) => WEBM_CODECS.includes(codec))) return "never";
  return "plays";
}

/** What it takes. An MP4 that a browser refused although it should play is made anew from the ground up. */
export function conversionFor(info: ClipInfo): ConversionMode {
  const isMp4 = info.container === "mov" || info.container === "mp4";
  const video = info.video?.codec ?? "none";
  const audio = info.audio?.codec ?? "none";
  const fits = ["h264", "none"].includes(video) && ["aac", "mp3", "none"].includes(audio);
  return fits && !isMp4 ? "remux" : "transcode";
}
