"""Measures both distilled encoders on held-out items, and their ONNX speed: prints one JSON object.

    python -m damo_train.exam_encoders --data ../shared/training-data --weights ../shared/weights --vision vision.pt --audio audio.pt
"""

import argparse
import json
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .data.picture_pool import load_words
from .data.soundscapes import sound_words
from .data.teachers import open_session
from .network.checkpoint import load_encoders
from .stages import distil_audio, distil_vision
from .stages.distil_vision import PLACES, TeacherAxes, VisionHeads, tell

NAMED = 10  # a thing counts as named when its word is among this many


def name_and_find(exam: distil_vision.Exam, encoder: nn.Module, heads: nn.Module) -> dict[str, float]:
    """Things pasted into drawn pictures, by size: named by the whole picture, by any place, and found where they are."""
    told = tell(encoder, heads, exam.drawn["pixels"])
    whole, local = told["words"], told["place_words"]
    found: dict[str, list[tuple[bool, bool, bool]]] = {"small": [], "middle": [], "large": []}
    for row, (things, masks) in enumerate(zip(exam.drawn["things"], exam.drawn["places"], strict=True)):
        best_whole = set(whole[row].topk(NAMED).indices.tolist())
        best_local = set(local[row].amax(0).topk(NAMED).indices.tolist())
        for word, mask in zip(things.tolist(), masks.tolist(), strict=True):
            if word < 0 or mask == 0 or mask == (1 << PLACES) - 1:
                continue
            size = mask.bit_count()
            bucket = "small" if size <= 2 else "middle" if size <= 6 else "large"
            strongest = int(local[row, :, word].argmax())
            found[bucket].append((word in best_whole, word in best_local, bool(mask >> strongest & 1)))
    report = {}
    for bucket, rows in found.items():
        shares = np.mean(rows, axis=0) if rows else (0, 0, 0)
        report |= {f"{bucket}_{name}": float(share) for name, share in zip(("named", "named_by_places", "found"), shares, strict=True)}
        report[f"{bucket}_things"] = len(rows)
    return report


def speed(module: nn.Module, example: Tensor, batch: int, threads: int) -> float:
    """Items a second of the exported graph; the best of eight runs, for the machine may be busy."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "graph.onnx"
        axes = {"input": {0: "N"}}
        torch.onnx.export(module, (example,), str(path), input_names=["input"], dynamic_axes=axes, opset_version=17, dynamo=False)
        session = open_session(path, threads)
        rows = np.random.default_rng(0).random((batch, *example.shape[1:]), np.float32)
        best = float("inf")
        for _ in range(8):
            started = time.perf_counter()
            session.run(None, {"input": rows})
            best = min(best, time.perf_counter() - started)
    return batch / best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--vision", type=Path, required=True)
    parser.add_argument("--audio", type=Path, required=True)
    parser.add_argument("--drawn", type=int, default=800, help="held-out pictures to draw")
    parser.add_argument("--scapes", type=int, default=200, help="held-out windows of sound to mix")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    vision, audio = load_encoders(arguments.vision, arguments.audio)

    state = torch.load(arguments.vision, weights_only=False)
    words = load_words(arguments.data, arguments.weights)
    heads = VisionHeads(len(words)).eval()
    heads.load_state_dict(state["heads"])
    exam = distil_vision.Exam(arguments.data, arguments.weights, words, TeacherAxes(state=state["axes"]), arguments.drawn)
    report = {"vision": {"step": state["step"], **exam.take(vision, heads), **name_and_find(exam, vision, heads)}}

    state = torch.load(arguments.audio, weights_only=False)
    names = sound_words(arguments.data)
    ears = distil_audio.AudioHeads(len(names)).eval()
    ears.load_state_dict(state["heads"])
    pool = distil_audio.SoundPool(Path(), len(names))
    pool.scale = state["scale"].numpy()
    sounds = distil_audio.Exam(arguments.data, arguments.weights, names, pool, arguments.scapes)
    report["audio"] = {"step": state["step"], **sounds.take(audio, ears)}

    for threads in (1, arguments.threads):
        report["vision"][f"frames_per_second_{threads}_threads"] = speed(vision, torch.rand(2, 3, 128, 128), 32, threads)
        report["audio"][f"windows_per_second_{threads}_threads"] = speed(audio, torch.rand(2, 800, 64), 4, threads)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
