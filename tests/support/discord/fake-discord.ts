/**
 * discord-digital-twin with what it lacks in front of it: uploads (multipart), attachments that expire, nonces, threads
 * that bear their message's id, the rules of messages, deadlines of interactions (three seconds, 15 minutes), rate limits,
 * hidden content, and faults on demand. Facts: PLATFORM 2b; shapes: discord-api-types.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type APIAttachment,
  type APIChannel,
  type APIMessage,
  type APIMessageTopLevelComponent,
  ApplicationFlags,
  ChannelType,
  GatewayDispatchEvents,
} from "discord-api-types/v10";
import { DigitalDiscord, type DiscordGateway } from "discord-digital-twin";
import { FakeCdn } from "./fake-cdn.ts";
import { FakeGateway, withMentions } from "./fake-gateway.ts";
import { problemIn } from "./message-rules.ts";

export interface SeenRequest {
  readonly method: string;
  /** Without `/api/v10`. */
  readonly path: string;
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every kind
  readonly body: any;
  readonly atMs: number;
}

export interface Fault {
  readonly method?: string;
  readonly path: RegExp;
  /** How many requests it hits. */
  times: number;
  /** `cut`: the connection ends without an answer. `after`: the request is done, its answer is lost. */
  readonly does:
    | "cut"
    | "cut-after"
    | { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> };
}

/** As Discord answers when a bucket is empty. */
export const rateLimited = (retryAfterSeconds: number): Fault["does"] => ({
  status: 429,
  body: { message: "You are being rate limited.", retry_after: retryAfterSeconds, global: false },
  headers: {
    "retry-after": String(Math.ceil(retryAfterSeconds)),
    "x-ratelimit-limit": "5",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset-after": String(retryAfterSeconds),
    "x-ratelimit-bucket": "tested-bucket",
    "x-ratelimit-scope": "user",
  },
});

export const refused = (status: number, code: number, message: string): Fault["does"] => ({
  status,
  body: { code, message },
});

interface SentBody {
  content?: string | null;
  components?: APIMessageTopLevelComponent[];
  flags?: number;
  nonce?: string | number;
  enforce_nonce?: boolean;
  attachments?: { id: string | number; filename?: string; description?: string }[];
}

export class FakeDiscord {
  readonly twin: DigitalDiscord;
  readonly cdn = new FakeCdn();
  readonly gateway: FakeGateway;
  readonly requests: SeenRequest[] = [];
  readonly faults: Fault[] = [];
  /** Wall time for deadlines, ms; move it to let tokens expire. */
  now: () => number = Date.now;
  baseUrl = "";
  readonly #server: Server;
  readonly #folder: string;
  readonly #nonces = new Map<string, string>();
  readonly #interactions = new Map<string, { readonly token: string; readonly atMs: number }>();

  private constructor(twin: DigitalDiscord, folder: string) {
    this.twin = twin;
    this.#folder = folder;
    this.gateway = new FakeGateway({ upstreamUrl: () => twin.gatewayUrl, botUserId: twin.botUserId });
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(String(error));
      });
    });
    this.#server.on("upgrade", (request, socket, head) => this.gateway.accept(request, socket, head));
  }

  static async start(options: ConstructorParameters<typeof DigitalDiscord>[0] = {}): Promise<FakeDiscord> {
    const folder = await mkdtemp(join(tmpdir(), "damo-twin-"));
    // The twin's database in memory would be shared by all twins of a process.
    const dbUrl = `file:${join(folder, "twin.db")}`;
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    await new Promise((closed) => server.close(closed));
    const baseUrl = `http://127.0.0.1:${port}`;
    const twin = new DigitalDiscord({ dbUrl, gatewayUrlOverride: `ws://127.0.0.1:${port}/gateway`, ...options });
    await twin.start();
    const fake = new FakeDiscord(twin, folder);
    fake.baseUrl = fake.cdn.baseUrl = fake.gateway.baseUrl = baseUrl;
    await new Promise<void>((listening) => fake.#server.listen(port, "127.0.0.1", listening));
    const dispatch = fake.twinGateway.broadcast.bind(fake.twinGateway);
    fake.twinGateway.broadcast = (event, data) => {
      if (event === GatewayDispatchEvents.InteractionCreate) {
        const { id, token } = data as unknown as { id: string; token: string };
        fake.#interactions.set(id, { token, atMs: fake.now() });
      }
      dispatch(event, data);
    };
    return fake;
  }

  /** Where discord.js sends its requests: `DISCORD_API_URL`. */
  get apiUrl(): string {
    return `${this.baseUrl}/api`;
  }

  get twinGateway(): DiscordGateway {
    return (this.twin as unknown as { server: { gateway: DiscordGateway } }).server.gateway;
  }

  fault(path: RegExp, does: Fault["does"], options: { method?: string; times?: number } = {}): void {
    const { method, times = 1 } = options;
    this.faults.push({ path, does, times, ...(method && { method }) });
  }

  async close(): Promise<void> {
    this.gateway.close();
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
    await this.twin.stop();
    await this.twin.prisma.$disconnect();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? "/";
    if (url.startsWith("/cdn/")) return this.cdn.answer(request, response);
    const method = request.method ?? "GET";
    const path = url.replace(/^\/api\/v10/, "");
    const { json, files } = await readBody(request);
    const say = (status: number, body: unknown, headers: Record<string, string> = {}) => {
      this.requests.push({ method, path, status, body: json, atMs: Date.now() });
      if (status === 204) return void response.writeHead(204, headers).end();
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(body));
    };

    const fault = this.faults.find((one) => one.times > 0 && (one.method ?? method) === method && one.path.test(path));
    if (fault) {
      fault.times -= 1;
      if (fault.does === "cut") return void request.socket.destroy();
      if (fault.does !== "cut-after") return say(fault.does.status, fault.does.body, fault.does.headers);
    }
    const answer = await this.#done(method, path, json, files, request.headers.authorization);
    if (fault?.does === "cut-after") return void request.socket.destroy();
    say(answer.status, answer.body, answer.headers);
  }

  async #done(method: string, path: string, json: unknown, files: readonly UploadedFile[], authorization?: string) {
    const interaction = /^\/interactions\/(\d+)\/|^\/webhooks\/\d+\/([^/?]+)/.exec(path);
    if (interaction) {
      const problem = this.#deadline(path, interaction);
      if (problem) return problem;
    }
    const thread = /^\/channels\/(\d+)\/messages\/(\d+)\/threads$/.exec(path);
    if (thread && method === "POST") return this.#openThread(thread[1] as string, thread[2] as string, json);
    const isMessage = /^\/(channels\/\d+\/messages|webhooks\/\d+\/[^/]+\/messages)(\/[^/]+)?$/.test(path);
    if (isMessage && (method === "POST" || method === "PATCH"))
      return this.#send(method, path, json as SentBody, files);

    const answer = await this.#forward(method, path, json, authorization);
    if (method === "GET" && path === "/applications/@me") {
      const flags = this.gateway.messageContentGranted ? ApplicationFlags.GatewayMessageContentLimited : 0;
      return { ...answer, body: { ...(answer.body as object), flags } };
    }
    if (method === "GET" && answer.status === 200 && /^\/channels\/\d+\/messages(\/\d+|\?|$)/.test(path)) {
      const show = (message: APIMessage) => this.#shown(message, path);
      const body = Array.isArray(answer.body)
        ? await Promise.all((answer.body as APIMessage[]).map(show))
        : await show(answer.body as APIMessage);
      return { ...answer, body };
    }
    return answer;
  }

  /** docs: a first answer within three seconds, more within 15 minutes. */
  #deadline(path: string, [, id, token]: RegExpExecArray) {
    const known = id
      ? this.#interactions.get(id)
      : [...this.#interactions.values()].find((one) => one.token === decodeURIComponent(token ?? ""));
    if (!known) return undefined;
    const ageMs = this.now() - known.atMs;
    if (path.endsWith("/callback") && ageMs > 3000) return answerOf(404, 10062, "Unknown interaction");
    if (token && ageMs > 15 * 60_000) return answerOf(401, 50027, "Invalid Webhook Token");
    return undefined;
  }

  /** On Discord a thread that starts at a message has that message's id. */
  async #openThread(channelId: string, messageId: string, json: unknown) {
    const { prisma } = this.twin;
    const channel = await prisma.channel.findUnique({ where: { id: channelId } });
    if (!channel) return answerOf(404, 10003, "Unknown Channel");
    if (!(await prisma.message.findUnique({ where: { id: messageId } })))
      return answerOf(404, 10008, "Unknown Message");
    if (await prisma.channel.findUnique({ where: { id: messageId } })) {
      return answerOf(400, 160004, "A thread has already been created for this message");
    }
    await prisma.channel.create({
      data: {
        id: messageId,
        guildId: channel.guildId,
        type: ChannelType.PublicThread,
        name: (json as { name: string }).name,
        parentId: channelId,
        ownerId: this.twin.botUserId,
        archiveTimestamp: new Date(),
        starterMessageId: messageId,
      },
    });
    const answer = await this.#forward("GET", `/channels/${messageId}`, undefined);
    this.twinGateway.broadcast(GatewayDispatchEvents.ThreadCreate, { ...(answer.body as object), newly_created: true });
    return { ...answer, status: 201 };
  }

  async #send(method: string, path: string, body: SentBody, files: readonly UploadedFile[]) {
    const problem = problemIn(
      method === "PATCH" && body.flags === undefined && !body.content ? { ...body, flags: 1 << 15 } : body,
    );
    if (problem) {
      const errors = { components: { _errors: [{ code: "BASE_TYPE", message: problem }] } };
      return {
        ...answerOf(400, 50035, "Invalid Form Body"),
        body: { code: 50035, message: "Invalid Form Body", errors },
      };
    }
    const nonceKey = `${path}/${body.nonce}`;
    const posted = body.enforce_nonce ? this.#nonces.get(nonceKey) : undefined;
    if (posted) return this.#forward("GET", `${path}/${posted}`, undefined);

    const attachments = (body.attachments ?? []).map((meta, index) => {
      const file = files.find(({ key }) => key === `files[${meta.id}]`) ?? files[index];
      if (!file) throw new Error(`files[${meta.id}] is missing`);
      return this.cdn.upload({
        filename: meta.filename ?? file.name,
        bytes: file.bytes,
        content_type: file.type,
        ...(meta.description && { description: meta.description }),
      });
    });
    const { attachments: _meta, ...rest } = body;
    const answer = await this.#forward(method, path, resolved(rest, attachments));
    const message = answer.body as APIMessage;
    if (answer.status >= 300) return answer;
    if (body.enforce_nonce) this.#nonces.set(nonceKey, message.id);
    if (body.attachments !== undefined) {
      const data = { attachments: JSON.stringify(attachments) };
      await this.twin.prisma.message.update({ where: { id: message.id }, data });
    }
    return { ...answer, body: { ...message, attachments } };
  }

  async #shown(message: APIMessage, path: string): Promise<APIMessage> {
    const attachments = message.attachments.flatMap((one: APIAttachment) => this.cdn.signed(one.id) ?? one);
    const channel = await this.twin.prisma.channel.findUnique({ where: { id: path.split("/")[2] as string } });
    const seen = { ...withMentions({ ...message, attachments }), guild_id: channel?.guildId ?? "" };
    const { guild_id: _guild, ...shown } = this.gateway.hideUnlessAllowed(
      seen,
      this.gateway.messageContentGranted,
    ) as typeof seen;
    return shown as APIMessage;
  }

  async #forward(method: string, path: string, json: unknown, authorization = `Bot ${this.twin.botToken}`) {
    const answer = await fetch(`${this.twin.restUrl}/v10${path}`, {
      method,
      headers: { authorization, "content-type": "application/json" },
      ...(json !== undefined && method !== "GET" && { body: JSON.stringify(json) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? undefined : (JSON.parse(text) as unknown), headers: {} };
  }

  async channel(id: string): Promise<APIChannel> {
    return (await this.#forward("GET", `/channels/${id}`, undefined)).body as APIChannel;
  }
}

const answerOf = (status: number, code: number, message: string) => ({
  status,
  body: { code, message } as unknown,
  headers: {} as Record<string, string>,
});

interface UploadedFile {
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** JSON, or a form with `payload_json` and `files[n]` (docs: reference, "Uploading Files"). */
async function readBody(request: IncomingMessage): Promise<{ json: unknown; files: UploadedFile[] }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const type = request.headers["content-type"] ?? "";
  if (!type.startsWith("multipart/")) return { json: bytes.length ? JSON.parse(String(bytes)) : undefined, files: [] };
  const form = await new Response(bytes, { headers: { "content-type": type } }).formData();
  const files: UploadedFile[] = [];
  for (const [key, value] of form) {
    if (typeof value === "string") continue;
    files.push({ key, name: value.name, type: value.type, bytes: new Uint8Array(await value.arrayBuffer()) });
  }
  return { json: JSON.parse(String(form.get("payload_json") ?? "null")), files };
}

/** `attachment://name` becomes the address of what was uploaded. */
function resolved(body: SentBody, attachments: readonly APIAttachment[]): unknown {
  const text = JSON.stringify(body);
  return JSON.parse(
    attachments.reduce(
      (all, { filename, url }) => all.replaceAll(`"attachment://${filename}"`, JSON.stringify(url)),
      text,
    ),
  );
}
