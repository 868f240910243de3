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
  const begins = ([, parts]: Signature) => parts.every(([offset, bytes]) => text.startsWith(bytes, offset));

  const other = OTHER_SIGNATURES.find(begins)?.[0] ?? TEXTS.find(([, pattern]) => pattern.test(text))?.[0];
  if (other) return { kind: "other", description: other };
  const media = MEDIA_SIGNATURES.find(begins)?.[0];
  return media ? { kind: "media", container: media } : { kind: "unknown" };
}

/** Each part is an offset and the bytes there. */
type Signature = readonly [name: string, parts: readonly (readonly [offset: number, bytes: string])[]];

const MEDIA_SIGNATURES: readonly Signature[] = [
  ...["ftyp", "moov", "mdat", "free", "skip", "wide"].map((box): Signature => ["MP4 or MOV", [[4, box]]]),
  ["Matroska or WebM", [[0, "\x1a\x45\xdf\xa3"]]],
  ["GIF", [[0, "GIF8"]]],
  [
    "AVI",
    [
      [0, "RIFF"],
      [8, "AVI "],
    ],
  ],
  [
    "WAV",
    [
      [0, "RIFF"],
      [8, "WAVE"],
    ],
  ],
  ["FLV", [[0, "FLV\x01"]]],
  ["Ogg", [[0, "OggS"]]],
  ["FLAC", [[0, "fLaC"]]],
  ["MP3", [[0, "ID3"]]],
  ...["\xff\xfb", "\xff\xf3", "\xff\xf2"].map((sync): Signature => ["MP3", [[0, sync]]]),
  ["WMV", [[0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"]]],
  ["MPEG", [[0, "\x00\x00\x01\xba"]]],
  [
    "MPEG-TS",
    [
      [0, "\x47"],
      [188, "\x47"],
    ],
  ],
];

const STILL = "a still picture";

const OTHER_SIGNATURES: readonly Signature[] = [
  [
    STILL,
    [
      [0, "\x89PNG\r\n"],
      [37, "IDAT"],
    ],
  ],
  [STILL, [[0, "\xff\xd8\xff"]]],
  [
    STILL,
    [
      [0, "RIFF"],
      [8, "WEBP"],
    ],
  ],
  [STILL, [[0, "II*\0"]]],
  [STILL, [[0, "MM\0*"]]],
  ["a PDF document", [[0, "%PDF-"]]],
  ["a ZIP archive or an office document", [[0, "PK\x03\x04"]]],
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
