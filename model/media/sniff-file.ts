/**
 * Looks at a file's first bytes. Not to tell formats apart (ffmpeg does that) but to say something kind about what is
 * plainly no clip, and to tell a damaged clip from something that never was one.
 */

export type SniffedFile =
  /** Begins as a clip does; `container` is what people call it. */
  | { readonly kind: "media"; readonly container: string }
  /** Plainly something else; `description` goes into a sentence, with its article. */
  | { readonly kind: "other"; readonly description: string }
  | { readonly kind: "unknown" };

/** Bytes that `sniffFile` wants to see: a login page may open with some blank lines and comments. */
export const SNIFF_BYTES = 1024;

/** @param head  the first `SNIFF_BYTES` bytes of a file, or all of it */
export function sniffFile(head: Uint8Array): SniffedFile {
  // As Latin-1 a character is a byte.
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
  const begins = ([, bytes]: Signature) => [...bytes].every((byte, i) => byte === ANY || byte === text[i]);

  const media = MEDIA_SIGNATURES.find(begins)?.[0];
  if (media) return { kind: "media", container: media };
  const other = OTHER_SIGNATURES.find(begins)?.[0] ?? TEXTS.find(([, pattern]) => pattern.test(text))?.[0];
  return other ? { kind: "other", description: other } : { kind: "unknown" };
}

/** Stands for any byte in a signature. */
const ANY = "?";

type Signature = readonly [name: string, firstBytes: string];

const MEDIA_SIGNATURES: readonly Signature[] = [
  ...["ftyp", "moov", "mdat", "free", "skip", "wide"].map((box): Signature => ["MP4 or MOV", `????${box}`]),
  ["Matroska or WebM", "\x1a\x45\xdf\xa3"],
  ["GIF", "GIF8"],
  ["APNG", `\x89PNG${ANY.repeat(33)}acTL`],
  ["AVI", "RIFF????AVI "],
  ["WAV", "RIFF????WAVE"],
  ["FLV", "FLV\x01"],
  ["Ogg", "OggS"],
  ["FLAC", "fLaC"],
  ["MP3", "ID3"],
  ...["\xff\xfb", "\xff\xf3", "\xff\xf2"].map((sync): Signature => ["MP3", sync]),
  ["WMV", "\x30\x26\xb2\x75\x8e\x66\xcf\x11"],
  ["MPEG", "\x00\x00\x01\xba"],
  ["MPEG-TS", `G${ANY.repeat(187)}G`],
];

const STILL = "a still picture";

const OTHER_SIGNATURES: readonly Signature[] = [
  [STILL, "\x89PNG"],
  [STILL, "\xff\xd8\xff"],
  [STILL, "RIFF????WEBP"],
  [STILL, "II*\0"],
  [STILL, "MM\0*"],
  ["a PDF document", "%PDF-"],
  ["a ZIP archive or an office document", "PK\x03\x04"],
];

const PLAYLIST = "a playlist, not the clip itself";

const TEXTS: readonly (readonly [description: string, pattern: RegExp])[] = [
  ["a web page (perhaps a login page)", /^\W{0,3}\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b/is],
  [PLAYLIST, /^\W{0,3}\s*#EXT(M3U|INF|-X-)/],
  [PLAYLIST, /^\s*ffconcat version/],
  [PLAYLIST, /^\s*(<\?xml[^>]*>\s*)?<MPD\b/],
  ["a stream description (SDP), not the clip itself", /^v=0\r?\n/],
  ["an XML text", /^\W{0,3}\s*<(\?xml|svg)\b/i],
  ["a JSON text", /^\s*[{[]\s*["{[\]}]/],
];
