"""Everything in RESULTS.md that depends on the bundle, made again from what `damo eval` and the other measures printed.

    script/measure-bundle          # runs the measures, then this; see there

Reads FOLDER/theatre.jsonl and real.jsonl (`damo eval NAME --json`), and where they are there retrieval.jsonl (`damo eval` over 100 clips),
graphs.json (studies/graphs.py), nearest.json (baseline_retrieval.py), int8.md with int8-*.jsonl (studies/quantise.py), and pooled.json and transfer.txt, which the
studies of single parts leave in their --out. Writes the part of RESULTS.md between its two `bundle` marks, and reports/reliability.png.
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np

from ..calibrate import plot_reliability, temporal_iou
from .exam import bootstrap

BEGIN, END = "<!-- bundle: made by script/measure-bundle -->", "<!-- end of bundle -->"
CLAIMED = ("when_seen", "when_heard")


class Run:
    """One `damo eval --json`."""

    def __init__(self, file: Path):
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
        self.asked = [line for line in lines if line["type"] == "evaluated"]
        self.report = [line for line in lines if line["type"] == "evaluation"][-1]
        self.right = sum(score["right"] for score in self.report["right"].values())

    @property
    def follow_ups(self) -> tuple[int, int]:
        """Right, and asked: the families that core/evaluation.ts takes for questions that lean on the turn before."""
        scores = [score for family, score in self.report["right"].items() if re.match(r"follow|second_time$|other_clip$", family)]
        return sum(score["right"] for score in scores), sum(score["questions"] for score in scores)

    def interval(self, value, pick=lambda line: True) -> tuple[float, float]:
        """95 %, over clips."""
        chosen = [line for line in self.asked if pick(line)]
        values = np.array([float(value(line)) for line in chosen])
        clips = np.unique([line["clip"] for line in chosen], return_inverse=True)[1]
        return bootstrap(clips, values, np.zeros(len(values)))[1:]


def percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def moment_within(line: dict, seconds: float = 1.0) -> bool:
    """The first span that an answer jumps to starts within a second of one that it should point at."""
    if line["verdict"] == "absent" or not line["spans"]:
        return False
    start = line["spans"][0]["startSeconds"]
    return any(abs(start - span["startSeconds"]) <= seconds for span in line["wanted"]["spans"])


def in_place(run: Run, what: str) -> str:
    score = run.report["absent"]
    return percent(score[what])


def goals(theatre: Run, real: Run, retrieval: Run | None, graphs: dict | None, pooled: dict | None, transfer: str) -> list[str]:
    grounding, report = theatre.report["grounding"], theatre.report
    at = grounding["recallAt"]
    low, high = theatre.interval(lambda line: temporal_iou(line["wanted"]["spans"], line["spans"]), lambda line: line["wanted"]["spans"])
    right_low, right_high = theatre.interval(lambda line: line["right"])
    found = (retrieval or theatre).report.get("retrieval")
    claimed = [line for line in real.asked if line["family"] in CLAIMED and not line["wanted"]["absent"]]
    rows = [
        ("grounding mIoU", "0.75", f"{grounding['meanIou']:.2f} ({low:.2f} to {high:.2f}); a random span {grounding['chance']['meanIou']:.2f}"),
        ("grounding R@1, IoU .5 / .7", "85 / 70 %", f"{percent(at['0.5'])} / {percent(at['0.7'])}; a random span {percent(grounding['chance']['0.5'])} / -"),
        ("QA accuracy over all families", "85 %", f"{percent(theatre.right / report['questions'])} ({percent(right_low)} to {percent(right_high)}), {theatre.right} of {report['questions']}"),
        ("follow-ups that lean on earlier turns", "80 %",
         f"{percent(theatre.follow_ups[0] / max(1, theatre.follow_ups[1]))}, {theatre.follow_ups[0]} of {theatre.follow_ups[1]}"),
        ('"not in this clip": precision / recall', "90 / 90 %", f"{in_place(theatre, 'precision')} / {in_place(theatre, 'recall')}"),
        ("expected calibration error", "0.05", f"{report['expectedCalibrationError']:.2f}"),
    ]
    if found:
        own, thing = found["byDescription"], found["byThing"]
        rows.append((f"text-to-clip retrieval, R@1 of 100 (here {found['clips']})", "70 %",
                     f"{percent(own['recallAt']['1'])} from all that happens in a clip (R@5 {percent(own['recallAt']['5'])}, blindly {percent(own['chanceAt1'])}); a clip "
                     f"with one thing {percent(thing['recallAt']['1'])} (R@5 {percent(thing['recallAt']['5'])}, blindly {percent(thing['chanceAt1'])})"))
    rows.append(("DaMO over the pooled linear baseline, mIoU", "1.5 times", f"{pooled['ratio']:.2f} times ({pooled['damo']:.2f} against {pooled['pooled']:.2f}, {pooled['where']})" if pooled else "see below"))
    rows.append(("T3 gain on order and grounding questions", "above 0, 95 %", transfer))
    rows.append(("real clips: right moment within 1 s, things that the card claims", "70 %",
                 f"{percent(np.mean([moment_within(line) for line in claimed]))} of {len(claimed)} (IoU of at least .5: {percent(np.mean([line['right'] for line in claimed]))})"))
    if graphs:
        best = max(graphs["timesRealTime"], key=lambda row: row["threads"])
        rows.append(("bundle size", "40 MiB", f"{graphs['mebibytes']:.1f} MiB"))
        rows.append(("its graphs alone on two cores", "40 times", f"{best['wall']:.0f} times real time on the clock while other work ran, {best['processor']:.0f} times by processor seconds"))
    return ["| on held-out clips, mp4 in, answers out | goal | here |", "|---|---|---|", *(f"| {name} | {goal} | {here} |" for name, goal, here in rows)]


def kinds(run: Run) -> list[str]:
    lines = ["| kind | right | of | mIoU | R@1 .5 | a random span: mIoU |", "|---|---|---|---|---|---|"]
    for family, score in run.report["right"].items():
        grounding = run.report["groundingByFamily"].get(family)
        cells = [f"{grounding['meanIou']:.2f}", percent(grounding["recallAt"]["0.5"]), f"{grounding['chance']['meanIou']:.2f}"] if grounding else ["", "", ""]
        lines.append(f"| `{family}` | {score['right']} | {score['questions']} | " + " | ".join(cells) + " |")
    return lines


def baselines(theatre: Run, nearest: dict | None) -> list[str]:
    grounding = theatre.report["grounding"]
    row = lambda name, score, absent, right: (f"| {name} | {score['meanIou']:.2f} | " + " / ".join(f"{100 * score['recallAt'][k]:.0f}" for k in ("0.3", "0.5", "0.7"))  # noqa: E731
                                              + f" % | {100 * absent['precision']:.0f} / {100 * absent['recall']:.0f} % | {percent(right)} |")
    lines = ["| | mIoU | R@1 IoU .3 / .5 / .7 | absent: precision / recall | right |", "|---|---|---|---|---|",
             row("the product", grounding, theatre.report["absent"], theatre.right / theatre.report["questions"])]
    if nearest:
        lines.append(row("(b) nearest window, a threshold, no language model", nearest, nearest["absent"], nearest["right"]))
    lines.append(f"| (c) chance | {grounding['chance']['meanIou']:.2f} | - / {100 * grounding['chance']['0.5']:.0f} / - % | - | - |")
    return lines


INT8_RUNS = (("as shipped: float16 weights, float32 arithmetic", "int8-as-shipped"), ("int8 matrix products", "int8-dynamic"),
             ("int8 matrix products and convolutions", "int8-all"))


def int8(folder: Path) -> list[str]:
    """Size, speed and distance by graph; and the same questions through the product, on the small theatre."""
    if not (folder / "int8.md").exists():
        return []
    lines = ["### int8 against what ships", "", *(folder / "int8.md").read_text(encoding="utf-8").rstrip().splitlines(), ""]
    runs = [(name, Run(folder / f"{file}.jsonl")) for name, file in INT8_RUNS if (folder / f"{file}.jsonl").exists()]
    if not runs:
        return lines
    lines += ["| the small theatre through the product | right | mIoU | R@1 .5 | absent: precision / recall | calibration error | same times and verdict |", "|---|---|---|---|---|---|---|"]
    for name, run in runs:
        report, grounding = run.report, run.report["grounding"]
        same = np.mean([times_of(a) == times_of(b) and a["verdict"] == b["verdict"] for a, b in zip(runs[0][1].asked, run.asked, strict=True)])
        lines.append(f"| {name} | {run.right} of {report['questions']} | {grounding['meanIou']:.3f} | {percent(grounding['recallAt']['0.5'])} | "
                     f"{in_place(run, 'precision')} / {in_place(run, 'recall')} | {report['expectedCalibrationError']:.3f} | {percent(same)} |")
    return lines


def times_of(line: dict) -> list[tuple[float, float]]:
    return [(span["startSeconds"], span["endSeconds"]) for span in line["spans"]]


def note_on_card(file: Path, theatre: Run, real: Run) -> None:
    """What was measured through the product, as shares, onto the bundle's card (no part of its fingerprint)."""
    manifest = json.loads(file.read_text(encoding="utf-8"))
    measured = {}
    for name, run in (("theatre", theatre), ("real", real)):
        for part, families in (("seen", ("when_seen",)), ("heard", ("when_heard",)), ("all", tuple(run.report["right"]))):
            scores = [run.report["right"][family] for family in families if family in run.report["right"]]
            if scores:
                measured[f"{name}_{part}_right"] = sum(s["right"] for s in scores) / sum(s["questions"] for s in scores)
        measured |= {f"{name}_miou": run.report["grounding"]["meanIou"], f"{name}_absent_precision": run.report["absent"]["precision"],
                     f"{name}_absent_recall": run.report["absent"]["recall"], f"{name}_calibration_error": run.report["expectedCalibrationError"]}
    manifest["card"]["metrics"] |= {key: round(value, 4) for key, value in measured.items()}
    file.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--results", type=Path, default=Path("RESULTS.md"))
    parser.add_argument("--bundle", type=Path, help="the bundle that was measured: its card is told")
    options = parser.parse_args()
    folder = options.folder
    read = lambda name: json.loads((folder / name).read_text(encoding="utf-8")) if (folder / name).exists() else None  # noqa: E731
    theatre, real = Run(folder / "theatre.jsonl"), Run(folder / "real.jsonl")
    retrieval = Run(folder / "retrieval.jsonl") if (folder / "retrieval.jsonl").exists() else None
    transfer = (folder / "transfer.txt").read_text(encoding="utf-8").strip() if (folder / "transfer.txt").exists() else "see below"
    bundle = theatre.report["bundle"]
    lines = [f"Bundle `{bundle['name']}` {bundle['version']}, fingerprint `{bundle['fingerprint'][:12]}`; {theatre.report['clips']} theatre clips, {real.report['clips']} real ones. "
             "In brackets: 95 % interval, clips drawn again.", "",
             *goals(theatre, real, retrieval, read("graphs.json"), read("pooled.json"), transfer), "",
             "### Theatre, by kind", "", *kinds(theatre), "", "### Beside baselines", "", *baselines(theatre, read("nearest.json")), "",
             "### Real clips, by kind", "",
             f"{real.right} of {real.report['questions']} right; mIoU {real.report['grounding']['meanIou']:.2f} (a random span {real.report['grounding']['chance']['meanIou']:.2f}); "
             f'"not in this clip" {in_place(real, "precision")} / {in_place(real, "recall")}; calibration error {real.report["expectedCalibrationError"]:.2f}.', "",
             *kinds(real), "", *int8(folder)]
    if options.bundle:
        note_on_card(options.bundle / "damo.json", theatre, real)
    plots = options.results.parent / "reports"
    text = options.results.read_text(encoding="utf-8")
    if BEGIN not in text:
        raise SystemExit(f"{options.results} has no marks")
    made = re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: "\n".join([BEGIN, *lines, END]), text, flags=re.S)
    options.results.write_text(made, encoding="utf-8")
    confidence = np.array([line["confidence"] for line in theatre.asked])
    plot_reliability(confidence, np.array([line["right"] for line in theatre.asked], dtype=float), plots / "reliability.png")


if __name__ == "__main__":
    main()
