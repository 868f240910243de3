/** What is in a JPEG, by ffmpeg: its size and its pixels. */
import { spawn } from "node:child_process";
import { testFfmpeg } from "./media-clips.ts";

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Of red, green, blue, 0..255. */
  readonly mean: readonly number[];
  /** The strongest colour at a pixel. */
  at(x: number, y: number): "red" | "green" | "blue";
  /** Mean of red, green and blue at a pixel, 0..255. */
  value(x: number, y: number): number;
}

export async function pictureOf(jpeg: Uint8Array): Promise<Picture> {
  const args = [
    "-loglevel",
    "error",
    "-f",
    "image2pipe",
    "-c:v",
    "mjpeg",
    "-i",
    "pipe:0",
    "-f",
    "image2pipe",
    "-c:v",
    "ppm",
  ];
  const child = spawn(testFfmpeg.path, [...args, "pipe:1"], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(jpeg);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  const ppm = Buffer.concat(chunks);
  const head = /^P6\n(\d+) (\d+)\n255\n/.exec(ppm.toString("latin1", 0, 40));
  if (!head) throw new Error("this is not a JPEG that ffmpeg can read");
  const [width, height] = [Number(head[1]), Number(head[2])];
  const pixels = ppm.subarray(head[0].length);
  const pixel = (x: number, y: number) => [
    ...pixels.subarray(3 * (Math.floor(y) * width + Math.floor(x))).subarray(0, 3),
  ];
  const mean = [0, 1, 2].map((plane) => {
    let sum = 0;
    for (let i = plane; i < pixels.length; i += 3) sum += pixels[i]!;
    return sum / (width * height);
  });
  return {
    width,
    height,
    mean,
    at(x, y) {
      const values = pixel(x, y);
      return (["red", "green", "blue"] as const)[values.indexOf(Math.max(...values))]!;
    },
    value: (x, y) => pixel(x, y).reduce((sum, part) => sum + part, 0) / 3,
  };
}
