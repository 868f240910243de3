/** What goes into and comes out of a graph, as plain data: ONNX Runtime's own tensors stay inside onnx/runner.ts. */
import type { FloatTensor } from "../../core/tensor.ts";

export interface IntegerTensor {
  readonly data: BigInt64Array;
  readonly dims: readonly number[];
}

export type GraphTensor = FloatTensor | IntegerTensor;
export type GraphTensors = Readonly<Record<string, GraphTensor>>;

/** @param name  an output of the manifest: the runner has checked that it is there */
export function outputOf(outputs: GraphTensors, name: string): FloatTensor {
  const tensor = outputs[name];
  if (tensor === undefined || tensor.data instanceof BigInt64Array) throw new Error(`no float output ${name}`);
  return { data: tensor.data, dims: tensor.dims };
}

export const integersOf = (values: readonly number[]): BigInt64Array => BigInt64Array.from(values, BigInt);
