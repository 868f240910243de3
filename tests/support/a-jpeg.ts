/** As much of a JPEG as a store looks at: where it starts and where it ends. */
export const aJpeg = (inside: string): Uint8Array => Uint8Array.from([0xff, 0xd8, ...Buffer.from(inside), 0xff, 0xd9]);
