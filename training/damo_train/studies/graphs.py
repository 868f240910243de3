"""How fast a bundle's graphs alone watch: one window after the other through vision, audio and Fuseformer, no decoding.

    python -m damo_train.studies.graphs --bundle ../model/bundles/damo-mini [--threads 1 2] [--json FILE]

Times real time = window seconds over seconds of a window. `wall` is the best of all rounds, which other work on the machine can only
make worse; `processor` is the median of processor seconds and hardly feels it (with one thread the two agree on a quiet machine).
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import onnxruntime


def sessions_of(bundle: Path, threads: int) -> dict:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return {name: onnxruntime.InferenceSession(str(bundle / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
            for name in ("vision", "audio", "fuseformer")}


def measure(bundle: Path, threads: int, rounds: int) -> dict[str, float]:
    manifest = json.loads((bundle / "damo.json").read_text(encoding="utf-8"))
    axes, seconds = manifest["axes"], manifest["windowSeconds"]
    rng, graphs = np.random.default_rng(0), sessions_of(bundle, threads)
    frames = rng.random((axes["T"], 3, manifest["preprocess"]["frameSize"], manifest["preprocess"]["frameSize"]), np.float32)
    log_mel = rng.standard_normal((1, axes["M"], manifest["preprocess"]["mel"]["bands"])).astype(np.float32) - 3
    state = np.zeros((1, axes["Q"], axes["D"]), np.float32)
    wall, processor = [], []
    for round_ in range(rounds + 2):
        began, spent = time.perf_counter(), time.process_time()
        patches, whole = graphs["vision"].run(None, {"frames": frames})
        audio = graphs["audio"].run(None, {"logMel": log_mel})[0]
        state, _ = graphs["fuseformer"].run(["queries", "embedding"], {
            "patches": patches[None], "global": whole[None], "visualMask": np.ones((1, axes["T"]), np.float32), "audio": audio,
            "audioMask": np.ones((1, axes["A"]), np.float32), "startSeconds": np.array([round_ * seconds], np.float32), "state": state,
            "stateMask": np.array([float(round_ > 0)], np.float32)})
        if round_ > 1:  # the first ones allocate
            wall.append(time.perf_counter() - began), processor.append(time.process_time() - spent)
    return {"threads": threads, "wall": seconds / min(wall), "processor": seconds / float(np.median(processor))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=Path("../model/bundles/damo-mini"))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    size = sum(file.stat().st_size for file in options.bundle.iterdir())
    print(json.dumps({"megabytes": size / 1e6, "mebibytes": size / 2**20, "timesRealTime": [measure(options.bundle, threads, options.rounds) for threads in options.threads]}))


if __name__ == "__main__":
    main()
