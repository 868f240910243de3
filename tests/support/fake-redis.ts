/** Something that speaks enough of the Redis protocol to shake hands, and then says one thing to every other command. */
import { createServer, type Socket } from "node:net";

export interface FakeRedis {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * @param reply  what it answers, e.g. "-LOADING Redis is loading the dataset in memory"; INFO says that it is ready, so
 *   that clients send their commands, or with `loading` that it is still reading its data, so that they wait
 */
export async function startFakeRedis(reply: string, { loading = false } = {}): Promise<FakeRedis> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let text = "";
    socket.on("data", (data) => {
      text += data.toString("latin1");
      for (let taken = takeCommand(text); taken; taken = takeCommand(text)) {
        text = taken.rest;
        socket.write(replyTo(taken.command, reply, loading));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `redis://127.0.0.1:${port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function replyTo(command: string, reply: string, loading: boolean): string {
  switch (command) {
    case "HELLO":
      return "-ERR unknown command 'HELLO'\r\n";
    case "INFO":
      return loading ? "$9\r\nloading:1\r\n" : "$9\r\nloading:0\r\n";
    case "CLIENT":
    case "SELECT":
      return "+OK\r\n";
    default:
      return `${reply}\r\n`;
  }
}

/** `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`: the first whole command of a text, if there is one. */
function takeCommand(text: string): { command: string; rest: string } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (!head) return undefined;
  let at = head[0].length;
  let command = "";
  for (let part = 0; part < Number(head[1]); part++) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (!length) return undefined;
    const from = at + length[0].length;
    at = from + Number(length[1]) + 2;
    if (text.length < at) return undefined;
    if (part === 0) command = text.slice(from, at - 2).toUpperCase();
  }
  return { command, rest: text.slice(at) };
}
