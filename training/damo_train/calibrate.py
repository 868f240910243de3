"""Fits the confidence of a bundle on answered questions (Platt scaling) and writes it into damo.json.

    script/damo eval SUITE --json > answers.jsonl          # with scale 1 and bias 0 in the bundle: raw confidences
    python -m damo_train.calibrate answers.jsonl --bundle ../model/bundles/damo-mini [--plot reports/reliability.png]

With two runs it chooses `absentThreshold` as well: one in which the bundle always said "not in this clip" (`absentThreshold` 0, so
every confidence is P(<absent>)), one in which it never did (1), put together for every threshold as the decoder would have:

    python -m damo_train.calibrate never.jsonl --always always.jsonl --bundle ../model/bundles/damo-mini

(A follow-up heard another turn before it in each run, so this is near, not exact; the test suite is run with the chosen one.)
With `--told` it fits the last step of composed answers instead (`answering.matching.told`), for answers about things, answers out of lists and those
that say "not in this clip" apart; `damo models fit` comes before.
`answering` is no part of the fingerprint (that names graphs and tokenizer), so memories stay valid.
"""

import argparse
import json
from pathlib import Path

import numpy as np


def temporal_iou(one: list[dict], other: list[dict]) -> float:
    """Seconds in both over seconds in either, as core/evaluation.ts has it."""
    grid = np.arange(0, max([s["endSeconds"] for s in one + other], default=0.0) + 0.05, 0.05)

    def covered(spans):
        return np.any([(grid >= s["startSeconds"]) & (grid < s["endSeconds"]) for s in spans], axis=0) if spans else grid < 0

    a, b = covered(one), covered(other)
    return float((a & b).sum() / max(1, (a | b).sum()))


def fit(raw: np.ndarray, right: np.ndarray, steps: int = 4000) -> tuple[float, float]:
    """Logistic regression of `right` on logit(raw), by plain gradient descent."""
    x = np.log(np.clip(raw, 1e-6, 1 - 1e-6) / (1 - np.clip(raw, 1e-6, 1 - 1e-6)))
    spread = max(x.std(), 1e-3)
    scale, bias = 1.0, 0.0
    for _ in range(steps):
        error = 1 / (1 + np.exp(-(scale * x + bias))) - right
        scale -= 0.2 * (error * x).mean() / spread**2
        bias -= 0.2 * error.mean()
    return float(scale), float(bias)


def at_threshold(never: list[dict], always: list[dict], threshold: float) -> list[dict]:
    """The answers that a decoder with this `absentThreshold` gives."""
    return [gone if gone["confidence"] >= threshold else found for found, gone in zip(never, always, strict=True)]


def choose_threshold(never: list[dict], always: list[dict]) -> tuple[float, float]:
    """The threshold with most right answers (the middle of the best stretch), and the share that is right there."""
    tries = np.round(np.arange(0.05, 1.0, 0.05), 2)
    shares = np.array([np.mean([line["right"] for line in at_threshold(never, always, t)]) for t in tries])
    best = np.flatnonzero(shares >= shares.max() - 1e-9)
    return float(tries[best[len(best) // 2]]), float(shares.max())


# Families of theatre questions that are answered out of what the windows list.
LISTING = {"after", "follow_up_after", "first_last", "what_at", "list"}


def fit_told(file: Path, lines: list[dict], confidence: np.ndarray, right: np.ndarray) -> dict:
    """Writes `answering.matching.told` into damo.json and returns it."""
    manifest = json.loads(file.read_text(encoding="utf-8"))
    matching = manifest["answering"]["matching"]
    if "told" in matching:
        raise SystemExit("the bundle is calibrated already: fit on raw confidences")
    absent = np.array([line["verdict"] == "absent" for line in lines])
    listing = np.array([line["family"] in LISTING for line in lines])
    matching["told"] = {}
    for name, chosen in (("pointing", ~absent & ~listing), ("listing", ~absent & listing), ("absent", absent)):
        scale, bias = fit(confidence[chosen], right[chosen])
        matching["told"][name] = {"scale": round(scale, 4), "bias": round(bias, 4)}
    file.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return matching["told"]


def read_answers(file: Path) -> list[dict]:
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    return [line for line in lines if line["type"] == "evaluated"]


def plot_reliability(confidence: np.ndarray, right: np.ndarray, file: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    bins = np.minimum((confidence * 10).astype(int), 9)
    used = [b for b in range(10) if (bins == b).any()]
    figure, axis = plt.subplots(figsize=(3.2, 3), dpi=90)
    axis.plot([0, 1], [0, 1], color="0.7")
    axis.plot([confidence[bins == b].mean() for b in used], [right[bins == b].mean() for b in used], marker="o")
    axis.set_xlabel("confidence", fontsize=8)
    axis.set_ylabel("share right", fontsize=8)
    axis.tick_params(labelsize=7)
    figure.tight_layout()
    figure.savefig(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--always", type=Path)
    parser.add_argument("--told", action="store_true")
    options = parser.parse_args()
    lines, threshold = read_answers(options.answers), None
    if options.always:
        always = read_answers(options.always)
        threshold, share = choose_threshold(lines, always)
        print(f"absentThreshold {threshold}: {share:.3f} right")
        lines = at_threshold(lines, always, threshold)
    confidence = np.array([line["confidence"] for line in lines])
    right = np.array([line["right"] for line in lines], dtype=float)
    if options.plot:
        plot_reliability(confidence, right, options.plot)
    if options.bundle and options.told:
        print(json.dumps(fit_told(options.bundle / "damo.json", lines, confidence, right)))
    elif options.bundle:
        scale, bias = fit(confidence, right)
        file = options.bundle / "damo.json"
        manifest = json.loads(file.read_text(encoding="utf-8"))
        if manifest["answering"]["calibration"] != {"scale": 1.0, "bias": 0.0}:
            raise SystemExit("the bundle is calibrated already: fit on raw confidences")
        if threshold is not None:
            manifest["answering"]["absentThreshold"] = threshold
        manifest["answering"]["calibration"] = {"scale": round(scale, 4), "bias": round(bias, 4)}
        file.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        print(f"{len(lines)} answers, {right.mean():.2f} right: scale {scale:.3f}, bias {bias:.3f}")


if __name__ == "__main__":
    main()
