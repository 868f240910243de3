/** Plain tensors cross folder borders; ONNX Runtime's own stay inside `model/onnx`. */
export interface FloatTensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}
