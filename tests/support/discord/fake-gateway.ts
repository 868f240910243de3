/**
 * The gateway in front of the twin's, with what the twin lacks: sessions that are resumed (developers/events/gateway,
 * "Resuming"), the message-content intent, close code 4014, mentions, threads at connect, and connections that drop. A
 * session lives on here while its client is away; what it misses is kept and replayed.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  type APIMessage,
  GatewayCloseCodes,
  GatewayDispatchEvents,
  type GatewayGuildCreateDispatchData,
  GatewayIntentBits,
  GatewayOpcodes,
} from "discord-api-types/v10";
import WebSocket, { WebSocketServer } from "ws";

interface Payload {
  op: number;
  t?: string | null;
  s?: number | null;
  // biome-ignore lint/suspicious/noExplicitAny: every event has its own shape
  d?: any;
}

interface Session {
  readonly upstream: WebSocket;
  client: WebSocket | undefined;
  readonly sent: Payload[];
  id: string;
  intents: number;
}

export interface FakeGatewayOptions {
  /** The twin's. */
  readonly upstreamUrl: () => string;
  readonly botUserId: string;
}

export class FakeGateway {
  /** Whether the developer portal has the message-content intent on. */
  messageContentGranted = true;
  /** What clients are told to beat at, in ms. */
  heartbeatIntervalMs = 41_250;
  /** Wall time of each heartbeat, ms. */
  readonly heartbeats: number[] = [];
  /** Ops that clients sent: 2 = identify, 6 = resume. */
  readonly received: number[] = [];
  /** Of the last identify. */
  lastIdentify: { intents: number; shard?: [number, number] } | undefined;
  /** How many servers the gateway shows to each shard is the twin's business; this only records. */
  readonly #options: FakeGatewayOptions;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #sessions = new Map<string, Session>();
  readonly #open = new Set<Session>();
  #resumable = true;
  baseUrl = "";

  constructor(options: FakeGatewayOptions) {
    this.#options = options;
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (client) => this.#connect(client));
  }

  /** Cuts every connection. `resumable: false`: the sessions are lost too, and with them what comes meanwhile. */
  drop({ resumable = true }: { readonly resumable?: boolean } = {}): void {
    this.#resumable = resumable;
    for (const session of this.#open) session.client?.terminate();
    if (resumable) return;
    for (const session of this.#open) session.upstream.close();
    this.#sessions.clear();
    this.#open.clear();
  }

  close(): void {
    for (const session of this.#open) {
      session.upstream.close();
      session.client?.terminate();
    }
    this.#server.close();
  }

  /** Sends an event to every client, as if the twin had. */
  dispatch(event: string, data: unknown): void {
    for (const session of this.#open) this.#pass(session, { op: GatewayOpcodes.Dispatch, t: event, d: data });
  }

  #connect(client: WebSocket): void {
    let session: Session | undefined;
    const hello = { heartbeat_interval: this.heartbeatIntervalMs };
    client.send(JSON.stringify({ op: GatewayOpcodes.Hello, d: hello, s: null, t: null }));
    client.on("error", () => undefined);
    client.on("close", () => {
      if (session?.client === client) session.client = undefined;
    });
    client.on("message", (raw) => {
      const payload = JSON.parse(String(raw)) as Payload;
      this.received.push(payload.op);
      switch (payload.op) {
        case GatewayOpcodes.Heartbeat:
          this.heartbeats.push(Date.now());
          client.send(JSON.stringify({ op: GatewayOpcodes.HeartbeatAck }));
          return;
        case GatewayOpcodes.Identify:
          this.lastIdentify = payload.d;
          if (payload.d.intents & GatewayIntentBits.MessageContent && !this.messageContentGranted) {
            client.close(GatewayCloseCodes.DisallowedIntents, "Disallowed intent(s).");
            return;
          }
          session = this.#identify(client, payload);
          return;
        case GatewayOpcodes.Resume: {
          session = this.#resumable ? this.#sessions.get(payload.d.session_id) : undefined;
          this.#resumable = true;
          if (!session) {
            client.send(JSON.stringify({ op: GatewayOpcodes.InvalidSession, d: false }));
            return;
          }
          session.client = client;
          for (const missed of session.sent.filter((one) => (one.s ?? 0) > payload.d.seq)) {
            client.send(JSON.stringify(missed));
          }
          this.#pass(session, { op: GatewayOpcodes.Dispatch, t: GatewayDispatchEvents.Resumed, d: {} });
        }
      }
    });
  }

  #identify(client: WebSocket, identify: Payload): Session {
    const upstream = new WebSocket(this.#options.upstreamUrl());
    const session: Session = { upstream, client, sent: [], id: "", intents: identify.d.intents };
    this.#open.add(session);
    upstream.on("error", () => undefined);
    upstream.on("message", (raw) => {
      const payload = JSON.parse(String(raw)) as Payload;
      if (payload.op === GatewayOpcodes.Hello) upstream.send(JSON.stringify(identify));
      if (payload.op === GatewayOpcodes.Dispatch) this.#pass(session, payload);
    });
    upstream.on("close", (code) => {
      this.#open.delete(session);
      if (code >= 4000) session.client?.close(code);
    });
    return session;
  }

  #pass(session: Session, payload: Payload): void {
    const seen: Payload = { ...payload, d: this.#asDiscordSays(session, payload), s: session.sent.length + 1 };
    session.sent.push(seen);
    session.client?.send(JSON.stringify(seen));
  }

  #asDiscordSays(session: Session, { t, d }: Payload): unknown {
    switch (t) {
      case GatewayDispatchEvents.Ready:
        session.id = d.session_id;
        this.#sessions.set(session.id, session);
        return { ...d, resume_gateway_url: `${this.baseUrl.replace("http", "ws")}/gateway` };
      case GatewayDispatchEvents.GuildCreate:
        return withThreads(d);
      case GatewayDispatchEvents.MessageCreate:
      case GatewayDispatchEvents.MessageUpdate:
        return this.hideUnlessAllowed(
          withMentions(withoutEmptyGuild(d)),
          (session.intents & GatewayIntentBits.MessageContent) !== 0,
        );
      case GatewayDispatchEvents.MessageDelete:
        return withoutEmptyGuild(d);
      default:
        return d;
    }
  }

  /** Without the intent: no words and files but in messages of the bot's own, to it, or that mention it. */
  hideUnlessAllowed(message: APIMessage & { guild_id?: string }, allowed: boolean): APIMessage {
    const me = this.#options.botUserId;
    const mine = message.author.id === me || message.mentions.some(({ id }) => id === me);
    if (allowed || mine || !message.guild_id) return message;
    return { ...message, content: "", attachments: [], embeds: [], components: [] };
  }
}

/** The twin says of no message whom it mentions. */
export function withMentions<Message extends APIMessage>(message: Message): Message {
  const ids = [...(message.content ?? "").matchAll(/<@!?(\d+)>/g)].map(([, id]) => id as string);
  const mentions = ids.map((id) => ({ id, username: id, discriminator: "0", global_name: null, avatar: null }));
  return { ...message, mentions };
}

/** The twin names the server of direct messages "". */
function withoutEmptyGuild<Event extends { readonly guild_id?: string }>(event: Event): Event {
  if (event.guild_id !== "") return event;
  const { guild_id: _none, ...rest } = event;
  return rest as Event;
}

/** The twin counts threads among the channels. */
function withThreads(guild: GatewayGuildCreateDispatchData): GatewayGuildCreateDispatchData {
  const isThread = ({ type }: { type: number }) => type >= 10 && type <= 12;
  const channels = guild.channels.filter((channel) => !isThread(channel));
  const threads = guild.channels.filter(isThread) as unknown as GatewayGuildCreateDispatchData["threads"];
  return { ...guild, channels, threads };
}
