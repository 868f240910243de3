"""Curves of a run as small PNGs, and a page for each stage with its figures before and after: python -m damo_train.plots RUN reports/"""

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
        if name in STAGES:
            (out / f"{name}.md").write_text(page(name, rows), encoding="utf-8")
            (out / f"{name}.csv").write_bytes(file.read_bytes())


STAGES = {
    "stage1": ("Stage 1: video-text alignment (row 10)", "query: a half second's FUSION query and the names of what is there; window: a window's embedding and its names. "
               "Held out: F1 of things in a half second, best name of a window."),
    "matching": ("The end of stage 1: matching (row 10)", "match: binary cross entropy of a half second and a phrase. Held out: IoU of half seconds above 0.4 of a thing's highest chance."),
    "stage2": ("Stage 2: representation bridging (row 11)", "bridge: distance to the soft word of a half second; caption: cross entropy of the list of a window."),
    "stage3": ("Stage 3: temporal perception learning (row 12)", "answer: cross entropy of single questions' answers, times and verdicts weighing more."),
    "stage4": ("Stage 4: dialogue tuning (row 13)", "answer: as in stage 3, of dialogues of two to six turns; its held-out questions are other ones than those of stage 3."),
}


def page(name: str, rows: list[dict[str, str]]) -> str:
    title, what = STAGES[name]
    first, last = rows[0], rows[-1]
    lines = [f"# {title}", "", what, "", f"{last['step']} steps, {float(last['seconds']) / 60:.1f} minutes. Losses are means since the row before; before the first step, of one batch.", "",
             f"| | step {first['step']} | step {last['step']} |", "|---|---|---|"]
    lines += [f"| {key.replace('_', ' ')} | {first[key]} | {last[key]} |" for key in last if key not in ("step", "seconds")]
    return "\n".join([*lines, "", f"![{name}]({name}.png)", "", f"All points: [{name}.csv]({name}.csv). How this bundle came about: [RESULTS.md](../RESULTS.md).", ""])


def plot_differences(rows: list[tuple[str, float, float, float]], what: str, file: Path) -> None:
    """rows: (name, difference, low, high): one bar each with its interval, zero in the middle."""
    figure, axis = plt.subplots(figsize=(7.2, 0.6 + 0.3 * len(rows)), dpi=90)
    names, values, lows, highs = zip(*reversed(rows), strict=True)
    axis.barh(range(len(rows)), values, color="0.75")
    axis.errorbar(values, range(len(rows)), xerr=[[v - low for v, low in zip(values, lows, strict=True)],
                                                  [high - v for v, high in zip(values, highs, strict=True)]], fmt="none", ecolor="0.2", capsize=2)
    axis.axvline(0, color="0.2", linewidth=0.8)
    axis.set_yticks(range(len(rows)), names, fontsize=7)
    axis.set_xlabel(what, fontsize=8)
    axis.tick_params(axis="x", labelsize=7)
    axis.locator_params(axis="x", nbins=5)
    figure.tight_layout()
    figure.savefig(file)
    plt.close(figure)


if __name__ == "__main__":
    plot(Path(sys.argv[1]), Path(sys.argv[2]))
