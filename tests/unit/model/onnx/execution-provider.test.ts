import { describe, expect, it } from "vitest";
import { openWithProvider, type ProviderName } from "../../../../model/onnx/execution-provider.ts";

const runtime = (known: readonly string[], broken: readonly string[] = []) => {
  const tried: unknown[] = [];
  return {
    tried,
    known: () => known,
    create: async (option: { name: ProviderName; deviceId?: number }) => {
      tried.push(option);
      if (broken.includes(option.name)) throw new Error(`${option.name} has no driver\nand a long log`);
      return `session on ${option.name}`;
    },
  };
};

describe("openWithProvider", () => {
  it("takes the first that is there, on the card that was named", async () => {
    const fake = runtime(["cpu", "cuda"]);
    const opened = await openWithProvider(fake, { providers: ["cuda", "cpu"], deviceId: 3 });
    expect(opened).toEqual({ session: "session on cuda", provider: "cuda" });
    expect(fake.tried).toEqual([{ name: "cuda", deviceId: 3 }]);
  });

  it("never falls back on what was not asked for, and says why", async () => {
    const fake = runtime(["cpu", "cuda"], ["cuda"]);
    await expect(openWithProvider(fake, { providers: ["cuda"], deviceId: 0 })).rejects.toMatchObject({
      code: "model.provider_unavailable",
      retryable: false,
      details: { asked: "cuda", reasons: ["cuda: cuda has no driver"] },
    });
    expect(fake.tried.length).toBe(1);
    await expect(openWithProvider(fake, { providers: ["dml", "cuda"], deviceId: 0 })).rejects.toMatchObject({
      details: { reasons: ["dml: not in this build of ONNX Runtime", "cuda: cuda has no driver"] },
    });
  });

  it("takes the next of the list, and gives options only to those that know them", async () => {
    const fake = runtime(["cpu", "webgpu", "cuda"], ["cuda", "webgpu"]);
    expect((await openWithProvider(fake, { providers: ["cuda", "webgpu", "cpu"], deviceId: 1 })).provider).toBe("cpu");
    expect(fake.tried).toEqual([{ name: "cuda", deviceId: 1 }, { name: "webgpu" }, { name: "cpu" }]);
  });

  it("leaves an error of the CPU alone: then it is the graph", async () => {
    await expect(openWithProvider(runtime(["cpu"], ["cpu"]), { providers: ["cpu"], deviceId: 0 })).rejects.toThrow(
      /^cpu has no driver/,
    );
  });
});
