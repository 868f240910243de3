/** A desk that writes down what a platform tells it. Settings are kept; everything else does nothing. */
import type { ClipShared, QuestionAsked, SourceRemoved } from "../../bots/chat/chat-platform.ts";
import type { Desk, Pressed, RememberedClip } from "../../bots/chat/desk.ts";
import type { ChatPlace, ChatSettings, ForgetReceipt, PlatformName, TenantId } from "../../core/index.ts";

export interface DeskCalls {
  clipShared: ClipShared;
  questionAsked: QuestionAsked;
  stopPressed: Pressed & { readonly stopId: string };
  choicePressed: Pressed & { readonly choiceId: string };
  feedbackGiven: Pressed & { readonly inquiryId: string; readonly helpful: boolean };
  sourceRemoved: SourceRemoved;
  tenantRemoved: { readonly platform: PlatformName; readonly tenantId: TenantId };
  showMoments: Pressed & { readonly thread: ChatPlace };
  forget: Pressed & { readonly thread?: ChatPlace; readonly shareId?: string };
  forgetAll: Pressed;
}

export class FakeDesk implements Desk {
  readonly calls: { readonly [Name in keyof DeskCalls]: DeskCalls[Name][] } = {
    clipShared: [],
    questionAsked: [],
    stopPressed: [],
    choicePressed: [],
    feedbackGiven: [],
    sourceRemoved: [],
    tenantRemoved: [],
    showMoments: [],
    forget: [],
    forgetAll: [],
  };
  /** What `remembered` and the forgetting answer with. */
  clips: readonly RememberedClip[] = [];
  receipts: readonly ForgetReceipt[] = [];
  /** Runs before every call is written down: throw here, and the event was not kept. */
  before: () => void | Promise<void> = () => {};
  readonly #settings = new Map<string, ChatSettings>();

  /** Resolves with the first such call, also one that has come already. */
  async heard<Name extends keyof DeskCalls>(
    name: Name,
    matches: (call: DeskCalls[Name]) => boolean = () => true,
    withinMs = 30_000,
  ): Promise<DeskCalls[Name]> {
    const until = Date.now() + withinMs;
    for (;;) {
      const found = this.calls[name].find(matches);
      if (found) return found;
      if (Date.now() > until) {
        throw new Error(
          `the desk heard no such ${name} in ${withinMs} ms, but:\n${JSON.stringify(this.calls, null, 1)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #note<Name extends keyof DeskCalls>(name: Name, call: DeskCalls[Name]): Promise<void> {
    await this.before();
    this.calls[name].push(call);
  }

  clipShared = (event: ClipShared) => this.#note("clipShared", event);
  questionAsked = (event: QuestionAsked) => this.#note("questionAsked", event);
  stopPressed = (event: DeskCalls["stopPressed"]) => this.#note("stopPressed", event);
  choicePressed = (event: DeskCalls["choicePressed"]) => this.#note("choicePressed", event);
  feedbackGiven = (event: DeskCalls["feedbackGiven"]) => this.#note("feedbackGiven", event);
  sourceRemoved = (event: SourceRemoved) => this.#note("sourceRemoved", event);
  tenantRemoved = (platform: PlatformName, tenantId: TenantId) => this.#note("tenantRemoved", { platform, tenantId });
  showMoments = (event: DeskCalls["showMoments"]) => this.#note("showMoments", event);

  async forget(event: DeskCalls["forget"]): Promise<readonly ForgetReceipt[]> {
    await this.#note("forget", event);
    return this.receipts;
  }

  async remembered(_event: Pressed): Promise<readonly RememberedClip[]> {
    return this.clips;
  }

  async forgetAll(event: Pressed): Promise<readonly ForgetReceipt[]> {
    await this.#note("forgetAll", event);
    return this.receipts;
  }

  async readSettings(tenantId: TenantId, _platform: PlatformName, channelId?: string): Promise<Required<ChatSettings>> {
    const defaults = { watch: "always", answer: "always", askParticipants: true } as const;
    return {
      ...defaults,
      ...this.#settings.get(`${tenantId}/`),
      ...this.#settings.get(`${tenantId}/${channelId ?? ""}`),
    };
  }

  async writeSettings(
    tenantId: TenantId,
    _platform: PlatformName,
    channelId: string | undefined,
    settings: ChatSettings,
  ): Promise<void> {
    this.#settings.set(`${tenantId}/${channelId ?? ""}`, settings);
  }
}
