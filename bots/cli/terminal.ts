/**
 * Where a command's words go. Results go to stdout, everything else (progress, notes, errors) to stderr, so that a pipe
 * gets results alone. With `--json`, stdout carries one object a line and nothing else is said.
 */
import type { Reply } from "../replies.ts";
import type { JsonLine } from "./json-lines.ts";

/** The slice of a WriteStream that is used. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface TerminalStreams {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** For NO_COLOR (https://no-color.org) and TERM. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Paint {
  strong(text: string): string;
  quiet(text: string): string;
  accent(text: string): string;
  alarm(text: string): string;
}

export interface Terminal {
  readonly json: boolean;
  /** Somebody reads along: text is shown as it comes, and with the question that it answers. */
  readonly interactive: boolean;
  /** Colours for stdout. */
  readonly paint: Paint;
  /** The stream for a progress bar; absent when nobody would see it move. */
  readonly progressStream: TextStream | undefined;
  /** A result, for people. Nothing with `--json`. */
  result(text: string): void;
  /** A result, for programs. Nothing without `--json`. */
  line(line: JsonLine): void;
  /** Said in passing, on stderr. Nothing with `--json`. */
  note(text: string): void;
  problem(reply: Reply): void;
}

export function createTerminal({ stdout, stderr, env }: TerminalStreams, json: boolean): Terminal {
  const paint = paintFor(stdout, env);
  const paintNotes = paintFor(stderr, env);
  return {
    json,
    interactive: !json && stdout.isTTY === true,
    paint,
    progressStream: !json && stderr.isTTY ? stderr : undefined,
    result: (text) => void (json || stdout.write(text)),
    line: (line) => void (json && stdout.write(`${JSON.stringify(line)}\n`)),
    note: (text) => void (json || stderr.write(`${paintNotes.quiet(text)}\n`)),
    problem: ({ says, advice }) =>
      void (json || stderr.write(`${paintNotes.alarm("damo:")} ${says}\n${paintNotes.quiet(`      ${advice}`)}\n`)),
  };
}

function paintFor(stream: TextStream, env: TerminalStreams["env"]): Paint {
  const coloured = stream.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  // Select Graphic Rendition codes, ECMA-48 section 8.3.117.
  const paint = (code: number) => (text: string) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { strong: paint(1), quiet: paint(2), accent: paint(36), alarm: paint(31) };
}
