/** Commands that go on until Ctrl-C or SIGTERM: they say where they can be reached, then do their work, then drain. */
import type { CommandContext } from "./context.ts";
import type { RunningService } from "./services.ts";

export async function worker(context: CommandContext): Promise<void> {
  const services = await context.services();
  await serve(context, await services.startWorker(), "The worker takes jobs");
}

export async function bots(context: CommandContext): Promise<void> {
  const services = await context.services();
  await serve(context, await services.startBots(), "The bots are there");
}

export async function start(context: CommandContext): Promise<void> {
  const services = await context.services();
  await serve(context, await services.startAll(), "damo is there");
}

async function serve({ terminal, signal }: CommandContext, running: RunningService, says: string): Promise<void> {
  terminal.result(`${says}; Ctrl-C ends it.\n`);
  for (const [name, url] of Object.entries(running.urls)) {
    terminal.result(`  ${name.padEnd(8)} ${terminal.paint.accent(url)}\n`);
    terminal.line({ type: "service", name, url });
  }
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await running.close();
}
