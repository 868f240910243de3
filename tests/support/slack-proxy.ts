/**
 * Stands between the bot and local-slack, and adds what that lacks (PLATFORM 3a, 3d): message metadata, the streaming trio
 * with its errors and its early death, deleted files; and on request faults: 429, 5xx, cut connections before and after
 * the call was made, a sign-in page in place of a file. Arguments and errors follow the published method reference; what
 * is sent is checked against it (required arguments, limits of Block Kit), and a violation is an error of Slack's kind.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { blockProblems } from "./block-kit-check.ts";

export interface Fault {
  /** e.g. "chat.postMessage". */
  readonly method: string;
  readonly times?: number;
  readonly does:
    | { readonly answer: number; readonly headers?: Record<string, string>; readonly body?: string }
    /** The error of an answer with `ok: false`. */
    | { readonly error: string; readonly needed?: string }
    /** The connection breaks; `afterwards`: once Slack has done it. */
    | { readonly cut: "before" | "afterwards" };
}

export interface FileFault {
  readonly cutAfterBytes?: number;
  readonly answer?: { readonly status: number; readonly headers?: Record<string, string>; readonly body: string };
  readonly times?: number;
}

interface Stream {
  readonly key: string;
  readonly startedAtMs: number;
  text: string;
  blocks: unknown[];
  live: boolean;
}

export interface SlackProxyOptions {
  /** Whether the workspace has chat.startStream; without, it is an unknown method, as in local-slack. */
  readonly streaming?: boolean;
  /** A stream dies so long after its start, however much it is fed. */
  readonly streamLivesMs?: number;
}

export interface SlackProxy {
  readonly apiUrl: string;
  readonly origin: string;
  /** Method names in the order of their calls, with the arguments. */
  readonly calls: { readonly method: string; readonly args: Record<string, unknown>; readonly atMs: number }[];
  fault(fault: Fault): void;
  faultyFiles(fault: FileFault): void;
  /** From now on the file is not there, as after a deletion or a retention policy. */
  deleteFile(fileId: string): void;
  close(): Promise<void>;
}

export async function startSlackProxy(upstream: string, options: SlackProxyOptions = {}): Promise<SlackProxy> {
  const { streaming = false, streamLivesMs = 5 * 60_000 } = options;
  const calls: SlackProxy["calls"][number][] = [];
  const faults: { fault: Fault; left: number }[] = [];
  const fileFaults: { fault: FileFault; left: number }[] = [];
  const metadata = new Map<string, unknown>();
  const streams = new Map<string, Stream>();
  const deleted = new Set<string>();
  let origin = "";

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? "/";
    if (!url.startsWith("/api/")) return forwardFile(request, response, url);
    const method = url.slice("/api/".length);
    const args = argsOf(await text(request));
    calls.push({ method, args, atMs: Date.now() });
    const planned = faults.find(({ fault, left }) => fault.method === method && left > 0);
    if (planned) {
      planned.left -= 1;
      const { does } = planned.fault;
      if ("cut" in does) {
        if (does.cut === "afterwards") await call(method, args, request);
        response.destroy();
        return;
      }
      if ("error" in does) return json(response, { ok: false, ...does });
      response.writeHead(does.answer, does.headers);
      response.end(does.body ?? "");
      return;
    }
    json(response, await call(method, args, request));
  }

  async function call(method: string, args: Record<string, unknown>, request: IncomingMessage): Promise<unknown> {
    const blocks = args["blocks"] as unknown[] | undefined;
    const problems = blockProblems(blocks ?? []);
    if (problems.length > 0) return { ok: false, error: "invalid_blocks", errors: problems };
    if (String(args["text"] ?? "").length > 40_000) return { ok: false, error: "msg_too_long" };
    const name = `${args["channel"]}/${args["ts"]}`;
    const stream = streams.get(name);
    if (method === "chat.startStream" && streaming) return startStream(args, request);
    if ((method === "chat.appendStream" || method === "chat.stopStream") && streaming) {
      if (!stream?.live || Date.now() - stream.startedAtMs > streamLivesMs) {
        if (stream) stream.live = false;
        return { ok: false, error: stream ? "message_not_in_streaming_state" : "message_not_found" };
      }
      if (method === "chat.appendStream" && !args["chunks"] && !args["markdown_text"]) {
        return { ok: false, error: "no_text" };
      }
      take(stream, args);
      if (method === "chat.stopStream") stream.live = false;
      return show(stream, args, request);
    }
    if (method === "files.info" && deleted.has(String(args["file"]))) return { ok: false, error: "file_deleted" };
    if (method === "chat.update" && stream?.live) return { ok: false, error: "streaming_message" };

    const answer = await ask(method, args, request);
    if (answer["ok"] && args["metadata"] && answer["ts"])
      metadata.set(`${args["channel"]}/${answer["ts"]}`, args["metadata"]);
    if (args["include_all_metadata"] && Array.isArray(answer["messages"])) {
      for (const message of answer["messages"] as Record<string, unknown>[]) {
        const kept = metadata.get(`${args["channel"]}/${message["ts"]}`);
        if (kept) message["metadata"] = kept;
      }
    }
    return answer;
  }

  async function startStream(args: Record<string, unknown>, request: IncomingMessage): Promise<unknown> {
    const { channel, thread_ts, recipient_user_id: user, recipient_team_id: team } = args;
    if (!thread_ts) return { ok: false, error: "missing_thread_ts" };
    if (/^[CG]/.test(String(channel)) && (!user || !team)) return { ok: false, error: "missing_recipient_user_id" };
    const stream: Stream = { key: "", startedAtMs: Date.now(), text: "", blocks: [], live: true };
    take(stream, args);
    const posted = await ask("chat.postMessage", { channel, thread_ts, text: " ", blocks: drawn(stream) }, request);
    if (posted["ok"]) streams.set(`${channel}/${posted["ts"]}`, stream);
    return posted;
  }

  const show = async (stream: Stream, { channel, ts }: Record<string, unknown>, request: IncomingMessage) =>
    ask("chat.update", { channel, ts, text: stream.text || " ", blocks: drawn(stream) }, request);

  async function ask(method: string, args: Record<string, unknown>, request: IncomingMessage) {
    const { metadata: _metadata, include_all_metadata: _include, ...rest } = args;
    const form = new URLSearchParams();
    for (const [key, value] of Object.entries(rest)) {
      form.set(key, typeof value === "object" ? JSON.stringify(value) : String(value));
    }
    const authorization = request.headers.authorization ?? "";
    const headers = { authorization, "content-type": "application/x-www-form-urlencoded" };
    const response = await fetch(`${upstream}/api/${method}`, { method: "POST", headers, body: form });
    // Files are fetched through us as well; the socket is local-slack's own.
    return JSON.parse((await response.text()).replaceAll(`${upstream}/`, `${origin}/`)) as Record<string, unknown>;
  }

  async function forwardFile(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
    const planned = url.includes("/files-pri/") ? fileFaults.find(({ left }) => left > 0) : undefined;
    if (planned) planned.left -= 1;
    if (planned?.fault.answer) {
      const { status, headers, body } = planned.fault.answer;
      response.writeHead(status, headers);
      response.end(body);
      return;
    }
    if ([...deleted].some((fileId) => url.includes(fileId))) {
      response.writeHead(404);
      response.end();
      return;
    }
    const headers = Object.fromEntries(
      ["authorization", "range", "if-range", "content-type"].flatMap((name) => {
        const value = request.headers[name];
        return typeof value === "string" ? [[name, value]] : [];
      }),
    );
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const method = request.method ?? "GET";
    const body = method === "GET" ? undefined : Buffer.concat(chunks);
    const answer = await fetch(`${upstream}${url}`, { method, headers, ...(body && { body }) });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const sent = Object.fromEntries(
      [...answer.headers].filter(([name]) => !/^(transfer-encoding|connection)$/.test(name)),
    );
    response.writeHead(answer.status, { ...sent, "content-length": bytes.length });
    const cut = planned?.fault.cutAfterBytes;
    if (cut !== undefined && bytes.length > cut) {
      response.write(bytes.subarray(0, cut), () => response.destroy());
      return;
    }
    response.end(bytes);
  }

  return {
    origin,
    apiUrl: `${origin}/api/`,
    calls,
    fault: (fault) => faults.push({ fault, left: fault.times ?? 1 }),
    faultyFiles: (fault) => fileFaults.push({ fault, left: fault.times ?? 1 }),
    deleteFile: (fileId) => deleted.add(fileId),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Chunks as they would be seen: text grows, tasks are kept by id, blocks are added. */
function take(stream: Stream, args: Record<string, unknown>): void {
  const chunks =
    (args["chunks"] as { type: string; text?: string; blocks?: unknown[]; id?: string }[] | undefined) ?? [];
  stream.text += String(args["markdown_text"] ?? "");
  for (const chunk of chunks) {
    if (chunk.type === "markdown_text") stream.text += chunk.text ?? "";
    else if (chunk.type === "blocks") stream.blocks.push(...(chunk.blocks ?? []));
    else if (chunk.type === "task_update") {
      const { type: _type, id, ...task } = chunk;
      stream.blocks = stream.blocks.filter((block) => (block as { task_id?: string }).task_id !== id);
      stream.blocks.push({ type: "task_card", task_id: id, ...task });
    }
  }
}

const drawn = ({ blocks, text: words }: Stream): unknown[] =>
  words === "" ? blocks : [...blocks, { type: "markdown", text: words }];

/** The Web API takes forms whose values are JSON where they are not words, or JSON as a whole. */
function argsOf(body: string): Record<string, unknown> {
  if (body.startsWith("{")) return JSON.parse(body) as Record<string, unknown>;
  const entries = [...new URLSearchParams(body)].map(([key, value]) => {
    const isJson = /^[[{]/.test(value) && key !== "text" && key !== "markdown_text";
    return [key, isJson ? (JSON.parse(value) as unknown) : value];
  });
  return Object.fromEntries(entries);
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
