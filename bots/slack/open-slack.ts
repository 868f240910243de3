/**
 * Puts the Slack side together: the Web API, the platform that the desk uses, and the connection that brings events. In
 * two steps, because the desk needs the platform and the events need the desk.
 */
import { App, type Logger as BoltLogger, HTTPReceiver, type Receiver, SocketModeReceiver } from "@slack/bolt";
import type { Logger } from "pino";
import {
  asTenantId,
  type ChatLedger,
  DomainError,
  isDomainError,
  type SlackConfig,
  type TenantId,
} from "../../core/index.ts";
import type { ChatPlatform } from "../chat/chat-platform.ts";
import type { Desk } from "../chat/desk.ts";
import type { FetchLink } from "../chat/fetch-link.ts";
import { KeptThenAcknowledged } from "./kept-then-acknowledged.ts";
import { registerAll } from "./listeners/index.ts";
import { quietLogger } from "./quiet-logger.ts";
import { clientOptions, SlackCalls } from "./slack-calls.ts";
import { SlackFiles } from "./slack-files.ts";
import { SlackPlatform, type SlackPlatformOptions } from "./slack-platform.ts";

export interface SlackDeps {
  readonly ledger: Pick<ChatLedger, "claim" | "find">;
  readonly fetchLink: FetchLink;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
}

export interface SlackOptions extends SlackPlatformOptions {
  /** See SlackContext. */
  readonly fileWaitMs?: number;
  /** Before a download is tried again. */
  readonly downloadWaitMs?: number;
}

export interface SlackBot {
  readonly platform: ChatPlatform;
  readonly tenantId: TenantId;
  /** Events come in from now on. @throws DomainError `config.invalid` for a token that Slack refuses */
  start(desk: Desk): Promise<void>;
  /** Lets no event in any more; those that came are with the desk when it resolves. */
  close(): Promise<void>;
}

/** The message with the clip usually arrives within a second of the event about its file. */
const FILE_WAIT_MS = 1500;

/** @throws DomainError `config.invalid` when Slack refuses the token, `source.unreachable` when it cannot be reached */
export async function openSlack(config: SlackConfig, deps: SlackDeps, options: SlackOptions = {}): Promise<SlackBot> {
  const token = config.botToken.reveal();
  const logger = quietLogger(deps.log);
  const calls = new SlackCalls(token, config.apiUrl, logger);
  const { teamId, userId } = await whoAmI(calls);
  const tenantId = asTenantId(`slack-${teamId}`);
  const endpoint = { token, ...(config.apiUrl && { apiUrl: config.apiUrl }) };
  const { downloadWaitMs: waitMs, fileWaitMs = FILE_WAIT_MS } = options;
  const files = new SlackFiles({ calls, ...endpoint, ...(waitMs !== undefined && { waitMs }) });
  // Slack's clock and ours may differ by seconds: threads a little older than this process are read as well.
  const bot = { userId, teamId, startedAtTs: Date.now() / 1000 + 60 };
  const platform = new SlackPlatform({ calls, files, fetchLink: deps.fetchLink, bot }, options);

  const receiver = new KeptThenAcknowledged(connectionOf(config, logger));
  let app: App | undefined;
  return {
    platform,
    tenantId,
    async start(desk) {
      app = new App({
        receiver,
        // Known already: Bolt need not ask again, nor for every event.
        authorize: async () => ({ botToken: token, botUserId: userId, teamId }),
        clientOptions: clientOptions(config.apiUrl, logger),
        logger,
        // Ours are left out by listeners, which know their own files too.
        ignoreSelf: false,
      });
      // Bolt's own handler would swallow it: an event that was not kept must not be acknowledged.
      app.error(async (error) => {
        deps.log.error({ err: error }, "a Slack event was not handled");
        throw error;
      });
      const { ledger, log } = deps;
      registerAll(app, { tenantId, botUserId: userId, desk, ledger, platform, calls, files, log, fileWaitMs });
      const { events } = config;
      await receiver.start(...(events.via === "http" ? [events.port] : [])).catch((cause) => {
        throw new DomainError("config.invalid", "Slack's events cannot come in", {
          cause,
          details: { problems: [startProblem(config)] },
        });
      });
      deps.log.info({ team: teamId, via: events.via }, "Slack is connected");
    },
    async close() {
      if (app) await receiver.stop();
      calls.close();
    },
  };
}

async function whoAmI(calls: SlackCalls): Promise<{ teamId: string; userId: string }> {
  try {
    const { team_id: teamId, user_id: userId } = await calls.run("auth.test", (client) => client.auth.test());
    if (teamId && userId) return { teamId, userId };
    throw new Error("auth.test does not say who we are");
  } catch (cause) {
    if (!isDomainError(cause) || cause.code !== "source.no_access") throw cause;
    const problems = [`SLACK_BOT_TOKEN: Slack refuses it (${cause.details["slackError"]})`];
    throw new DomainError("config.invalid", "Slack refuses the token", { cause, details: { problems } });
  }
}

function connectionOf({ events, apiUrl }: SlackConfig, logger: BoltLogger): Receiver {
  if (events.via === "http") {
    return new HTTPReceiver({
      signingSecret: events.signingSecret.reveal(),
      endpoints: [events.path],
      port: events.port,
      logger,
      // The answer waits for KeptThenAcknowledged, not for Bolt.
      processBeforeResponse: false,
      // An event that takes long to keep is delivered again by Slack; nothing to complain about.
      unhandledRequestHandler: () => {},
    });
  }
  const installerOptions = { clientOptions: { logger, ...(apiUrl && { slackApiUrl: apiUrl }) } };
  return new SocketModeReceiver({ appToken: events.appToken.reveal(), installerOptions, logger });
}

const startProblem = ({ events }: SlackConfig): string =>
  events.via === "http"
    ? `SLACK_PORT: cannot listen on port ${events.port}`
    : "SLACK_APP_TOKEN: Slack opens no Socket Mode connection for it; is the scope connections:write there, and Socket Mode on?";
