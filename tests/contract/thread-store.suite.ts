/** What every ThreadStore must do. Run by one small file per adapter, and by the fake. */
import { describe, expect, it } from "vitest";
import { asTenantId, type ThreadStore } from "../../core/index.ts";
import { aTurn, CLIP, OTHER_CLIP, TENANT } from "../support/memory-builders.ts";

export function describeThreadStore(name: string, make: () => Promise<ThreadStore>): void {
  describe(`${name} as a ThreadStore`, () => {
    it("knows nothing of a thread that nobody has spoken in", async () => {
      const store = await make();
      expect(await store.read(TENANT, "t")).toBeUndefined();
      expect(await store.delete(TENANT, "t")).toBe(false);
      expect(await store.forgetClip(TENANT, CLIP)).toBe(0);
    });

    it("gives turns back in the order they were appended, with the clips they are about", async () => {
      const store = await make();
      const turns = Array.from({ length: 12 }, (_, i) => aTurn(`q${i}`, { clipId: i % 3 ? CLIP : OTHER_CLIP }));
      for (const turn of turns) await store.appendTurn(TENANT, "t", turn);
      expect(await store.read(TENANT, "t")).toEqual({
        tenantId: TENANT,
        threadId: "t",
        clipIds: [OTHER_CLIP, CLIP],
        turns,
      });
    });

    it("loses no turn of two that are appended at the same moment", async () => {
      const store = await make();
      const questions = Array.from({ length: 12 }, (_, i) => `q${i}`);
      await Promise.all(questions.map((question) => store.appendTurn(TENANT, "t", aTurn(question))));
      const thread = await store.read(TENANT, "t");
      expect(thread?.turns.map(({ question }) => question.text).sort()).toEqual(questions.sort());
    });

    it("keeps threads and tenants apart, whatever their names", async () => {
      const store = await make();
      const names = ["a", "A", "a/b", "../a", "", "ü", "x".repeat(5000)];
      for (const name of names) await store.appendTurn(TENANT, name, aTurn(`in ${name}`));
      for (const name of names) {
        const thread = await store.read(TENANT, name);
        expect(thread?.turns.map(({ question }) => question.text)).toEqual([`in ${name}`]);
      }
      expect(await store.read(asTenantId("other"), "a")).toBeUndefined();
    });

    it("deletes one thread", async () => {
      const store = await make();
      for (const name of ["t", "u"]) await store.appendTurn(TENANT, name, aTurn(name));
      expect(await store.delete(TENANT, "t")).toBe(true);
      expect(await store.read(TENANT, "t")).toBeUndefined();
      expect(await store.read(TENANT, "u")).toBeDefined();
      await store.appendTurn(TENANT, "t", aTurn("anew"));
      expect((await store.read(TENANT, "t"))?.turns).toEqual([aTurn("anew")]);
    });

    it("forgets a clip in every thread of the tenant, and keeps what was said of others", async () => {
      const store = await make();
      const other = asTenantId("other");
      await store.appendTurn(TENANT, "t", aTurn("one"));
      await store.appendTurn(TENANT, "t", aTurn("two", { clipId: OTHER_CLIP }));
      await store.appendTurn(TENANT, "t", aTurn("three"));
      await store.appendTurn(TENANT, "u", aTurn("four"));
      await store.appendTurn(other, "t", aTurn("five"));

      expect(await store.forgetClip(TENANT, CLIP)).toBe(3);
      expect(await store.forgetClip(TENANT, CLIP)).toBe(0);

      const left = await store.read(TENANT, "t");
      expect(left).toMatchObject({ clipIds: [OTHER_CLIP], turns: [{ question: { text: "two" } }] });
      expect(await store.read(TENANT, "u")).toBeUndefined();
      expect(await store.read(other, "t")).toBeDefined();
      await store.appendTurn(TENANT, "t", aTurn("six", { clipId: OTHER_CLIP }));
      expect((await store.read(TENANT, "t"))?.turns.map(({ question }) => question.text)).toEqual(["two", "six"]);
    });
  });
}
