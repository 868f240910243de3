"""Row 16 of MODEL, T3 (arXiv 2410.06166): does temporal reasoning learned from text alone carry over to clips?

    damo-train transfer --run RUN --data DATA --out OUT --seeds 1 2 3

Three language models: one pretrained on captions alone; one on captions and T3's textual tasks (timelines in soft words,
stages/language.py; of its steps every sixth is of captions); and, as a control, one on the same texts with every dialogue about
another timeline than the one shown: it learns how answers are written, not how a timeline is read. Behind both: the same Fuseformer (the full network's stage 1 of studies/ablations.py, OUT/full), then stages
2 and 3 anew for each seed with the same clips and steps. Control tokens learn in stage 3 in all arms, or a language model that
never met `<w0>` or `<absent>` would be judged by that alone. All sit the same exam of held-out clips (greedy answers) and a
probing set of text: held-out timelines handed over as exact soft words, before any clip is met. OUT/transfer.md is the table.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from ..config import NetworkConfig, damo_small
from ..language.questions import QuestionWriter
from ..language.soft_words import slot_entries
from ..language.timeline import SLOTS_PER_WINDOW, random_timeline
from ..network.checkpoint import save_atomically
from ..stages import bridging, temporal_perception
from ..stages.bank import FusedBatch
from ..stages.batching import PromptEncoder
from ..stages.clips import fuse
from . import exam as exams
from .ablations import BANK, BATCH, EXAM_CLIPS, EXAM_SEED
from .small_language import ARMS, small_language
from .world import World, load_modules, small_world

PROBES = 120


@dataclass
class Transfer:
    world: World
    base: NetworkConfig
    languages: dict[str, Path]  # arm -> folder
    stage1: Path
    out: Path
    steps: tuple[int, int]  # of stages 2 and 3

    def __post_init__(self) -> None:
        self.encoder = PromptEncoder(self.world.tokenizer)
        seconds = self.base.clock.window_seconds
        self.exam = exams.write_exam(self.world.bills(EXAM_SEED)[1], self.world.things, EXAM_CLIPS, seconds)

    def make(self, arm: str, seed: int):
        base = replace(self.base, language_model=replace(self.base.language_model, tune_controls=True))
        network, head, soft_words = self.world.network(base, seed)
        load_modules(self.stage1, fuseformer=network.fuseformer, text=network.text, head=head)
        state = torch.load(self.languages[arm] / "language.pt", map_location="cpu", weights_only=False)
        network.language_model.load_state_dict(state["model"])
        soft_words.load_state_dict({"roles": state["soft_words"]["roles"]})
        return network, head, soft_words

    def run(self, arm: str, seed: int) -> list[exams.Mark]:
        out = self.out / f"transfer-{arm}-{seed}"
        file = out / "marks.pt"
        if file.exists():
            return torch.load(file, weights_only=False)
        network, head, soft_words = self.make(arm, seed)
        things, tokenizer = self.world.things, self.world.tokenizer
        for stage, steps in zip((2, 3), self.steps, strict=True):
            bill, held_out = self.world.bills(seed + stage)
            common = dict(out=out, minutes=0, steps=steps, seed=seed, batch_size=BATCH, bank_clips=BANK)
            if stage == 2:
                bridging.run(network, head, soft_words, things, tokenizer, bill, held_out, **common)
            else:
                temporal_perception.run(network, head, soft_words, things, tokenizer, bill, held_out, **common)
        with torch.no_grad():
            bridged = network.bridge.eval()(fuse(network.fuseformer.eval(), self.exam.batch)[0])
        marks = exams.sit(self.exam, network.language_model, self.encoder, bridged)
        save_atomically(marks, file)
        return marks

    @torch.no_grad()
    def probe(self, arm: str) -> list[exams.Mark]:
        """Text alone: exact soft words of timelines that no clip is behind."""
        network, _, soft_words = self.make(arm, 0)
        rng = np.random.default_rng(EXAM_SEED)
        writer, timelines, turns = QuestionWriter(self.world.things, rng), [], []
        while len(timelines) < PROBES:
            timeline = random_timeline(rng, self.world.things, max_windows=2)
            asked = {turn.question: turn for turn in (getattr(writer, family)(timeline) for family in exams.ASKED)}
            timelines.append(timeline), turns.append(list(asked.values()))
        batch = FusedBatch([timeline.windows for timeline in timelines], timelines, torch.zeros(0))
        entries = [(start * SLOTS_PER_WINDOW + slot, thing, role) for timeline, start in zip(timelines, batch.starts, strict=True)
                   for slot, thing, role in slot_entries(timeline, self.world.things)]
        rows, things, roles = torch.tensor(entries).T
        made = soft_words(network.language_model.embedding, rows, things, roles, torch.ones(len(rows)), sum(batch.windows) * SLOTS_PER_WINDOW)
        return exams.sit(exams.Exam(batch, turns), network.language_model, self.encoder, made.unflatten(0, (-1, SLOTS_PER_WINDOW)))


def gain(clips: dict[str, list[list[exams.Mark]]], over: str, families: tuple[str, ...]) -> tuple[float, float, float]:
    return exams.compare(clips["t3"], clips[over], lambda m: float(m.right), lambda m: m.family in families and not m.absent)


def report(clips: dict[str, list[list[exams.Mark]]], probes: dict[str, list[exams.Mark]]) -> str:
    """clips[arm]: marks of every seed; all arms hold the same seeds."""
    groups = {"order": exams.ORDER, "grounding": exams.GROUNDING, "order and grounding": exams.ORDER + exams.GROUNDING}
    lines = ["| language model pretrained on | " + " | ".join(f"{name}: right" for name in groups) + " | mIoU | all right | text probe: order / grounding |",
             "|---|" + "---|" * (len(groups) + 3)]
    for arm, title in ((arm, title) for arm, title in ARMS.items() if arm in clips):
        cells = [title]
        for families in groups.values():
            shares = [np.mean([m.right for m in run if m.family in families and not m.absent]) for run in clips[arm]]
            cells.append(f"{np.mean(shares):.3f} ({', '.join(f'{share:.3f}' for share in shares)})")
        made = [exams.figures(run) for run in clips[arm]]
        probed = exams.figures(probes[arm])
        cells += [f"{np.mean([f['miou'] for f in made]):.3f}", f"{np.mean([f['right'] for f in made]):.3f}",
                  f"{probed['order']:.2f} / {probed['grounding']:.2f}"]
        lines.append("| " + " | ".join(cells) + " |")
    for over in [arm for arm in clips if arm != "t3"]:
        gains = [f"{mean:+.3f} ({low:+.3f} to {high:+.3f})" for mean, low, high in (gain(clips, over, families) for families in groups.values())]
        mean, low, high = exams.compare(clips["t3"], clips[over], lambda m: m.iou, lambda m: not m.absent and m.family != "order")
        lines.append(f"| **gain of T3** over {ARMS[over]} | " + " | ".join(gains) + f" | {mean:+.3f} ({low:+.3f} to {high:+.3f}) | | |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="damo-train transfer", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="run folder whose library is used")
    parser.add_argument("--data", type=Path, default=Path("../../shared/training-data"))
    parser.add_argument("--out", type=Path, required=True, help="the --out of `damo-train ablations`")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--steps", type=int, nargs=2, default=[80, 160], help="of stages 2 and 3")
    parser.add_argument("--language-steps", type=int, default=600, help="of the arm with T3")
    parser.add_argument("--caption-steps", type=int, default=400, help="of the others, which have less to learn")
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS), help="t3 and what it is compared with")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    base, languages = damo_small(), {}
    for arm in options.arms:
        steps = options.language_steps if arm == "t3" else options.caption_steps
        languages[arm], things, tokenizer = small_language(options.out, options.data, base, arm, 1, steps)
    world = small_world(options.run, things, tokenizer)
    study = Transfer(world, base, languages, options.out / "full" / "stage1.pt", options.out, tuple(options.steps))
    probes, clips = {arm: study.probe(arm) for arm in options.arms}, {arm: [] for arm in options.arms}
    for seed in options.seeds:
        for arm in options.arms:
            clips[arm].append(study.run(arm, seed))
        over = "form" if "form" in clips else "captions"
        mean, low, high = gain(clips, over, exams.ORDER + exams.GROUNDING)
        (options.out / "transfer.txt").write_text(
            f"{100 * mean:+.1f} points right over {ARMS[over]}, {100 * low:+.1f} to {100 * high:+.1f} (seeds: {len(clips['t3'])}; small networks)", encoding="utf-8")
        (options.out / "transfer.md").write_text(report(clips, probes), encoding="utf-8")
        print((options.out / "transfer.md").read_text(encoding="utf-8"), flush=True)


if __name__ == "__main__":
    main()
