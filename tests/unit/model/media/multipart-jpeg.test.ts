import { describe, expect, it } from "vitest";
import { MultipartJpeg } from "../../../../model/media/multipart-jpeg.ts";
import { aJpeg } from "../../../support/a-jpeg.ts";

const CRLF = "\r\n";
/** As ffmpeg 5.1 writes it. */
const streamOf = (...jpegs: Uint8Array[]): Buffer =>
  Buffer.concat([
    Buffer.from(`--ffmpeg${CRLF}`),
    ...jpegs.flatMap((jpeg) => [
      Buffer.from(`Content-type: image/jpeg${CRLF}Content-length: ${jpeg.length}${CRLF}${CRLF}`),
      jpeg,
      Buffer.from(`${CRLF}--ffmpeg${CRLF}`),
    ]),
  ]);

function read(chunks: Iterable<Buffer>): Uint8Array[] {
  const jpegs: Uint8Array[] = [];
  const parser = new MultipartJpeg((jpeg) => jpegs.push(jpeg));
  for (const chunk of chunks) parser.push(chunk);
  return jpegs;
}

describe("MultipartJpeg", () => {
  const jpegs = [aJpeg("one"), aJpeg(`two ${CRLF}${CRLF}--ffmpeg${CRLF}Content-length: 3${CRLF}${CRLF}`), aJpeg("")];

  it("does not care how the stream is cut, nor what stands inside a JPEG", () => {
    const stream = streamOf(...jpegs);
    for (let size = 1; size <= stream.length; size++) {
      const chunks = Array.from({ length: Math.ceil(stream.length / size) }, (_, i) =>
        stream.subarray(i * size, (i + 1) * size),
      );
      expect(read(chunks), `cut into ${size}`).toEqual(jpegs);
    }
  });

  it("leaves out one that was cut off", () => {
    expect(read([streamOf(...jpegs).subarray(0, -14)])).toEqual(jpegs.slice(0, 2));
  });

  it("hands out copies, so that a frame does not keep a chunk alive", () => {
    for (const jpeg of read([streamOf(...jpegs)])) expect(jpeg.buffer.byteLength).toBe(jpeg.length);
  });
});
