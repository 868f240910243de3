/** Files that are no clips, or are made to do harm: each is refused with the right code, and nothing else is opened. */
import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countingFrames, decodeWhole, makeClip, testFfmpeg } from "../support/media-clips.ts";
import { TEST_LIMITS } from "../support/media-table.ts";

let folder: string;
let clip: string;
let server: Server;
let requests = 0;
let host: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "damo-media-"));
  clip = await makeClip(folder, "good.mkv", ...countingFrames(1));
  server = createServer((_, response) => {
    requests++;
    response.end("x");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function aFile(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** The code and the message that decoding fails with. */
async function refusalOf(path: string, limits = {}): Promise<string> {
  return decodeWhole(path, { limits: { ...TEST_LIMITS, ...limits } }).then(
    () => "decoded",
    (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
  );
}

describe("what is no clip", () => {
  it("is refused by what it is", async () => {
    expect(await refusalOf(join(folder, "absent.mp4"))).toMatch(/^clip\.not_found/);
    expect(await refusalOf(folder)).toMatch(/^clip\.not_found: .*not a file/);
    expect(await refusalOf(await aFile("empty.mp4", ""))).toMatch(/^clip\.empty/);
    const page = await aFile("login.mp4", "<!DOCTYPE html><html><body>Sign in to your workspace</body></html>");
    expect(await refusalOf(page)).toMatch(/^clip\.not_media: .*web page/);
    expect(await refusalOf(await aFile("text.mp4", "hello ".repeat(500)))).toMatch(/^clip\.not_media/);
    expect(
      await refusalOf(await makeClip(folder, "still.png", "-f", "lavfi", "-i", "color=s=16x16", "-frames:v", "1")),
    ).toMatch(/^clip\.not_media: .*still picture/);
    const random = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919 + (i >> 3) * 104_729) & 255);
    expect(await refusalOf(await aFile("random.mp4", random))).toMatch(/^clip\.(not_media|unreadable)/);
  });

  it("is unreadable when it begins like a clip and then does not go on", async () => {
    const bytes = await readFile(clip);
    expect(await refusalOf(await aFile("head.mkv", bytes.subarray(0, 60)))).toMatch(/^clip\.(unreadable|no_frames)/);
  });

  it("holds no frames when its pictures are all noise", async () => {
    const bytes = await readFile(
      await makeClip(
        folder,
        "noise.mp4",
        "-f",
        "lavfi",
        "-i",
        "testsrc=s=64x64:r=10:d=1",
        "-c:v",
        "libx264",
        "-movflags",
        "faststart",
      ),
    );
    bytes.fill(0x55, bytes.indexOf("mdat") + 4);
    expect(await refusalOf(await aFile("noise.mp4", bytes))).toMatch(/^clip\.no_frames/);
  });
});

describe("playlists and scripts that point elsewhere", () => {
  const playlists = (target: string): Record<string, string> => ({
    "list.mp4": `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${target}\n#EXT-X-ENDLIST\n`,
    "list.m3u8": `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${target}\n#EXT-X-ENDLIST\n`,
    "script.mp4": `ffconcat version 1.0\nfile '${target}'\n`,
    "stream.sdp": `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 ${host}\nt=0 0\nm=video 5004 RTP/AVP 96\n`,
    "list.mpd": `<?xml version="1.0"?><MPD><Period><BaseURL>${target}</BaseURL></Period></MPD>`,
    // Without its first line ffmpeg still knows it by its name.
    "disguised.m3u8": `\n\n# a comment\n#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${target}\n`,
    "late.ffconcat": `# a comment\nffconcat version 1.0\nfile '${target}'\n`,
  });

  it("are refused, and nobody is called and no file is opened", async () => {
    for (const target of [`http://${host}/secret`, `file://${clip}`, clip, `concat:${clip}`]) {
      for (const [name, text] of Object.entries(playlists(target))) {
        expect(await refusalOf(await aFile(name, text)), `${name} -> ${target}`).toMatch(/^clip\.not_media/);
      }
    }
    expect(requests).toBe(0);
  });

  it("do not get through in a file name", async () => {
    for (const name of [
      `http://${host}/a.mp4`,
      `concat:${clip}|${clip}`,
      "-version",
      `subfile,,start,0,end,9,,:${clip}`,
    ]) {
      expect(await refusalOf(name)).toMatch(/^clip\.not_found/);
    }
    const odd = await aFile("-i http:x, 100% 'odd' #name?.mkv", await readFile(clip));
    expect(await refusalOf(odd)).toBe("decoded");
    const sequence = await aFile("frame%03d.mkv", await readFile(clip));
    expect(await refusalOf(sequence)).toBe("decoded");
    expect(requests).toBe(0);
  });
});

describe("limits", () => {
  it("refuse a file of too many bytes before ffmpeg sees it", async () => {
    const path = join(folder, "large.mp4");
    const file = await open(path, "w");
    await file.truncate(2 ** 33); // takes no room on disk
    await file.close();
    expect(await refusalOf(path)).toMatch(/^clip\.too_large: .*8589934592 bytes/);
  });

  it("refuse a clip that says it is too long before decoding it", async () => {
    expect(await refusalOf(clip, { maxClipSeconds: 0.5 })).toMatch(/^clip\.too_long/);
  });

  it("stop a clip that turns out to be too long", async () => {
    // A live-style Matroska file carries no duration.
    const path = await makeClip(folder, "unsaid.mkv", ...countingFrames(12, "4"), "-live", "1");
    expect(await refusalOf(path, { maxClipSeconds: 13 })).toBe("decoded");
    expect(await refusalOf(path, { maxClipSeconds: 5 })).toMatch(/^clip\.too_long/);
  });

  it("refuse pictures of too many pixels, whether the container says so or only the pictures do", async () => {
    const source = ["-f", "lavfi", "-i", "color=s=400x300:r=2:d=1"];
    const limits = { maxClipPixels: 399 * 300 };
    expect(await refusalOf(await makeClip(folder, "wide.mkv", ...source, "-c:v", "ffv1"), limits)).toMatch(
      /^clip\.dimensions: .*400x300/,
    );
    expect(await refusalOf(await makeClip(folder, "wide.ts", ...source, "-c:v", "mpeg2video"), limits)).toMatch(
      /^clip\.dimensions: .*400x304|^clip\.dimensions: .*400x300/,
    );
    const grows = [
      await makeClip(folder, "small.ts", "-f", "lavfi", "-i", "color=s=64x48:r=10:d=6", "-c:v", "mpeg2video"),
      await makeClip(folder, "big.ts", "-f", "lavfi", "-i", "color=s=400x300:r=10:d=1", "-c:v", "mpeg2video"),
    ];
    const path = await makeClip(folder, "grows.ts", "-i", `concat:${grows.join("|")}`, "-c", "copy");
    expect(await refusalOf(path, limits)).toMatch(/^clip\.dimensions/);
  });

  it("refuse a picture bomb: 16,000 x 16,000 in a file of a few hundred bytes", async () => {
    const bytes = await readFile(await makeClip(folder, "small.gif", "-f", "lavfi", "-i", "color=s=16x16:r=10:d=0.5"));
    bytes.writeUInt16LE(16_000, 6); // the width and the height of a GIF's canvas
    bytes.writeUInt16LE(16_000, 8);
    expect(await refusalOf(await aFile("bomb.gif", bytes))).toMatch(/^clip\.dimensions: .*16000x16000/);
  });

  it("give up a decoder that makes no progress", async () => {
    const stuck = await aFile(
      "stuck-ffmpeg",
      `#!/bin/sh\ncase "$*" in *pipe:1*) exec sleep 61.5;; *) exec ${testFfmpeg.path} "$@";; esac\n`,
    );
    await chmod(stuck, 0o755);
    const failed = decodeWhole(clip, { ffmpeg: { path: stuck }, limits: { ...TEST_LIMITS, stallMs: 300 } });
    await expect(failed).rejects.toMatchObject({ code: "clip.decode_timeout", retryable: true });

    const deaf = await aFile("deaf-ffmpeg", "#!/bin/sh\nexec sleep 61.5\n");
    await chmod(deaf, 0o755);
    await expect(
      decodeWhole(clip, { ffmpeg: { path: deaf }, limits: { ...TEST_LIMITS, stallMs: 300 } }),
    ).rejects.toMatchObject({ code: "clip.decode_timeout" });
    // Neither script is left behind.
    expect(execFileSync("ps", ["-eo", "args"]).toString()).not.toMatch(/sleep 61\.5/);
  });

  it("say so when ffmpeg cannot be started, or dies", async () => {
    await expect(decodeWhole(clip, { ffmpeg: { path: join(folder, "none") } })).rejects.toMatchObject({
      code: "setup.ffmpeg_missing",
    });
    const dying = await aFile(
      "dying-ffmpeg",
      `#!/bin/sh\ncase "$*" in *pipe:1*) kill -SEGV $$;; *) exec ${testFfmpeg.path} "$@";; esac\n`,
    );
    await chmod(dying, 0o755);
    await expect(decodeWhole(clip, { ffmpeg: { path: dying } })).rejects.toMatchObject({
      code: "clip.unreadable",
      message: expect.stringContaining("SIGSEGV"),
    });
  });
});

describe("damaged clips", () => {
  it("give their pictures when their sound stops ffmpeg altogether, and the other way round", async () => {
    // What a codec that this ffmpeg lacks does: "Decoder not found" ends it before the other stream is touched.
    const both = await makeClip(
      folder,
      "both.mkv",
      ...countingFrames(1).slice(0, 4),
      ...["-f", "lavfi", "-i", "sine=d=1", "-c:v", "ffv1", "-c:a", "pcm_s16le"],
    );
    const without = async (name: string, stream: string) => {
      const script = `#!/bin/sh\ncase "$*" in *"-map ${stream} "*) exit 1;; *) exec ${testFfmpeg.path} "$@";; esac\n`;
      const path = await aFile(name, script);
      await chmod(path, 0o755);
      return decodeWhole(both, { ffmpeg: { path } });
    };
    expect((await without("no-sound", "0:1")).windows).toMatchObject([{ frameCount: 2, hasAudio: false }]);
    expect((await without("no-pictures", "0:0")).windows).toMatchObject([{ frameCount: 0, hasAudio: true }]);
  });

  it("are taken as far as they go, with a warning when the header promised clearly more", async () => {
    const whole = await makeClip(folder, "whole.mkv", ...countingFrames(12, "4"));
    const bytes = await readFile(whole);
    const half = await decodeWhole(await aFile("half.mkv", bytes.subarray(0, bytes.length / 2)));
    expect(half.warnings).toEqual(["clip.truncated"]);
    expect(half.opened.durationSeconds).toBeCloseTo(12, 1);
    expect(half.info.durationSeconds).toBeGreaterThanOrEqual(3);
    expect(half.info.durationSeconds).toBeLessThan(8);
    expect((await decodeWhole(whole)).warnings).toEqual([]);
  });
});
