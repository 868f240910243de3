/**
 * The two suites that `damo eval` knows by name: `theatre`, made clips of held-out items, and `real`, published clips labelled by
 * hand. Both are found from the checkout; neither is part of an installation without one.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DomainError } from "../../core/index.ts";

export interface FoundSuite {
  /** A file, or a folder that holds it as suite.jsonl. */
  readonly suite: string;
  /** Where its clips lie. Absent: beside it. */
  readonly clips?: string;
  /** What people should know about this choice. */
  readonly note?: string;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Any other word is a path.
 *
 * @param clips  of `--clips`; goes before everything else
 * @param root   the checkout
 * @throws DomainError `suite.missing`: the suite or its clips are not here; says how to get them
 */
export async function findSuite(name: string, clips: string | undefined, root = ROOT): Promise<FoundSuite> {
  if (name === "theatre") return findTheatre(clips, root);
  if (name === "real") return findReal(clips, root);
  return { suite: name, ...(clips !== undefined && { clips }) };
}

async function findTheatre(clips: string | undefined, root: string): Promise<FoundSuite> {
  const whole = join(root, ".damo/eval/theatre");
  if (await exists(join(whole, "suite.jsonl"))) return { suite: whole, ...(clips !== undefined && { clips }) };
  const small = join(root, "tests/eval/theatre");
  if (!(await exists(join(small, "suite.jsonl")))) throw missing("there is no theatre suite in this checkout");
  const note =
    "the small theatre suite of the repository; `script/make-theatre` makes the 60 clips that training/RESULTS.md reports";
  return { suite: small, ...(clips !== undefined && { clips }), note };
}

async function findReal(clips: string | undefined, root: string): Promise<FoundSuite> {
  const suite = join(root, "tests/eval/real/real.jsonl");
  const text = await readFile(suite, "utf8").catch(() => undefined);
  if (text === undefined) throw missing("there is no real suite in this checkout");
  const folder = clips ?? join(root, "../shared/media/clips");
  const names = new Set([...text.matchAll(/"clip": ?"([^"]+)"/g)].map(([, name]) => name as string));
  const absent: string[] = [];
  for (const name of names) if (!(await exists(join(folder, name)))) absent.push(name);
  if (absent.length > 0) {
    throw missing(
      `${absent.length} of ${names.size} clips of the real suite are not in ${folder} (${absent.slice(0, 3).join(", ")}${absent.length > 3 ? ", ..." : ""})`,
    );
  }
  return { suite, clips: folder };
}

const missing = (problem: string) => new DomainError("suite.missing", problem, { details: { problem } });

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
