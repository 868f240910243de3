/** A suite of clips with questions (or events) whose right answers are known: one JSON object a line. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { DomainError, type SuiteClip, suiteClipSchema } from "../../core/index.ts";

/**
 * @param suite  the file, or the folder that holds it as suite.jsonl
 * @throws DomainError `usage`: no such file, or the line that is not one
 */
export async function readSuite(
  suite: string,
): Promise<{ readonly file: string; readonly clips: readonly SuiteClip[] }> {
  const file = (await stat(suite).catch(() => undefined))?.isDirectory() ? join(suite, "suite.jsonl") : suite;
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new DomainError("usage", `no suite at ${file}`, {
      cause,
      details: { problem: `there is no suite at ${file}` },
    });
  });
  const clips = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, index) => {
      try {
        return suiteClipSchema.parse(JSON.parse(line));
      } catch (cause) {
        throw new DomainError("usage", `line ${index + 1} of ${file} is not a suite clip`, {
          cause,
          details: { problem: `line ${index + 1} of ${file} is not a suite clip` },
        });
      }
    });
  return { file, clips };
}
