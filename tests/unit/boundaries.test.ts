/** Who may import whom (the table below), and no import cycles. Prints the file, what it imports and the rule. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { dirname, join, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";

const REPO = resolve(import.meta.dirname, "../..");

/** What each folder may use of the others. Only the composition roots see more. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  core: [],
  model: ["core"],
  memory: ["core"],
  workers: ["core"],
  bots: ["core"],
};

/** Two files choose adapters and read the environment; all others are handed what they need. */
const COMPOSITION_ROOTS = ["bots/main.ts", "workers/main.ts"];

/**
 * A folder is entered by its index.ts; what that does not list is private. What core/index.ts lists may also be imported
 * from its own file: a worker thread that needs one type, or one error, should not load zod for it.
 */
const coreIndex = await readFile(join(REPO, "core/index.ts"), "utf8");
const DOORS = [
  // One root may begin the other (`damo worker`); nobody else gets past the table above to it.
  ...COMPOSITION_ROOTS,
  ...["core", "model", "memory", "workers", "bots/langchain"].map((folder) => `${folder}/index.ts`),
  ...importsOf(withoutComments(coreIndex)).map(({ specifier }) => targetOf("core/index.ts", specifier)),
];

/** The only place that may import each package, as a path prefix. A package that is not listed may not be imported. */
const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  // Schemas stand next to what they check, so that one reads both at once: allowed wherever there is one.
  zod: ["core/", "model/", "memory/", "workers/", "bots/"],
  "onnxruntime-node": ["model/onnx/"],
  "@huggingface/tokenizers": ["model/tokenizer.ts"],
  "ffmpeg-static": ["model/media/"],
  hono: ["bots/web/"],
  "@hono/node-server": ["bots/web/"],
  vite: ["bots/web/"],
  ioredis: ["memory/", "workers/"],
  bullmq: ["workers/"],
  "@slack/bolt": ["bots/slack/"],
  "@slack/web-api": ["bots/slack/"],
  "@slack/types": ["bots/slack/"],
  "discord.js": ["bots/discord/"],
  "discord-api-types": ["bots/discord/"],
  // A surface like any other: it turns a chat model's calls into use cases of core/.
  langchain: ["bots/langchain/"],
  "@langchain/core": ["bots/langchain/"],
  "@langchain/openai": ["bots/langchain/"],
  // Logs and metrics of the processes.
  pino: ["bots/", "workers/"],
  "prom-client": ["bots/", "workers/"],
  // English time expressions ("at 0:42", "in the last ten seconds").
  "chrono-node": ["core/"],
  // Private addresses are not fetched.
  "ipaddr.js": ["bots/"],
  commander: ["bots/cli/"],
  "cli-progress": ["bots/cli/"],
  // The entries in plain JavaScript, which teach their thread to read TypeScript.
  tsx: ["bots/start.mjs", "model/onnx/start-thread.mjs"],
};

/** Node's own modules that core/ may use: hashing and reading a file, the default folders, printing a secret as none. */
const CORE_BUILTINS = ["node:crypto", "node:fs", "node:fs/promises", "node:os", "node:path", "node:url", "node:util"];

interface Import {
  readonly specifier: string;
  /** Only types: gone at run time, so it cannot close a cycle. */
  readonly typeOnly: boolean;
}

interface SourceFile {
  /** From the repository, with forward slashes, e.g. `core/clip.ts`. */
  readonly path: string;
  /** Without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

/** `import ... from "x"`, `export ... from "x"`, `import "x"` and `import("x")`. */
function importsOf(code: string): Import[] {
  const statement = /^[ \t]*(?:import|export)\s+(type\s+)?([\w*{},\s]*?)\s*(?:from\s*)?"([^"]+)"/gm;
  const fromStatements = [...code.matchAll(statement)].map(([, type, names = "", specifier = ""]) => {
    const listed = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
    const allTypes = listed?.split(",").every((name) => name.trim() === "" || name.trim().startsWith("type ")) ?? false;
    return { specifier, typeOnly: type !== undefined || allTypes };
  });
  const calls = [...code.matchAll(/\bimport\(\s*"([^"]+)"/g)].map(([, specifier = ""]) => ({
    specifier,
    typeOnly: false,
  }));
  return [...fromStatements, ...calls];
}

/** Every rule that a file breaks, as a line for people. */
function violationsOf({ path, code, imports }: SourceFile): string[] {
  const folder = path.split("/")[0] as string;
  const isRoot = COMPOSITION_ROOTS.includes(path);
  const broken: string[] = [];

  for (const { specifier } of imports) {
    const says = (rule: string) => broken.push(`${path} imports "${specifier}": ${rule}`);
    if (specifier.startsWith(".")) {
      const target = targetOf(path, specifier);
      const other = target.split("/")[0] as string;
      if (other === folder) continue;
      if (!isRoot && !MAY_USE[folder]?.includes(other)) says(`${folder}/ may use ${list(MAY_USE[folder] ?? [])}`);
      else if (!DOORS.includes(target)) says(`other folders enter ${other}/ by ${other}/index.ts`);
    } else if (specifier.startsWith("node:")) {
      if (folder === "core" && !CORE_BUILTINS.includes(specifier)) says(`core/ may use ${list(CORE_BUILTINS)}`);
    } else if (builtinModules.includes(specifier)) {
      says("Node's own modules are written node:...");
    } else {
      const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
      const homes = PACKAGE_HOMES[name];
      if (!homes) says(`${name} has no home in the table`);
      else if (!homes.some((home) => path.startsWith(home))) says(`${list(homes)} alone may import ${name}`);
    }
  }
  if (!isRoot && /\bprocess\.env\b/.test(code)) broken.push(`${path} reads process.env: only the composition roots do`);
  return broken;
}

/** Each cycle of run-time imports, as `a.ts > b.ts > a.ts`. */
function cyclesIn(files: readonly SourceFile[]): string[] {
  const graph = new Map(
    files.map(({ path, imports }) => [
      path,
      imports
        .filter((found) => found.specifier.startsWith(".") && !found.typeOnly)
        .map((found) => targetOf(path, found.specifier)),
    ]),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" > "));
    if (done.has(path) || trail.includes(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
}

function targetOf(path: string, specifier: string): string {
  return slashed(join(dirname(path), specifier));
}

function slashed(path: string): string {
  return path.split(sep).join("/");
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

const list = (names: readonly string[]): string => (names.length ? names.join(", ") : "nothing");

function aFile(path: string, text: string): SourceFile {
  const code = withoutComments(text);
  return { path, code, imports: importsOf(code) };
}

const sources: SourceFile[] = [];
for (const folder of Object.keys(MAY_USE).filter((name) => existsSync(join(REPO, name)))) {
  for (const name of await readdir(join(REPO, folder), { recursive: true })) {
    const path = slashed(join(folder, name));
    if (/\.(ts|mjs)$/.test(path)) sources.push(aFile(path, await readFile(join(REPO, path), "utf8")));
  }
}

describe("the folders of the repository", () => {
  it("import only what the table lets them", () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.flatMap(violationsOf)).toEqual([]);
  });

  it("have no import cycles", () => {
    expect(cyclesIn(sources)).toEqual([]);
  });

  it("import files that exist, so that no import escapes the check", () => {
    const known = new Set(sources.map(({ path }) => path));
    const unknown = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => specifier.startsWith(".") && !known.has(targetOf(path, specifier)))
        .map(({ specifier }) => `${path} imports "${specifier}"`),
    );
    expect(unknown).toEqual([]);
  });
});

describe("the check itself", () => {
  it.each([
    ["core/a.ts", 'import { x } from "../memory/index.ts";', "core/ may use nothing"],
    ["model/a.ts", 'export type { X } from "../memory/index.ts";', "model/ may use core"],
    ["bots/slack/a.ts", 'const m = await import("../../model/index.ts");', "bots/ may use core"],
    ["bots/main.ts", 'import { x } from "../memory/codec.ts";', "other folders enter memory/ by memory/index.ts"],
    ["bots/cli/a.ts", 'import { x } from "../../core/shared-run.ts";', "other folders enter core/ by core/index.ts"],
    ["model/a.ts", 'import * as ort from "onnxruntime-node";', "model/onnx/ alone may import onnxruntime-node"],
    ["bots/cli/a.ts", 'import {\n  html,\n} from "hono/html";', "bots/web/ alone may import hono"],
    ["memory/a.ts", 'import "left-pad";', "left-pad has no home in the table"],
    ["core/a.ts", 'import { createServer } from "node:http";', "core/ may use node:crypto"],
    ["model/a.ts", 'import { join } from "path";', "Node's own modules are written node:..."],
    ["memory/a.ts", "const home = process.env.HOME;", "only the composition roots do"],
  ])("finds what %s may not do: %s", (path, text, rule) => {
    expect(violationsOf(aFile(path, text))).toEqual([expect.stringContaining(rule)]);
  });

  it("lets through what is allowed, and what stands in a comment", () => {
    const text = '// import { x } from "lodash";\n/* import "../memory/index.ts" */\nimport { z } from "zod";\n';
    expect(violationsOf(aFile("core/a.ts", text))).toEqual([]);
    expect(violationsOf(aFile("bots/main.ts", 'import("../model/index.ts"); process.env;'))).toEqual([]);
  });

  it("finds a cycle, unless types alone close it", () => {
    const a = aFile("core/a.ts", 'import { b } from "./b.ts";');
    const back = aFile("core/b.ts", 'import { type A, a } from "./a.ts";');
    expect(cyclesIn([a, back])).toEqual(["core/a.ts > core/b.ts > core/a.ts"]);
    const backByTypes = aFile("core/b.ts", 'import type { A } from "./a.ts";\nimport { type B } from "./a.ts";');
    expect(cyclesIn([a, backByTypes])).toEqual([]);
  });
});
