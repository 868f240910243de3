/**
 * The `damo` command: what it takes and what it returns. Each command's file is loaded only when it is called, so that
 * `damo --help` answers at once.
 */
import { Command, CommanderError } from "commander";
// Not core/index.ts: that loads zod, which `--help` does not need.
import { isDomainError } from "../../core/errors.ts";
import { BUG_REPLY, replyForError } from "../replies.ts";
import type { AugmentCommandOptions } from "./augment.ts";
import type { CommandContext } from "./context.ts";
import { EXIT_BAD_USE, EXIT_BUG, EXIT_DONE, exitCodeOf } from "./exit-code.ts";
import type { Services } from "./services.ts";
import { createTerminal, type Terminal, type TerminalStreams } from "./terminal.ts";

export interface CliHost extends TerminalStreams {
  readonly version: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Wall time, ms since the epoch. */
  readonly now: () => number;
  /** Called at most once. @throws DomainError `config.invalid` */
  createServices(): Promise<Services>;
}

/**
 * @param args  without node and script, e.g. `["ask", "dog.mp4", "when does the dog appear?"]`
 * @returns the exit code; every error has been told to the person by then
 */
export async function runCli(args: readonly string[], host: CliHost): Promise<number> {
  const json = args.includes("--json");
  const terminal = createTerminal(host, json);
  let services: Promise<Services> | undefined;
  const context: CommandContext = {
    terminal,
    services: () => (services ??= host.createServices()),
    signal: host.signal,
    now: host.now,
  };
  let exitCode = EXIT_DONE;
  const program = createProgram(context, host, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    return await tellError(error, host, terminal);
  } finally {
    // Not made, or not makeable: then there is nothing to close.
    const made = await services?.catch(() => undefined);
    await made?.close();
  }
}

function createProgram(context: CommandContext, host: CliHost, setExitCode: (code: number) => void): Command {
  const program = new Command("damo")
    .description("Watch a clip once, then ask about it: answers come from memory and jump to the second.")
    .version(host.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      writeErr: (text) => void (context.terminal.json || host.stderr.write(text)),
    })
    .showHelpAfterError("See `damo --help`.");
  const command = (parent: Command, usage: string, description: string) =>
    parent.command(usage).description(description).option("--json", "print one JSON object a line (docs/cli.md)");

  command(program, "ask", "answer questions about a clip, each as a follow-up of the one before")
    .argument("<clip>", CLIP_HELP)
    .argument("<questions...>", "the question and its follow-ups, each in quotes")
    .option("--thread <name>", "go on with this conversation, or start it under this name")
    .option("--frames <folder>", "write what each span looks like there, as JPEG files")
    .option(
      "--with <clip>",
      'one more clip of the conversation, shared before: "and in the first clip?"; may be given again',
      (name: string, earlier: string[]) => [...earlier, name],
      [] as string[],
    )
    .action(async (clip: string, questions: string[], options: { thread?: string; frames?: string; with: string[] }) =>
      (await import("./ask.ts")).ask(context, clip, questions, options),
    );
  command(program, "watch", "watch a clip now, so that questions are answered at once later")
    .argument("<clip>", CLIP_HELP)
    .action(async (clip: string) => (await import("./watch.ts")).watch(context, clip));
  command(program, "moments", "list what is seen and heard in a clip, and when")
    .argument("<clip>", CLIP_HELP)
    .action(async (clip: string) => (await import("./moments.ts")).moments(context, clip));
  command(program, "forget", "forget a clip and everything said about it; its file stays")
    .argument("[clip]", CLIP_HELP)
    .option("--all", "forget every clip")
    .action(async (clip: string | undefined, options: { all?: boolean }) =>
      (await import("./forget.ts")).forget(context, clip, options),
    );
  command(program, "web", "open the player that the links in answers point to, until Ctrl-C").action(async () =>
    (await import("./web.ts")).web(context),
  );
  command(
    program,
    "start",
    "everything in one process: the player, and every bot that has a token, until Ctrl-C",
  ).action(async () => (await import("./serve.ts")).start(context));
  command(program, "bots", "the bots of every platform that has a token; workers do the work").action(async () =>
    (await import("./serve.ts")).bots(context),
  );
  command(program, "worker", "watch and answer for the bots that meet in the same Redis, until Ctrl-C").action(
    async () => (await import("./serve.ts")).worker(context),
  );
  command(program, "doctor", "check that this machine has what damo needs").action(async () =>
    setExitCode(await (await import("./doctor.ts")).doctor(context)),
  );

  command(program, "eval", "ask every question of a suite and score the answers beside chance")
    .argument(
      "<suite>",
      "theatre, real, a suite.jsonl, or the folder that holds it (training/README.md says how one is made)",
    )
    .option("--clips <folder>", "where the suite's clips lie, when not beside it")
    .action(async (suite: string, options: { clips?: string }) =>
      (await import("./eval.ts")).evalSuite(context, suite, options),
    );

  const queue = program.command("queue").description("the work that waits in Redis");
  command(queue, "counts", "how much waits, runs and has failed").action(async () =>
    (await import("./queue.ts")).queueCounts(context),
  );
  command(queue, "failed", "list the jobs that were given up").action(async () =>
    (await import("./queue.ts")).queueFailed(context),
  );
  command(queue, "retry", "hand failed jobs in again")
    .argument("[job]", "the id of one, as `damo queue failed` lists it")
    .option("--all", "every failed job")
    .action(async (job: string | undefined, options: { all?: boolean }) =>
      (await import("./queue.ts")).queueRetry(context, job, options),
    );
  const bench = program.command("bench").description("measure this machine");
  command(bench, "memory", "what the stores cost beside the same bytes by plain Redis GET and SET").action(async () =>
    (await import("./bench.ts")).benchMemory(context),
  );

  command(bench, "ask", "how soon answers about a clip come, once it has been watched")
    .argument("<clip>", CLIP_HELP)
    .option("--rounds <count>", "how often every question is asked", (text) => Number.parseInt(text, 10), 5)
    .action(async (clip: string, options: { rounds: number }) =>
      (await import("./bench-ask.ts")).benchAsk(context, clip, options),
    );
  command(program, "augment", "let a language model write temporal questions from annotations, for training")
    .argument("<annotations>", "ActivityNet-Captions, Charades-STA, QVHighlights or our own JSON lines")
    .argument("<output>", "a JSON lines file; a run that was stopped is taken up again")
    .option("--turns <number>", "questions a video, 6 when left out")
    .option("--concurrency <number>", "videos at one time, 4 when left out")
    .option("--limit <number>", "only so many videos")
    .option("--price-in <price>", "of a million tokens read, for the cost")
    .option("--price-out <price>", "of a million tokens written")
    .action(async (annotations: string, output: string, options: AugmentCommandOptions) =>
      (await import("./augment.ts")).augment(context, annotations, output, options),
    );

  const models = program.command("models").description("the model bundles on this machine");
  command(models, "list", "list them").action(async () => (await import("./models.ts")).listModels(context));
  command(models, "verify", "check every byte of a bundle against its checksums")
    .argument("[folder]", "a bundle folder; the one in use when left out")
    .action(async (folder?: string) => (await import("./models.ts")).verifyModel(context, folder));
  command(models, "fit", "fit what a bundle's matching head means to a suite of clips, and write it into its damo.json")
    .argument("<suite>", "a suite.jsonl with events, of clips that are used for nothing else")
    .action(async (suite: string) => (await import("./fit-bundle.ts")).fitBundle(context, suite));
  return program;
}

const CLIP_HELP = "a video or sound file; a watched one also by its title or the start of its id";

/** Tells the person, in words or as a JSON line, and says which exit code goes with it. */
async function tellError(error: unknown, host: CliHost, terminal: Terminal): Promise<number> {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT_DONE;
    // commander has written its own sentence to stderr already.
    const text = error.message.replace(/^error: /, "");
    terminal.line({
      type: "error",
      code: "usage",
      text,
      advice: "See `damo --help`.",
      retryable: false,
      exitCode: EXIT_BAD_USE,
    });
    return EXIT_BAD_USE;
  }
  if (isDomainError(error)) {
    const reply = replyForError(error);
    const exitCode = exitCodeOf(error.code);
    terminal.problem(reply);
    terminal.line({
      type: "error",
      code: error.code,
      text: reply.says,
      advice: reply.advice,
      retryable: error.retryable,
      exitCode,
    });
    return exitCode;
  }
  terminal.problem(BUG_REPLY);
  host.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  terminal.line({
    type: "error",
    code: "bug",
    text: BUG_REPLY.says,
    advice: BUG_REPLY.advice,
    retryable: false,
    exitCode: EXIT_BUG,
  });
  return EXIT_BUG;
}
