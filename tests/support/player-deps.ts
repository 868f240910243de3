/** A player with one watched clip, one thread and a clock that a test can turn. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { jumpLink } from "../../bots/jump-link.ts";
import type { PlayerDeps } from "../../bots/web/player-app.ts";
import {
  type AskThreadEvent,
  type AskThreadRequest,
  asClipId,
  asTenantId,
  type ClipInfo,
  type ClipMemorySummary,
  DomainError,
  MEMORY_SCHEMA_VERSION,
  type PlayableMedia,
  type Span,
  type Thread,
  type Turn,
} from "../../core/index.ts";
import { FAKE_BUNDLE } from "./fake-clip-model.ts";

export const PLAYER_TENANT = asTenantId("local");
export const PLAYER_THREAD = "cli-1";
const LINK_SECRET = "a secret of more than 32 characters, for tests";

export interface TestPlayer {
  readonly deps: PlayerDeps;
  /** What the stores would find; change it to forget the clip or to lose its file. */
  readonly world: { memories: ClipMemorySummary[]; media: PlayableMedia | undefined; thread: Thread; nowMs: number };
  linkTo(
    baseUrl: string,
    span: Span,
    overrides?: { tenantId?: string; expiresAtMs?: number; issuedAtMs?: number },
  ): string;
}

export async function aPlayer(
  path: string,
  info: ClipInfo,
  turns: readonly Omit<Turn, "clipId">[],
  more: Partial<PlayerDeps> = {},
  id?: string,
): Promise<TestPlayer> {
  const clipId = asClipId(
    id ??
      createHash("sha256")
        .update(await readFile(path))
        .digest("hex"),
  );
  const memory: ClipMemorySummary = {
    key: {
      tenantId: PLAYER_TENANT,
      clipId,
      bundleFingerprint: FAKE_BUNDLE.fingerprint,
      schemaVersion: MEMORY_SCHEMA_VERSION,
    },
    bundle: FAKE_BUNDLE,
    axes: { Q: 1, D: 1, E: 1 },
    title: basename(path),
    info,
    createdAtMs: 0,
    complete: true,
    windowCount: 1,
    sizeBytes: 1,
  };
  const world: TestPlayer["world"] = {
    memories: [memory],
    media: { path, copied: false },
    thread: {
      tenantId: PLAYER_TENANT,
      threadId: PLAYER_THREAD,
      clipIds: [clipId],
      turns: turns.map((turn) => ({ ...turn, clipId })),
    },
    nowMs: Date.UTC(2026, 10, 20),
  };
  return {
    world,
    deps: {
      memories: {
        list: async (tenantId) => world.memories.filter(({ key }) => key.tenantId === tenantId),
        readIndex: async () => undefined,
      },
      threads: { read: async (_tenantId, threadId) => (threadId === PLAYER_THREAD ? world.thread : undefined) },
      media: { find: async () => world.media },
      linkSecret: LINK_SECRET,
      now: () => world.nowMs,
      ...more,
    },
    linkTo: (baseUrl, span, { tenantId = PLAYER_TENANT, expiresAtMs = world.nowMs + 60_000, issuedAtMs } = {}) =>
      jumpLink(
        {
          baseUrl,
          secret: LINK_SECRET,
          claims: {
            tenantId: asTenantId(tenantId),
            clipId,
            threadId: PLAYER_THREAD,
            expiresAtMs,
            ...(issuedAtMs !== undefined && { issuedAtMs }),
          },
        },
        span,
      ),
  };
}

/** A turn about a dog, as the player shows it. */
export const aTurn = (question: string, spans: readonly Span[]): Omit<Turn, "clipId"> => ({
  question: { text: question },
  answer: {
    text: "The dog appears.",
    spans: spans.map((span) => ({ ...span, confidence: 0.9 })),
    verdict: "found",
    confidence: 0.9,
    bundle: FAKE_BUNDLE,
  },
  askedAtMs: 0,
});

/** Answers every question with the same words and the span 20 to 22, a piece at a time. */
export async function* askAboutABall({ question, clipId }: AskThreadRequest): AsyncGenerator<AskThreadEvent> {
  if (!/\p{L}/u.test(question)) throw new DomainError("question.empty", "no word");
  for (const text of ["A ball ", "is seen ", "at 0:20."]) yield { type: "text", text };
  const spans = [{ startSeconds: 20, endSeconds: 22, confidence: 0.8 }];
  const answer = {
    text: "A ball is seen at 0:20.",
    spans,
    verdict: "found" as const,
    confidence: 0.8,
    bundle: FAKE_BUNDLE,
  };
  yield { type: "answered", answer, clipId };
}
