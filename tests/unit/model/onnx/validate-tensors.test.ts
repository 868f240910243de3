import { describe, expect, it } from "vitest";
import type { TensorSpec } from "../../../../core/bundle.ts";
import { isDomainError } from "../../../../core/errors.ts";
import type { GraphTensors } from "../../../../model/onnx/graph-tensor.ts";
import { validateTensors } from "../../../../model/onnx/validate-tensors.ts";

const inputs: TensorSpec[] = [
  { name: "tokens", dtype: "int64", dims: [1, "L"] },
  { name: "soft", dtype: "float32", dims: [1, "L", 4] },
];
const tokens = (length: number) => ({ data: new BigInt64Array(length), dims: [1, length] });
const soft = (length: number) => ({ data: new Float32Array(length * 4), dims: [1, length, 4] });

function detailsOf(tensors: GraphTensors): Record<string, unknown> {
  try {
    validateTensors("decoder", inputs, tensors);
  } catch (error) {
    if (isDomainError(error) && error.code === "model.shape_mismatch") return error.details;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("validateTensors", () => {
  it("accepts any length for a named dim, as long as it is the same everywhere", () => {
    expect(validateTensors("decoder", inputs, { tokens: tokens(3), soft: soft(3) }).get("L")).toBe(3);
    expect(detailsOf({ tokens: tokens(3), soft: soft(2) })).toEqual({
      graph: "decoder",
      tensor: "soft",
      expected: "float32 [1, L=3, 4]",
      found: "float32 [1, 2, 4] of 8 values",
    });
  });

  it("holds outputs against the lengths of the inputs", () => {
    const lengths = validateTensors("decoder", inputs, { tokens: tokens(3), soft: soft(3) });
    const outputs: TensorSpec[] = [{ name: "present", dtype: "float32", dims: ["L", 2] }];
    const present = (length: number) => ({ present: { data: new Float32Array(length * 2), dims: [length, 2] } });
    expect(() => validateTensors("decoder", outputs, present(3), lengths)).not.toThrow();
    expect(() => validateTensors("decoder", outputs, present(2), lengths)).toThrow(/expected float32 \[L=3, 2\]/);
  });

  it("names a missing tensor, and one that the graph does not have", () => {
    expect(detailsOf({ tokens: tokens(1) })).toMatchObject({ tensor: "soft", found: "nothing" });
    expect(detailsOf({ tokens: tokens(1), soft: soft(1), mask: soft(1) })).toMatchObject({ tensor: "mask" });
  });

  it("refuses another dtype, rank or number of values", () => {
    const floats = { data: new Float32Array(1), dims: [1, 1] };
    expect(detailsOf({ tokens: floats, soft: soft(1) })).toMatchObject({
      expected: "int64 [1, L]",
      found: "float32 [1, 1] of 1 values",
    });
    expect(detailsOf({ tokens: tokens(2), soft: { data: new Float32Array(8), dims: [2, 4] } })).toMatchObject({
      tensor: "soft",
    });
    expect(detailsOf({ tokens: tokens(2), soft: { data: new Float32Array(7), dims: [1, 2, 4] } })).toMatchObject({
      found: "float32 [1, 2, 4] of 7 values",
    });
  });

  it("lets a named dim be 0: a decoder that has read nothing", () => {
    const specs: TensorSpec[] = [{ name: "past", dtype: "float32", dims: ["S", 2] }];
    expect(() =>
      validateTensors("decoder", specs, { past: { data: new Float32Array(0), dims: [0, 2] } }),
    ).not.toThrow();
  });
});
