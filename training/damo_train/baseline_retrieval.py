"""Baseline (b) of MODEL 6: no language model at all, only window embeddings and a threshold.

    python -m damo_train.baseline_retrieval SUITE --bundle ../model/bundles/damo-mini --fit OTHER_SUITE

For each question the window whose embedding is nearest to the question's is the answer (all of its 8 seconds, and
neighbours that are as near within a margin); below a threshold the answer is "not in this clip". Threshold and margin are fitted on the
other suite. Follow-ups are embedded as they stand: this baseline has no memory of the turn before. Prints a JSON line with the
figures of `damo eval`, and text-to-clip retrieval (R@1 / R@5 of the suite's clips, for questions about things that are there).
"""

import argparse
import json
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from .calibrate import temporal_iou
from .data.mel import log_mel_numpy
from .language.things import normalise
from .language.tokenizer import encode_text

FRAMES, RATE, SIDE, SECONDS, QUERIES, CHANNELS = 32, 16_000, 128, 8.0, 16, 256


class Watcher:
    """The bundle's graphs up to the window embedding, one clip at a time."""

    def __init__(self, bundle: Path):
        self.graphs = {name: onnxruntime.InferenceSession(str(bundle / f"{name}.onnx"), providers=["CPUExecutionProvider"])
                       for name in ("vision", "audio", "fuseformer", "text")}
        self.tokenizer = Tokenizer.from_file(str(bundle / "tokenizer.json"))

    def windows(self, clip: Path) -> np.ndarray:
        """[W, E]"""
        decode = ["ffmpeg", "-v", "error", "-i", str(clip)]
        shown = subprocess.run([*decode, "-vf", f"fps=4,scale={SIDE}:{SIDE}", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
                               capture_output=True, check=True).stdout
        frames = np.frombuffer(shown, np.uint8).reshape(-1, SIDE, SIDE, 3)[..., [1, 2, 0]].transpose(0, 3, 1, 2)
        heard = subprocess.run([*decode, "-vn", "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"], capture_output=True).stdout
        samples = np.frombuffer(heard, np.float32)
        found, state = [], np.zeros((1, QUERIES, CHANNELS), np.float32)
        for window in range(-(-len(frames) // FRAMES)):
            part = frames[window * FRAMES : (window + 1) * FRAMES]
            patches, whole = self.graphs["vision"].run(None, {"frames": part.astype(np.float32) / 255})
            missing = FRAMES - len(part)
            sound = samples[window * int(SECONDS * RATE) : (window + 1) * int(SECONDS * RATE)]
            steps = np.arange(32) < np.ceil(len(sound) / RATE * 4)
            padded = np.pad(sound, (0, int(SECONDS * RATE) - len(sound)))
            audio = self.graphs["audio"].run(None, {"logMel": log_mel_numpy(padded)[None].astype(np.float32)})[0]
            state, embedding = self.graphs["fuseformer"].run(["queries", "embedding"], {
                "patches": np.pad(patches, ((0, missing), (0, 0), (0, 0)))[None], "global": np.pad(whole, ((0, missing), (0, 0)))[None],
                "visualMask": (np.arange(FRAMES) < len(part)).astype(np.float32)[None], "audio": audio,
                "audioMask": steps.astype(np.float32)[None], "startSeconds": np.array([window * SECONDS], np.float32),
                "state": state, "stateMask": np.array([float(window > 0)], np.float32)})
            found.append(embedding[0])
        return np.stack(found)

    def question(self, text: str) -> np.ndarray:
        ids = encode_text(self.tokenizer, normalise(text))
        return self.graphs["text"].run(None, {"tokens": np.array([ids], np.int64)})[0][0]


def read(watcher: Watcher, suite: Path) -> tuple[list[np.ndarray], list[dict]]:
    """Windows of every clip, and every question with its clip's number and its nearness to all windows of all clips."""
    clips = [json.loads(line) for line in (suite / "suite.jsonl").read_text(encoding="utf-8").splitlines()]
    windows = [watcher.windows(suite / clip["clip"]) for clip in clips]
    asked = []
    for index, clip in enumerate(clips):
        for turn in clip["turns"]:
            vector = watcher.question(turn["question"])
            asked.append({"clip": index, "seconds": clip["durationSeconds"], "family": turn["family"],
                          "wordless": not ("says" in turn or "names" in turn), "wanted": {"absent": turn["absent"], "spans": [{"startSeconds": s, "endSeconds": e} for s, e in turn["spans"]]},
                          "near": [part @ vector for part in windows]})
    return windows, asked


def answer(turn: dict, threshold: float, margin: float) -> dict:
    near, wanted = turn["near"][turn["clip"]], turn["wanted"]
    if near.max() < threshold:
        return {**turn, "verdict": "absent", "spans": [], "right": wanted["absent"]}
    spans = [{"startSeconds": k * SECONDS, "endSeconds": min((k + 1) * SECONDS, turn["seconds"])}
             for k in range(len(near)) if near[k] >= near.max() - margin]
    # It points and says nothing: where an answer must name something, it can't be right.
    right = turn["wordless"] and not wanted["absent"] and (not wanted["spans"] or temporal_iou(wanted["spans"], spans) >= 0.5)
    return {**turn, "verdict": "found", "spans": spans, "right": right}


def fit(asked: list[dict]) -> tuple[float, float]:
    scores = [turn["near"][turn["clip"]].max() for turn in asked]
    tries = [(threshold, margin) for threshold in np.quantile(scores, np.linspace(0, 0.6, 25)) for margin in (0.0, 0.03, 0.08, 0.2)]
    return max(tries, key=lambda pair: sum(answer(turn, *pair)["right"] for turn in asked))


def report(asked: list[dict], threshold: float, margin: float) -> dict:
    given = [answer(turn, threshold, margin) for turn in asked]
    ious = np.array([temporal_iou(t["wanted"]["spans"], t["spans"]) for t in given if t["wanted"]["spans"] and not t["wanted"]["absent"]])
    said = [t for t in given if t["verdict"] == "absent"]
    gone = [t for t in given if t["wanted"]["absent"]]
    hits = sum(t["wanted"]["absent"] for t in said)
    there = [t for t in given if not t["wanted"]["absent"] and t["family"] in ("when_seen", "when_heard")]
    ranks = [sum(part.max() > t["near"][t["clip"]].max() for part in t["near"]) for t in there]
    return {"questions": len(given), "meanIou": ious.mean(), "recallAt": {str(at): float((ious >= at).mean()) for at in (0.3, 0.5, 0.7)},
            "absent": {"precision": hits / max(1, len(said)), "recall": hits / max(1, len(gone))},
            "right": float(np.mean([t["right"] for t in given])),
            "textToClip": {"clips": len(asked[0]["near"]), "questions": len(ranks), "R@1": float(np.mean([r < 1 for r in ranks])),
                           "R@5": float(np.mean([r < 5 for r in ranks]))},
            "threshold": float(threshold), "margin": margin}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", type=Path)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--fit", type=Path, required=True)
    options = parser.parse_args()
    watcher = Watcher(options.bundle)
    threshold, margin = fit(read(watcher, options.fit)[1])
    print(json.dumps(report(read(watcher, options.suite)[1], threshold, margin)))


if __name__ == "__main__":
    main()
