/** Every command with the fake model (what is printed where, what is remembered), and the exit codes of the real one. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LEAST_NODE } from "../../bots/cli/doctor.ts";
import { aJpeg } from "../support/a-jpeg.ts";
import { jsonLineSchema } from "../support/json-line-schemas.ts";
import { type FakeDamoOptions, runDamo, runFakeDamo } from "../support/run-damo.ts";

const WORDS = "dog bark dog";
const CLIP_ID = createHash("sha256").update(WORDS).digest("hex");

let folder: string;
let clip: string;
let env: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "damo-cli-"));
  clip = join(folder, "walk in the park.mp4");
  await writeFile(clip, WORDS);
  // A port that nobody listens on: 9 is "discard".
  env = { DAMO_HOME: join(folder, "home"), DAMO_WEB_PORT: "9" };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const damo = (args: readonly string[], more: Record<string, string> = {}, options: FakeDamoOptions = {}) =>
  runFakeDamo(args, { ...env, ...more }, options);

describe("damo ask", () => {
  it("prints answers alone on stdout, and the rest on stderr", async () => {
    const { exitCode, stdout, stderr } = await damo(["ask", clip, "where is the dog?"]);
    expect(exitCode).toBe(0);
    expect(stdout.replace(/http\S+/g, "LINK")).toBe(
      "It is there 2 x.\n  0:00 to 0:08  90 %  LINK\n  0:16 to 0:24  90 %  LINK\n",
    );
    expect(stderr).toMatch(/^Watched walk in the park\.mp4 \(0:24\) in /);
    expect(stderr).toContain("fake-mini 0.0.1, watched just now");
    expect(stderr).toContain("Run `damo web` to open the links.");
    expect(stdout + stderr).not.toContain("\x1b");
  });

  it("keeps follow-ups in one thread, and starts another one the next time", async () => {
    const first = (await damo(["ask", clip, "dog?", "bark?", "cat?", "--json"])).lines();
    const answers = first.filter((line) => line["type"] === "answer");
    expect(answers.map((line) => line["question"])).toEqual(["dog?", "bark?", "cat?"]);
    expect(answers.map((line) => line["cache"])).toEqual(["miss", "hit", "hit"]);
    expect(answers.map((line) => line["verdict"])).toEqual(["found", "found", "absent"]);
    expect(new Set(answers.map((line) => line["thread"])).size).toBe(1);
    const [again] = (await damo(["ask", clip, "dog?", "--json"])).lines();
    expect(again).toMatchObject({ type: "answer", cache: "hit" });
    expect(again?.["thread"]).not.toBe(answers[0]?.["thread"]);
  });

  it("takes several clips into one conversation, and says which one each answer is about", async () => {
    const earlier = join(folder, "yard.mp4");
    await writeFile(earlier, "cat bell");
    const questions = [
      "when does the cat appear?",
      "and in the other clip?",
      "and in yard.mp4?",
      "and in the third clip?",
    ];
    const run = await damo(["ask", clip, "--with", earlier, ...questions, "--json"]);
    const answers = run.lines().filter((line) => line["type"] === "answer");
    const other = createHash("sha256").update("cat bell").digest("hex");
    expect(answers.map((line) => [line["clipId"], line["verdict"]])).toEqual([
      [CLIP_ID, "absent"],
      [other, "found"],
      [other, "found"],
      [CLIP_ID, "absent"],
    ]);
    expect(answers[3]?.["text"]).toBe("There is no such clip in this thread.");
  });

  it("goes on with a named thread", async () => {
    await damo(["ask", clip, "dog?", "--thread", "park"]);
    expect((await damo(["ask", clip, "bark?", "--thread", "park", "--json"])).lines()).toMatchObject([
      { thread: "park" },
    ]);
    const { stdout } = await damo(["forget", clip]);
    expect(stdout).toContain("2 answers");
  });

  it("answers from memory when the file is gone: by its path, its title, the start of its id", async () => {
    await damo(["watch", clip]);
    await rm(clip);
    for (const name of [clip, "walk in the park.mp4", CLIP_ID, CLIP_ID.slice(0, 8)]) {
      const [line] = (await damo(["ask", name, "where is the dog?", "--json"])).lines();
      expect(line, name).toMatchObject({ type: "answer", cache: "hit", clipId: CLIP_ID, verdict: "found" });
    }
  });

  it("does not answer for a file whose bytes have changed", async () => {
    await damo(["watch", clip]);
    await writeFile(clip, "cat meow");
    const answers = (await damo(["ask", clip, "where is the dog?", "--json"])).lines();
    expect(answers.at(-1)).toMatchObject({ cache: "miss", verdict: "absent" });
  });

  it("asks which clip is meant when several have the name", async () => {
    await damo(["watch", clip]);
    const other = join(folder, "other");
    await mkdir(other);
    const copy = join(other, "walk in the park.mp4");
    await writeFile(copy, "cat meow");
    await damo(["watch", copy]);
    const { exitCode, stderr } = await damo(["ask", "walk in the park.mp4", "dog?"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("several clips are called walk in the park.mp4");
    expect(stderr).toContain(CLIP_ID.slice(0, 12));
  });

  it("writes what each span looks like with --frames, and a strip of them", async () => {
    const out = join(folder, "out", "frames");
    const questions = ["where is the dog?", "where is the bark?", "where is the cat?"];
    const answers = (await damo(["ask", clip, ...questions, "--frames", out, "--json"])).lines().slice(-3);
    const file = (name: string) => join(out, name);
    expect(answers.map((line) => line["evidence"])).toEqual([
      { frames: [file("1-1-at-4s.jpg"), file("1-2-at-20s.jpg")], strip: file("1-strip.jpg") },
      { frames: [file("2-1-at-12s.jpg")] },
      { frames: [] },
    ]);
    expect(readFileSync(file("2-1-at-12s.jpg"))).toEqual(Buffer.from(aJpeg("bark")));
    expect(readFileSync(file("1-strip.jpg"))).toEqual(Buffer.concat([aJpeg("dog"), aJpeg("dog")]));
    for (const line of answers) jsonLineSchema.parse(line);
    const { stderr } = await damo(["ask", clip, "where is the bark?", "--frames", out]);
    expect(stderr).toContain(`Frames: ${file("1-1-at-12s.jpg")}`);
    expect((await damo(["ask", clip, "bark?", "--frames", clip, "--json"])).lines().at(-1)).toMatchObject({
      code: "usage",
    });
  });

  it("says that it is not sure", async () => {
    const { stdout } = await damo(["ask", clip, "dog?"], { FAKE_CONFIDENCE: "0.2" });
    expect(stdout).toMatch(/^I am not sure, but it is there 2 x\.\n {2}0:00 to 0:08 {2}20 %/);
  });

  it("checks the questions before a long watch", async () => {
    for (const [question, code] of [
      ["  ?!", "question.empty"],
      ["x".repeat(20_000), "question.too_long"],
    ] as const) {
      const run = await damo(["ask", clip, "fine?", question, "--json"]);
      expect(run.exitCode).toBe(2);
      expect(run.lines()).toMatchObject([{ type: "error", code }]);
    }
  });

  it("gives no links when the player's port is any, and says so", async () => {
    const { stdout, stderr } = await damo(["ask", clip, "dog?"], { DAMO_WEB_PORT: "0" });
    expect(stdout).not.toContain("http");
    expect(stderr).toContain("DAMO_WEB_PORT=0");
  });

  it("warns when another program has the player's port", async () => {
    const other = createServer((_, response) => response.end("hello"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const port = String((other.address() as AddressInfo).port);
    const { exitCode, stderr } = await damo(["ask", clip, "dog?"], { DAMO_WEB_PORT: port });
    expect(exitCode).toBe(0);
    expect(stderr).toContain("another program uses");
    const web = await damo(["web"], { DAMO_WEB_PORT: port });
    expect(web.exitCode).toBe(2);
    expect(web.stderr).toContain("is in use by another program");
    await new Promise((resolve) => other.close(resolve));
  });
});

describe("--json", () => {
  it("prints what docs/cli.md promises, line by line, and nothing else", async () => {
    const lines = [];
    const seen = new Set<unknown>();
    const calls = [
      ["watch", clip],
      ["ask", clip, "dog?", "cat?"],
      ["moments", clip],
      ["doctor"],
      ["models", "list"],
      ["bench", "memory"],
      ["forget", "--all"],
      ["ask", join(folder, "no.mp4"), "dog?"],
      ["nonsense"],
    ];
    for (const args of calls) {
      const run = await damo([...args, "--json"]);
      expect(run.stderr, args.join(" ")).toBe("");
      lines.push(...run.lines());
    }
    for (const line of lines) {
      expect(jsonLineSchema.safeParse(line).error, JSON.stringify(line)).toBeUndefined();
      seen.add(line["type"]);
    }
    expect([...seen].sort()).toEqual([
      "answer",
      "check",
      "error",
      "forgotten",
      "memory_cost",
      "moment",
      "progress",
      "watched",
    ]);
  });

  it("has every kind of line, with every key, on the page for people", () => {
    const page = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
    const shown = page
      .split("\n")
      .filter((line) => line.startsWith('{"type":'))
      .map((line) => jsonLineSchema.parse(JSON.parse(line)));
    const kinds = jsonLineSchema.options.map((option) => option.shape.type.value);
    expect(new Set(shown.map(({ type }) => type))).toEqual(new Set(kinds));
    for (const option of jsonLineSchema.options) {
      const keys = shown.filter(({ type }) => type === option.shape.type.value).flatMap((line) => Object.keys(line));
      expect(new Set(keys)).toEqual(new Set(Object.keys(option.shape)));
    }
  });
});

describe("on a terminal", () => {
  it("shows the question, the words as they come, and then the times", async () => {
    const pieces: string[] = [];
    const onOutput = (text: string) => void pieces.push(text);
    const { stdout } = await damo(["ask", clip, "bark?"], { NO_COLOR: "1" }, { terminal: true, onOutput });
    expect(stdout.replace(/http\S+/g, "LINK")).toBe("> bark?\nIt is there 1 x.\n  0:08 to 0:16  90 %  LINK\n\n");
    // A number is held back until it cannot grow into a time any more.
    expect(pieces.slice(1, 5)).toEqual(["It ", "is ", "there ", "1 x."]);
  });

  it("says after the words that it is not sure", async () => {
    const more = { NO_COLOR: "1", FAKE_CONFIDENCE: "0.2" };
    const { stdout } = await damo(["ask", clip, "bark?"], more, { terminal: true });
    expect(stdout).toContain("It is there 1 x.\nI am not sure about this one.\n");
  });

  it("uses colours unless NO_COLOR is set or the terminal has none", async () => {
    const escapes = async (more: Record<string, string>) => {
      const { stdout } = await damo(["ask", clip, "bark?"], more, { terminal: true });
      return stdout.includes("\x1b[");
    };
    expect(await escapes({})).toBe(true);
    expect(await escapes({ NO_COLOR: "1" })).toBe(false);
    expect(await escapes({ TERM: "dumb" })).toBe(false);
  });
});

describe("damo moments", () => {
  it("lists them in columns, each with its link", async () => {
    const { stdout } = await damo(["moments", clip]);
    expect(stdout.replace(/http\S+/g, "LINK")).toBe(
      "0:00 to 0:08  dog   LINK\n0:08 to 0:16  bark  LINK\n0:16 to 0:24  dog   LINK\n",
    );
  });
});

describe("damo forget", () => {
  it("leaves nothing of the clip but its file", async () => {
    await damo(["ask", clip, "dog?"]);
    const { exitCode, stdout } = await damo(["forget", clip]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^Forgot walk in the park\.mp4: \d+ bytes of memory, 1 answer, its frames\. The file itself was not touched\.$/m,
    );
    expect(readFileSync(clip, "utf8")).toBe(WORDS);
    expect((await damo(["forget", clip])).stdout).toBe("Nothing was remembered of walk in the park.mp4.\n");
    await rm(clip);
    expect((await damo(["ask", CLIP_ID, "dog?"])).exitCode).toBe(3);
  });

  it("wants one clip or --all, not both and not neither", async () => {
    for (const args of [["forget"], ["forget", clip, "--all"]]) expect((await damo(args)).exitCode).toBe(2);
    expect((await damo(["forget", "--all"])).exitCode).toBe(0);
  });
});

describe("Ctrl-C", () => {
  it("stops a watch with 130, and the next one goes on from there", async () => {
    await writeFile(clip, "one two three four five six seven eight nine ten");
    const stopped = await damo(
      ["watch", clip, "--json"],
      { FAKE_WINDOW_MS: "20" },
      {
        onOutput: (text, pressCtrlC) => text.includes('"watchedSeconds":16') && pressCtrlC(),
      },
    );
    expect(stopped.exitCode).toBe(130);
    expect(stopped.lines().at(-1)).toMatchObject({ type: "error", code: "cancelled", exitCode: 130 });
    const resumed = (await damo(["watch", clip, "--json"])).lines();
    expect(resumed[0]).toMatchObject({ type: "progress", watchedSeconds: 16 });
    expect(resumed.at(-1)).toMatchObject({ type: "watched", cache: "resumed", windows: 10 });
  });

  it("closes the player, which is a good end", async () => {
    await damo(["watch", clip]);
    const opened: Promise<number>[] = [];
    const web = await damo(
      ["web", "--json"],
      { DAMO_WEB_PORT: "0" },
      {
        onOutput: (text, pressCtrlC) => {
          const link = /"jumpLink":"([^"]+)"/.exec(text)?.[1];
          if (link)
            opened.push(
              fetch(link)
                .then(({ status }) => status)
                .finally(pressCtrlC),
            );
        },
      },
    );
    expect(web.exitCode).toBe(0);
    expect(await Promise.all(opened)).toEqual([200]);
    for (const line of web.lines()) expect(jsonLineSchema.safeParse(line).error).toBeUndefined();
    expect(web.lines().map((line) => line["type"])).toEqual(["player", "clip"]);
  });
});

describe("exit codes of the real command", () => {
  const real = (args: readonly string[], more: Record<string, string> = {}) => runDamo(args, { ...env, ...more });

  it("0 for help and version, from any folder and through a link", async () => {
    const linked = join(folder, "damo linked");
    await symlink(fileURLToPath(new URL("../../script/damo", import.meta.url)), linked);
    const { execFileSync } = await import("node:child_process");
    expect(execFileSync(linked, ["--version"], { cwd: folder, encoding: "utf8" })).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await real(["--help"]);
    expect(help.exitCode).toBe(0);
    for (const command of ["ask", "watch", "moments", "forget", "web", "doctor", "models"]) {
      expect(help.stdout).toContain(`  ${command} `);
    }
  });

  it("2 for a command, an option or a setting that is not understood", async () => {
    for (const args of [[], ["nope"], ["ask"], ["ask", clip], ["watch", clip, "--nope"]]) {
      expect((await real(args)).exitCode, args.join(" ")).toBe(2);
    }
    const { exitCode, stderr } = await real(["watch", clip], { DAMO_WEB_PORT: "many", DAMO_LINK_SECRET: "hunter2" });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("DAMO_WEB_PORT");
    expect(stderr).toContain("DAMO_LINK_SECRET");
    expect(stderr).not.toContain("hunter2");
  });

  it("3 for a clip that is not there, a folder and a link to elsewhere", async () => {
    for (const name of [join(folder, "no.mp4"), folder, "https://example.com/dog.mp4"]) {
      const { exitCode, stderr } = await real(["ask", name, "dog?"]);
      expect(exitCode, name).toBe(3);
      expect(stderr).not.toMatch(/\n {4}at /);
    }
  });

  it("4 for a bundle that is not there", async () => {
    for (const args of [
      ["ask", clip, "dog?"],
      ["models", "verify"],
      ["models", "list"],
    ]) {
      const { exitCode, stderr } = await real(args, { DAMO_BUNDLE: join(folder, "none") });
      expect(exitCode, args.join(" ")).toBe(4);
      expect(stderr).toContain("The model bundle is not there");
    }
  });

  it("5 for a home that cannot be used", async () => {
    const { exitCode, stderr } = await real(["forget", "--all"], { DAMO_HOME: join(clip, "home") });
    expect(exitCode).toBe(5);
    expect(stderr).toContain("The memory of the clips cannot be opened");
  });

  it("of the doctor: that of the first problem", async () => {
    const { exitCode, stdout } = await real(["doctor"], { DAMO_BUNDLE: join(folder, "none") });
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(/^ok +node /m);
    expect(stdout).toMatch(/^problem bundle /m);
    expect(stdout).toMatch(/^ok +store /m);
  });
});

it("the doctor asks for the node that package.json asks for", () => {
  const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(`>=${LEAST_NODE}`.startsWith(engines.node)).toBe(true);
});
