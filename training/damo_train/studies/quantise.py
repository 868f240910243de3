"""What int8 weights would cost and gain: a bundle's graphs quantised, measured beside the graphs as they ship.

    python -m damo_train.studies.quantise --bundle ../model/bundles/damo-mini --suite ../tests/eval/theatre --out OUT

Matrix products (Fuseformer, text, bridge, decoder) are quantised dynamically, convolutions (vision, audio) statically on windows of the
suite's first clips; what is not a matrix product or convolution stays as it ships. OUT/dynamic and OUT/all are bundles that `damo
models verify` accepts, for `DAMO_BUNDLE=OUT/all script/damo eval theatre`. Prints a Markdown table: bytes, processor time of one
thread (both forms in turn, so that other work on the machine weighs on both), and how far outputs are apart on windows and
questions of the suite's other clips.
"""

import argparse
import json
import shutil
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from ..baseline_retrieval import QUERIES, Watcher
from ..export import describe_file, fingerprint_of, store_weights_as_float16
from ..language.things import normalise
from ..language.tokenizer import encode_text

MATRICES, CONVOLUTIONS = ("fuseformer", "text", "bridge", "decoder"), ("vision", "audio")


def unfold_float16(model: onnx.ModelProto) -> None:
    """Stored float16 weights as float32 again: the quantiser knows no Cast between a weight and its product."""
    graph, kept = model.graph, []
    values = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in values and values[node.input[0]].data_type == TensorProto.FLOAT16:
            weight = numpy_helper.to_array(values[node.input[0]]).astype(np.float32)
            graph.initializer.append(numpy_helper.from_array(weight, node.output[0]))
            graph.initializer.remove(values.pop(node.input[0]))
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)


class Windows(CalibrationDataReader):
    def __init__(self, feeds: list[dict]):
        self.feeds = iter(feeds)

    def get_next(self):
        return next(self.feeds, None)


def quantise(source: Path, target: Path, feeds: list[dict] | None, scratch: Path) -> None:
    """feeds: inputs to calibrate a static quantisation on; without, it is dynamic."""
    model = onnx.load(str(source))
    unfold_float16(model)
    plain, ready = scratch / f"{source.stem}.plain.onnx", scratch / f"{source.stem}.ready.onnx"
    onnx.save(model, str(plain))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
        if feeds is None:
            quantize_dynamic(str(ready), str(target), op_types_to_quantize=["MatMul"], per_channel=True, weight_type=QuantType.QInt8)
        else:
            quantize_static(str(ready), str(target), Windows(feeds), quant_format=QuantFormat.QDQ, op_types_to_quantize=["Conv"],
                            per_channel=True, weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8)
    model = onnx.load(str(target))
    store_weights_as_float16(model)
    onnx.save(model, str(target))


def seal(bundle: Path) -> None:
    """Sizes, checksums and fingerprint of a bundle whose graphs were replaced."""
    file = bundle / "damo.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    for graph in manifest["graphs"].values():
        graph |= describe_file(bundle / graph["file"])
    manifest["fingerprint"] = fingerprint_of([*manifest["graphs"].values(), manifest["tokenizer"]])
    manifest["version"] += "-int8"
    file.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def feeds_of(watcher: Watcher, bridge, suite: Path, clips: list[dict]) -> dict[str, list[dict]]:
    """What goes into each graph while these clips are watched and asked about."""
    feeds: dict[str, list[dict]] = {name: [] for name in (*MATRICES, *CONVOLUTIONS)}

    class Noting:
        def __init__(self, name: str, session):
            self.name, self.session = name, session

        def run(self, outputs, inputs):
            feeds[self.name].append(inputs)
            return self.session.run(outputs, inputs)

    plain = {**watcher.graphs, "bridge": bridge}
    watcher.graphs = {name: Noting(name, session) for name, session in plain.items()}
    encode = lambda text: encode_text(watcher.tokenizer, text)  # noqa: E731
    token = watcher.tokenizer.token_to_id
    for clip in clips:
        first = len(feeds["fuseformer"])
        watcher.windows(suite / clip["clip"])
        queries = np.concatenate([plain["fuseformer"].run(["queries"], inputs)[0] for inputs in feeds["fuseformer"][first:]])
        feeds["bridge"].append({"queries": queries})
        bridged = plain["bridge"].run(None, {"queries": queries})[0]
        for turn in clip["turns"]:
            watcher.question(turn["question"])
            prompt, slots = [token("<bos>")], [-1]
            for window in range(len(queries)):
                prompt += [token(f"<w{window}>")] * (QUERIES + 1)
                slots += [-1, *range(window * QUERIES, (window + 1) * QUERIES)]
            question = [token("<q>"), *encode(normalise(turn["question"])), token("<a>")]
            at = np.array(slots + [-1] * len(question))
            soft = np.where((at >= 0)[:, None], bridged.reshape(-1, bridged.shape[-1])[np.maximum(at, 0)], 0)
            feeds["decoder"].append({"tokens": np.array([prompt + question], np.int64), "soft": soft[None].astype(np.float32),
                                     "softMask": (at >= 0).astype(np.float32)[None]})
    watcher.graphs = {name: plain[name] for name in plain if name != "bridge"}
    return feeds


def open_graph(file: Path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


@dataclass
class Difference:
    graph: str
    bytes: tuple[int, int]
    milliseconds: tuple[float, float]  # of the processor, a run
    cosine: float  # of the first output, mean
    away: float  # largest difference over the largest value
    agree: float | None  # decoder: same verdict, and same best token


def compare(name: str, files: tuple[Path, Path], feeds: list[dict], verdicts: tuple[int, int]) -> Difference:
    sessions = [open_graph(file) for file in files]
    spent, cosines, away, agree = [[], []], [], [], []
    for inputs in feeds:
        outputs = []
        for place, session in enumerate(sessions):
            began = time.process_time()
            outputs.append(session.run(None, inputs))
            spent[place].append(time.process_time() - began)
        one, other = (output[0].reshape(-1, output[0].shape[-1]) for output in outputs)
        cosines.append(((one * other).sum(-1) / (np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1) + 1e-9)).mean())
        away.append(np.abs(one - other).max() / np.abs(one).max())
        if name == "decoder":
            agree.append(one[0, list(verdicts)].argmax() == other[0, list(verdicts)].argmax())
    return Difference(name, tuple(file.stat().st_size for file in files), tuple(1e3 * float(np.median(part)) for part in spent),
                      float(np.mean(cosines)), float(np.max(away)), float(np.mean(agree)) if agree else None)


def table(rows: list[Difference]) -> str:
    lines = ["| graph | MB: as shipped / int8 | ms of one thread: as shipped / int8 | times as fast | cosine | largest difference | same verdict |",
             "|---|---|---|---|---|---|---|"]
    for row in rows:
        before, after = (size / 1e6 for size in row.bytes)
        slow, fast = row.milliseconds
        lines.append(f"| {row.graph} | {before:.2f} / {after:.2f} | {slow:.1f} / {fast:.1f} | {slow / fast:.2f} | {row.cosine:.4f} | {row.away:.3f} | "
                     f"{'' if row.agree is None else f'{100 * row.agree:.0f} %'} |")
    whole = [sum(row.bytes[place] for row in rows) / 1e6 for place in (0, 1)]
    return "\n".join([*lines, f"| all | {whole[0]:.2f} / {whole[1]:.2f} | | | | | |"]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=Path("../model/bundles/damo-mini"))
    parser.add_argument("--suite", type=Path, default=Path("../tests/eval/theatre"))
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    clips = [json.loads(line) for line in (options.suite / "suite.jsonl").read_text(encoding="utf-8").splitlines()]
    watcher, bridge = Watcher(options.bundle), open_graph(options.bundle / "bridge.onnx")
    past = [spec["dims"] for spec in json.loads((options.bundle / "damo.json").read_text(encoding="utf-8"))["graphs"]["decoder"]["inputs"]
            if spec["name"] == "past"][0]
    calibration, exam = (feeds_of(watcher, bridge, options.suite, part) for part in (clips[:4], clips[4:]))
    for feeds in (calibration, exam):
        for inputs in feeds["decoder"]:
            inputs["past"] = np.zeros((0, *past[1:]), np.float32)
    dynamic, everything, scratch = (options.out / part for part in ("dynamic", "all", "scratch"))
    scratch.mkdir(parents=True, exist_ok=True)
    for bundle in (dynamic, everything):
        shutil.rmtree(bundle, ignore_errors=True)
        shutil.copytree(options.bundle, bundle)
    for name in (*MATRICES, *CONVOLUTIONS):
        static = name in CONVOLUTIONS
        quantise(options.bundle / f"{name}.onnx", everything / f"{name}.onnx", calibration[name] if static else None, scratch)
        if not static:
            shutil.copyfile(everything / f"{name}.onnx", dynamic / f"{name}.onnx")
    for bundle in (dynamic, everything):
        seal(bundle)
    verdicts = tuple(watcher.tokenizer.token_to_id(name) for name in ("<found>", "<absent>"))
    rows = [compare(name, (options.bundle / f"{name}.onnx", everything / f"{name}.onnx"), exam[name], verdicts)
            for name in (*CONVOLUTIONS, *MATRICES)]
    made = table(rows)
    (options.out / "int8.md").write_text(made, encoding="utf-8")
    print(made)


if __name__ == "__main__":
    main()

