/** What only several processes, a kill, a full disk or a look at the raw bytes can show. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { embeddedStores } from "../../memory/index.ts";
import { clipFolder } from "../../memory/keys.ts";
import { aClipInfo, aHeader, aKey, aTurn, aWindow, CLIP, OTHER_CLIP, TENANT } from "../support/memory-builders.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

const SCRIPT = new URL("../support/watch-into-store.ts", import.meta.url).pathname;
const NODE = [process.execPath, "--import", "tsx", SCRIPT] as const;

/** Every byte of every file in a folder, and every name. */
async function everythingIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.map((file) => readFile(file, "latin1")));
  return [...files, ...contents].join("\n");
}

describe("the embedded stores", () => {
  it("know after a restart what they knew before", async () => {
    const home = await scratchFolder();
    const before = embeddedStores(home);
    await before.memories.begin(aHeader());
    await before.memories.appendWindow(aKey(), aWindow(0));
    await before.threads.appendTurn(TENANT, "t", aTurn("when?"));
    const after = embeddedStores(home);
    expect(await after.memories.read(aKey())).toMatchObject({ complete: false, windows: [aWindow(0)] });
    expect((await after.threads.read(TENANT, "t"))?.turns).toEqual([aTurn("when?")]);
  });

  it("let several processes watch one clip into one memory", async () => {
    const root = join(await scratchFolder(), "memories");
    const watchers = [0, 1, 2].map(() => spawn(NODE[0], [...NODE.slice(1), root, "60"]));
    const codes = await Promise.all(watchers.map(async (watcher) => (await once(watcher, "exit"))[0]));
    expect(codes).toEqual([0, 0, 0]);
    const { memories } = embeddedStores(join(root, ".."));
    const memory = await memories.read(aKey());
    expect(memory?.complete).toBe(true);
    expect(memory?.windows).toEqual(Array.from({ length: 60 }, (_, index) => aWindow(index)));
  });

  it("keep every window that was confirmed when the process is killed, and go on after it", async () => {
    const root = join(await scratchFolder(), "memories");
    const { memories } = embeddedStores(join(root, ".."));
    let confirmed = -1;
    for (const killAfter of [0, 3, 17]) {
      const watcher = spawn(NODE[0], [...NODE.slice(1), root, "1000000"]);
      watcher.stdout.on("data", (chunk) => {
        confirmed = Number(String(chunk).trim().split("\n").at(-1));
        if (confirmed >= killAfter) watcher.kill("SIGKILL");
      });
      await once(watcher, "close");
      const memory = await memories.read(aKey());
      expect(memory?.complete).toBe(false);
      expect(memory?.windows.length).toBeGreaterThan(confirmed);
      for (const [index, window] of (memory?.windows ?? []).entries()) expect(window).toEqual(aWindow(index));
    }
  });

  it("leave no byte of a forgotten clip behind, and every byte of the others", async () => {
    const home = await scratchFolder();
    const { memories, threads, media } = embeddedStores(home);
    const file = join(await scratchFolder(), "holiday-secret.mp4");
    await writeFile(file, "picture-secret");
    const marked = aHeader({ title: "holiday-secret.mp4" });
    await memories.begin(marked);
    await memories.appendWindow(aKey(), aWindow(0));
    await memories.complete(aKey(), { info: { ...aClipInfo(), container: "container-secret" }, warnings: [] });
    await media.remember(TENANT, CLIP, { path: file, copy: true });
    await threads.appendTurn(TENANT, "t", aTurn("what about the question-secret?"));
    await threads.appendTurn(TENANT, "t", aTurn("and the other clip?", { clipId: OTHER_CLIP }));
    // What a process that was killed while writing leaves behind.
    await writeFile(join(clipFolder(join(home, "memories"), TENANT, CLIP), "0123.draft"), "draft-secret");
    const thread = (await readdir(join(home, "threads"), { recursive: true })).find((name) => name.endsWith(".turn"));
    await writeFile(join(home, "threads", thread as string, "..", "4567.draft"), "half a turn: draft-secret");
    expect((await everythingIn(home)).split("secret").length).toBeGreaterThan(6);

    await memories.delete(TENANT, CLIP);
    await threads.forgetClip(TENANT, CLIP);
    await media.delete(TENANT, CLIP);

    const left = await everythingIn(home);
    expect(left).not.toContain("secret");
    expect(left).not.toContain(CLIP);
    expect(left).toContain("and the other clip?");
    expect(await readFile(file, "utf8")).toBe("picture-secret");
  });

  it("say memory.unavailable when the home folder is a file", async () => {
    const home = join(await scratchFolder(), "home");
    await writeFile(home, "not a folder");
    const { memories, threads, media } = embeddedStores(home);
    const unavailable = { code: "memory.unavailable" };
    await expect(memories.begin(aHeader())).rejects.toMatchObject(unavailable);
    await expect(memories.read(aKey())).rejects.toMatchObject(unavailable);
    await expect(threads.appendTurn(TENANT, "t", aTurn("q"))).rejects.toMatchObject(unavailable);
    await expect(media.remember(TENANT, CLIP, { path: home })).rejects.toMatchObject(unavailable);
  });

  it("say memory.unavailable when they may not write", async ({ skip }) => {
    if (process.getuid?.() === 0) skip("root may write everywhere");
    const home = await scratchFolder();
    await chmod(home, 0o500);
    await expect(embeddedStores(home).memories.begin(aHeader())).rejects.toMatchObject({ code: "memory.unavailable" });
  });

  it("say memory.unavailable when the disk takes no more, and keep what was stored before", async ({ skip }) => {
    if (process.platform === "win32") skip("needs ulimit");
    const root = join(await scratchFolder(), "memories");
    const { memories } = embeddedStores(join(root, ".."));
    // No file beyond 4 KiB (ulimit counts 1,024 bytes): the header fits, a window of 3 x 1,000 float16 does not.
    const command = `trap '' XFSZ; ulimit -f 4; exec "$@"`;
    const watcher = spawn("bash", ["-c", command, "bash", ...NODE, root, "3", "1000"], {
      env: { ...process.env, TSX_DISABLE_CACHE: "1" },
    });
    const output = String((await once(watcher.stdout, "data"))[0]);
    expect(output).toBe("memory.unavailable EFBIG\n");
    expect(await memories.read(aKey())).toMatchObject({ complete: false, windows: [] });
    expect((await everythingIn(root)).includes(".draft")).toBe(false);
  });
});
