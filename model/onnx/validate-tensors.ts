/** Holds the tensors of one graph call against the manifest before (inputs) and after (outputs) it runs. */
import type { TensorSpec } from "../../core/bundle.ts";
import { DomainError } from "../../core/errors.ts";
import type { GraphTensor, GraphTensors } from "./graph-tensor.ts";

/** Lengths that the named dims (`N`, `L`, `S`) have in one call; a name means the same length wherever it stands. */
export type DimLengths = Map<string, number>;

/**
 * @param lengths  filled while inputs are checked, so that outputs can be checked against the same call
 * @throws DomainError model.shape_mismatch with details `{ graph, tensor, expected, found }`
 */
export function validateTensors(
  graph: string,
  specs: readonly TensorSpec[],
  tensors: GraphTensors,
  lengths: DimLengths = new Map(),
): DimLengths {
  for (const name of Object.keys(tensors)) {
    if (!specs.some((spec) => spec.name === name)) {
      throw mismatch(graph, name, `one of ${specs.map((spec) => spec.name).join(", ")}`, "a tensor of another name");
    }
  }
  for (const spec of specs) {
    const tensor = tensors[spec.name];
    if (tensor === undefined) throw mismatch(graph, spec.name, describeSpec(spec), "nothing");
    if (!matches(spec, tensor, lengths)) {
      throw mismatch(graph, spec.name, describeSpec(spec, lengths), describeTensor(tensor));
    }
  }
  return lengths;
}

function matches(spec: TensorSpec, tensor: GraphTensor, lengths: DimLengths): boolean {
  if (dtypeOf(tensor) !== spec.dtype || tensor.dims.length !== spec.dims.length) return false;
  const elements = tensor.dims.reduce((product, dim) => product * dim, 1);
  if (tensor.data.length !== elements) return false;
  return spec.dims.every((expected, axis) => {
    const found = tensor.dims[axis] as number;
    if (typeof expected === "number") return found === expected;
    const known = lengths.get(expected);
    if (known === undefined) lengths.set(expected, found);
    return known === undefined || known === found;
  });
}

const dtypeOf = (tensor: GraphTensor): TensorSpec["dtype"] =>
  tensor.data instanceof BigInt64Array ? "int64" : "float32";

const describeSpec = (spec: TensorSpec, lengths?: DimLengths): string =>
  `${spec.dtype} [${spec.dims.map((dim) => namedLength(dim, lengths)).join(", ")}]`;

function namedLength(dim: string | number, lengths?: DimLengths): string {
  const known = typeof dim === "string" ? lengths?.get(dim) : undefined;
  return known === undefined ? String(dim) : `${dim}=${known}`;
}

const describeTensor = (tensor: GraphTensor): string =>
  `${dtypeOf(tensor)} [${tensor.dims.join(", ")}] of ${tensor.data.length} values`;

function mismatch(graph: string, tensor: string, expected: string, found: string): DomainError {
  return new DomainError(
    "model.shape_mismatch",
    `graph ${graph}, tensor ${tensor}: expected ${expected}, found ${found}`,
    { details: { graph, tensor, expected, found } },
  );
}
