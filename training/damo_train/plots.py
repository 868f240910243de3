"""Curves of a run as small PNGs: python -m damo_train.plots RUN reports/"""

import csv
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

METRICS = {
    "vision": ["teacher_cosine_global", "photo_top1", "photo_top5", "places_average_precision"],
    "audio": ["teacher_cosine", "tokens_average_precision", "speech_f1", "music_f1"],
    "language": ["token_accuracy", "time_token_accuracy", "verdict_accuracy"],
    "stage1": ["recall", "seen_f1", "heard_f1", "window_top1"],
    "matching": ["miou", "heard_miou", "seen_miou"],
    "stage2": ["caption_token_accuracy", "held_out_bridge"],
    "stage3": ["token_accuracy", "time_token_accuracy", "verdict_accuracy"],
    "stage4": ["token_accuracy", "time_token_accuracy", "verdict_accuracy"],
}


def plot(run: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, columns in METRICS.items():
        file = run / f"{name}.csv"
        if not file.exists():
            continue
        rows = list(csv.DictReader(file.open(encoding="utf-8")))
        steps = [int(row["step"]) for row in rows]
        figure, axis = plt.subplots(figsize=(5, 2.6), dpi=90)
        for column in columns:
            axis.plot(steps, [float(row[column]) for row in rows], label=column.replace("_", " "), marker=".")
        axis.set_title(f"{name}: held-out", fontsize=9)
        axis.set_xlabel("step", fontsize=8)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7)
        axis.tick_params(labelsize=7)
        figure.tight_layout()
        figure.savefig(out / f"{name}.png")
        plt.close(figure)


if __name__ == "__main__":
    plot(Path(sys.argv[1]), Path(sys.argv[2]))
