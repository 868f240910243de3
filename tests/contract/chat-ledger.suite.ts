/** What every ChatLedger must do. Run by one small file per adapter. */
import { describe, expect, it } from "vitest";
import { asTenantId, type ChatLedger } from "../../core/index.ts";
import { anInquiry, aShare } from "../support/chat-builders.ts";
import { CLIP, OTHER_CLIP, TENANT } from "../support/memory-builders.ts";

export interface LedgerUnderTest {
  readonly ledger: ChatLedger;
  /** Another one on the same data, as after a restart. */
  reopen(): Promise<ChatLedger>;
  /** Lets wall time pass, for claims. */
  advance(ms: number): Promise<void>;
}

export function describeChatLedger(name: string, make: () => Promise<LedgerUnderTest>): void {
  const other = asTenantId("other");

  describe(`${name} as a ChatLedger`, () => {
    it("lets the first claim through, and after its time the next one", async () => {
      const { ledger, advance } = await make();
      expect(await ledger.claim(TENANT, "event 1", 500)).toBe(true);
      expect(await ledger.claim(TENANT, "event 1", 500)).toBe(false);
      expect(await ledger.claim(TENANT, "event 2", 500)).toBe(true);
      expect(await ledger.claim(other, "event 1", 500)).toBe(true);
      await advance(600);
      expect(await ledger.claim(TENANT, "event 1", 500)).toBe(true);
    });

    it("gives one of many claims at one moment to one", async () => {
      const { ledger } = await make();
      const claims = await Promise.all(Array.from({ length: 20 }, () => ledger.claim(TENANT, "event", 60_000)));
      expect(claims.filter(Boolean)).toHaveLength(1);
    });

    it("creates a record once, and keeps the first", async () => {
      const { ledger, reopen } = await make();
      const first = aShare("s1");
      const all = await Promise.all([
        ledger.create(first),
        ledger.create(aShare("s1", { title: "second.mp4" })),
        ledger.create(aShare("s1", { title: "third.mp4" })),
      ]);
      expect(all.map(({ created }) => created)).toEqual([true, false, false]);
      expect(all.map(({ record }) => record)).toEqual([first, first, first]);
      expect(await (await reopen()).read(TENANT, "s1")).toEqual(first);
      expect(await ledger.read(other, "s1")).toBeUndefined();
    });

    it("updates fields, keeps the identity, and survives a restart", async () => {
      const { ledger, reopen } = await make();
      await ledger.create(aShare("s1"));
      const thread = { channelId: "C1", threadId: "t1" };
      await ledger.update(TENANT, "s1", { state: "watching", thread, clipId: CLIP });
      const kept = await ledger.update(TENANT, "s1", { state: "ready", id: "x", tenantId: other });
      const expected = aShare("s1", { state: "ready", thread, clipId: CLIP });
      expect(kept).toEqual(expected);
      expect(await (await reopen()).read(TENANT, "s1")).toEqual(expected);
    });

    it("takes every one of many changes at one moment", async () => {
      const { ledger, reopen } = await make();
      await ledger.create(aShare("s1"));
      const thread = { channelId: "C1", threadId: "t1" };
      await Promise.all([
        ledger.update(TENANT, "s1", { thread }),
        ledger.update(TENANT, "s1", { clipId: CLIP }),
        ledger.update(TENANT, "s1", { jobId: "j" }),
      ]);
      expect(await (await reopen()).read(TENANT, "s1")).toEqual(aShare("s1", { thread, clipId: CLIP, jobId: "j" }));
    });

    it("does not bring back a record that was removed", async () => {
      const { ledger, reopen } = await make();
      await ledger.create(aShare("s1"));
      expect(await ledger.remove(TENANT, "s1")).toBe(true);
      expect(await ledger.remove(TENANT, "s1")).toBe(false);
      expect(await ledger.update(TENANT, "s1", { state: "ready" })).toBeUndefined();
      expect(await (await reopen()).read(TENANT, "s1")).toBeUndefined();
      expect(await ledger.find(TENANT, {})).toEqual([]);
    });

    it("finds records by what is known of them, oldest first", async () => {
      const { ledger } = await make();
      const thread = { channelId: "C1", threadId: "t1" };
      await ledger.create(aShare("late", { createdAtMs: 9_000, thread, clipId: CLIP, state: "ready" }));
      await ledger.create(aShare("s1", { thread, clipId: CLIP }));
      await ledger.create(aShare("s2", { clipId: OTHER_CLIP, platform: "discord" }));
      await ledger.create(anInquiry("q1", { clipId: CLIP, state: "answered" }));
      await ledger.create(anInquiry("q2", { thread: { channelId: "C2" } }));
      const ids = async (...[filter]: [Parameters<ChatLedger["find"]>[1]]) =>
        (await ledger.find(TENANT, filter)).map(({ id }) => id);

      expect(await ids({})).toEqual(["s1", "s2", "q1", "q2", "late"]);
      expect(await ids({ threadId: "t1" })).toEqual(["s1", "q1", "late"]);
      expect(await ids({ threadId: "t1", type: "share" })).toEqual(["s1", "late"]);
      expect(await ids({ clipId: CLIP })).toEqual(["s1", "q1", "late"]);
      expect(await ids({ unfinished: true })).toEqual(["s1", "s2", "q2"]);
      expect(await ids({ unfinished: true, clipId: CLIP })).toEqual(["s1"]);
      expect(await ids({ channelId: "C2" })).toEqual(["q2"]);
      expect(await ids({ messageId: "m-s1" })).toEqual(["s1"]);
      expect(await ids({ fileId: "F-late" })).toEqual(["late"]);
      expect(await ids({ platform: "discord" })).toEqual(["s2"]);
      expect(await ids({ messageId: "m-s1", platform: "discord" })).toEqual([]);
      expect(await ledger.find(other, {})).toEqual([]);

      await ledger.update(TENANT, "s1", { state: "ready", clipId: OTHER_CLIP });
      expect(await ids({ unfinished: true })).toEqual(["s2", "q2"]);
      expect(await ids({ clipId: CLIP })).toEqual(["q1", "late"]);
      expect(await ids({ clipId: OTHER_CLIP })).toEqual(["s1", "s2"]);
    });

    it("keeps settings by channel and for the whole", async () => {
      const { ledger, reopen } = await make();
      expect(await ledger.readSettings(TENANT, "slack", "C1")).toEqual({});
      await ledger.writeSettings(TENANT, "slack", "C1", { watch: "off" });
      await ledger.writeSettings(TENANT, "slack", undefined, { watch: "mention", answer: "always" });
      const again = await reopen();
      expect(await again.readSettings(TENANT, "slack", "C1")).toEqual({ watch: "off" });
      expect(await again.readSettings(TENANT, "slack")).toEqual({ watch: "mention", answer: "always" });
      expect(await again.readSettings(TENANT, "discord", "C1")).toEqual({});
      expect(await again.readSettings(other, "slack", "C1")).toEqual({});
    });

    it("names the tenants, and forgets one whole", async () => {
      const { ledger, reopen } = await make();
      expect(await ledger.tenants()).toEqual([]);
      await ledger.create(aShare("s1"));
      await ledger.create(aShare("s1", { tenantId: other }));
      await ledger.writeSettings(TENANT, "slack", "C1", { watch: "off" });
      expect([...(await ledger.tenants())].sort()).toEqual([TENANT, other].sort());
      await ledger.removeTenant(TENANT);
      const again = await reopen();
      expect(await again.tenants()).toEqual([other]);
      expect(await again.find(TENANT, {})).toEqual([]);
      expect(await again.readSettings(TENANT, "slack", "C1")).toEqual({});
      expect(await again.find(other, {})).toHaveLength(1);
    });
  });
}
