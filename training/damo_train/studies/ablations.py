"""Row 15 of MODEL: the network with one part left out at a time, each trained anew with the same clips and steps.

    damo-train ablations --run RUN --data DATA --out OUT --minutes 3 --seed 1

Small networks (`damo_small`) on the run's library of encoder features, of its 32 + 16 commonest things seen and heard. --minutes is what the full network trains for (half of it stage
1, a sixth stage 2, a third stage 3); the others take as many steps. A killed run goes on where it was. OUT/ablations.md is the
table, OUT/VARIANT/*.csv are the curves.
"""

import argparse
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..config import NetworkConfig, damo_small
from ..network.checkpoint import save_atomically
from ..network.damo import Damo
from ..plots import plot_differences
from ..stages import alignment, bridging, pooled_baseline, temporal_perception
from ..stages.alignment import PhraseBook
from ..stages.batching import PromptEncoder
from ..stages.clips import fuse, gather
from . import exam as exams
from . import moments
from .small_language import small_language
from .world import World, load_modules, small_world

BATCH = 16
BANK = 480
EXAM_CLIPS, FIT_CLIPS = 100, 40
EXAM_SEED = 9000


@dataclass(frozen=True)
class Variant:
    name: str
    title: str
    fuseformer: dict = field(default_factory=dict)  # fields of FuseformerConfig
    bridge: dict = field(default_factory=dict)
    stages: tuple[int, ...] = (1, 2, 3)
    pooled: bool = False


VARIANTS = (
    Variant("full", "everything"),
    Variant("no-audio", "without audio", {"audio": False}),
    Variant("no-global-residual", "without the global residual", {"global_residual": False}),
    Variant("no-grouped-conv", "plain average instead of the grouped temporal convolution", {"grouped_conv": False}),
    Variant("no-temporal-embedding", "without temporal embeddings", {"temporal_embedding": False}),
    Variant("late-fusion", "late fusion by sum instead of multimodal attention", {"multimodal_attention": False}),
    Variant("no-query-residual", "FUSION queries start from parameters alone", {"query_residual": False}),
    Variant("linear-bridge", "linear projection instead of the Q-Former", bridge={"layers": 0}),
    Variant("pooled", "pooled frames, linear projection: no T-Fuseformer, no Q-Former (baseline a)", stages=(), pooled=True),
    Variant("no-stage-1", "without stage 1", stages=(2, 3)),
    Variant("no-stage-2", "without stage 2", stages=(1, 3)),
    Variant("no-stage-3", "without stage 3", stages=(1, 2)),
)


def config_of(variant: Variant, base: NetworkConfig) -> NetworkConfig:
    return replace(base, fuseformer=replace(base.fuseformer, **variant.fuseformer), bridge=replace(base.bridge, **variant.bridge))


class Ablations:
    def __init__(self, world: World, base: NetworkConfig, language: Path, out: Path, minutes: float, steps: tuple[int, int, int] | None,
                 seed: int, exam_clips: int = EXAM_CLIPS, fit_clips: int = FIT_CLIPS):
        self.world, self.base, self.language, self.out, self.seed = world, base, language, out, seed
        self.minutes, self.steps = minutes, steps
        self.encoder = PromptEncoder(world.tokenizer)
        self.phrases = PhraseBook(world.things, world.tokenizer, 0).draw(0.0)
        seconds = base.clock.window_seconds
        self.exam = exams.write_exam(world.bills(EXAM_SEED)[1], world.things, exam_clips, seconds)
        bill = world.bills(EXAM_SEED + 1)[1]
        self.fit_batch = gather(bill, [bill.compose() for _ in range(fit_clips)], seconds, 0.0, torch.float32)

    def make(self, variant: Variant):
        network, head, soft_words = self.world.network(config_of(variant, self.base), self.seed)
        state = torch.load(self.language / "language.pt", map_location="cpu", weights_only=False)
        network.language_model.load_state_dict(state["model"])
        soft_words.load_state_dict({"roles": state["soft_words"]["roles"]})
        return network, head, soft_words

    def budget(self, stage: int) -> dict:
        """Steps of the full network, once it has run: the others get those."""
        done = self.out / "full" / f"stage{stage}.pt"
        if self.steps:
            return {"minutes": 0, "steps": self.steps[stage - 1]}
        if done.exists():
            state = torch.load(done, map_location="cpu", weights_only=False)
            if state["done"]:
                return {"minutes": 0, "steps": state["step"]}
        return {"minutes": self.minutes * (0.5, 1 / 6, 1 / 3)[stage - 1], "steps": None}

    def folder(self, variant: Variant, stage: int) -> Path:
        """Where a stage's checkpoint is: parts behind the Fuseformer share its stage 1."""
        own = bool(variant.fuseformer) or stage > 1
        return self.out / (variant.name if own else "full")

    def train(self, variant: Variant, stage: int) -> None:
        out = self.folder(variant, stage)
        if self.finished(out / f"stage{stage}.pt"):
            return
        network, head, soft_words = self.make(variant)
        for earlier in (1, 2):
            if earlier < stage and earlier in variant.stages:
                self.load(variant, network, head, earlier)
        bill, held_out = self.world.bills(self.seed + stage)
        common = dict(out=out, seed=self.seed, batch_size=BATCH, **self.budget(stage))
        things, tokenizer = self.world.things, self.world.tokenizer
        if stage == 1:
            alignment.run(network, head, things, tokenizer, bill, held_out, **common)
        elif stage == 2:
            bridging.run(network, head, soft_words, things, tokenizer, bill, held_out, bank_clips=BANK, **common)
        else:
            temporal_perception.run(network, head, soft_words, things, tokenizer, bill, held_out, bank_clips=BANK, **common)

    def load(self, variant: Variant, network: Damo, head, stage: int) -> None:
        file = self.folder(variant, stage) / f"stage{stage}.pt"
        if stage == 1:
            load_modules(file, fuseformer=network.fuseformer, text=network.text, head=head)
        elif stage == 2:
            load_modules(file, bridge=network.bridge)
        else:
            network.language_model.add_lora()
            load_modules(file, bridge=network.bridge, language_model=network.language_model)

    @staticmethod
    def finished(file: Path) -> bool:
        return file.exists() and torch.load(file, map_location="cpu", weights_only=False)["done"]

    def see(self, variant: Variant, switched_off: bool = False) -> dict:
        """Stage 1 alone: figures, and IoU by (clip, thing) for pairing. switched_off: the full network's weights without the part."""
        network, head, _ = self.make(variant)
        self.load(VARIANTS[0] if switched_off else variant, network, head, 1)
        threshold, margin = moments.fit(moments.look(network, head, self.fit_batch, self.world.things, self.phrases))
        sight = moments.look(network, head, self.exam.batch, self.world.things, self.phrases)
        clips, _, iou = moments.ious(sight, threshold, margin)
        return {"figures": moments.figures(sight, self.world.things, threshold, margin), "clips": clips, "iou": iou}

    @torch.no_grad()
    def bridged(self, variant: Variant, network: Damo) -> Tensor:
        return network.bridge(fuse(network.fuseformer.eval(), self.exam.batch)[0])

    def train_pooled(self, variant: Variant) -> tuple[Damo, Tensor]:
        """As many clips as the three stages see together."""
        network, _, soft_words = self.make(variant)
        bill, held_out = self.world.bills(self.seed + 1)
        steps = sum(self.budget(stage)["steps"] for stage in (1, 2, 3))
        pooled_baseline.run(network, soft_words, self.world.things, self.world.tokenizer, bill, held_out, self.out / variant.name, 0, steps,
                            self.seed, BATCH)
        f = self.base.fuseformer
        projection = pooled_baseline.PooledProjection(f.vision_channels, f.audio_channels, self.base.language_model.channels)
        load_modules(self.out / variant.name / "pooled.pt", language_model=network.language_model, projection=projection)
        with torch.no_grad():
            return network, projection(self.exam.batch)

    def answer(self, variant: Variant) -> list[exams.Mark]:
        if variant.pooled:
            network, bridged = self.train_pooled(variant)
        else:
            network, head, _ = self.make(variant)
            for stage in variant.stages:
                if stage > 1:
                    self.train(variant, stage)
                self.load(variant, network, head, stage)
            bridged = self.bridged(variant, network)
        return exams.sit(self.exam, network.language_model, self.encoder, bridged)

    def results(self) -> dict[str, dict]:
        return {variant.name: {kind: torch.load(file, weights_only=False) for kind in ("off", "sight", "marks")
                               if (file := self.out / variant.name / f"{kind}.pt").exists()} for variant in VARIANTS}

    def run(self, names: Iterable[str], see_only: bool = False) -> dict[str, dict]:
        """Stage 1 of every variant first (it needs no language model), then the answers; each result is kept."""
        chosen = [variant for variant in VARIANTS if variant.name in names]
        if not self.finished(self.out / "full" / "stage1.pt"):
            self.train(VARIANTS[0], 1)
        for variant in chosen:
            file = self.out / variant.name / "off.pt"
            if variant.fuseformer and not file.exists():
                save_atomically(self.see(variant, switched_off=True), file)
        for variant in chosen:
            file = self.out / variant.name / "sight.pt"
            if (variant.fuseformer or variant.name == "full") and not file.exists():
                self.train(variant, 1)
                save_atomically(self.see(variant), file)
                self.write()
        for variant in chosen:
            file = self.out / variant.name / "marks.pt"
            if not see_only and not file.exists():
                save_atomically(self.answer(variant), file)
                self.write()
        return self.results()

    def write(self) -> None:
        results = self.results()
        if all("marks" in results[name] for name in ("full", "pooled")):
            damo, pooled = (exams.figures(results[name]["marks"])["miou"] for name in ("full", "pooled"))
            where = f"small networks from scratch, {sum(self.budget(s)['steps'] for s in (1, 2, 3))} steps each, clips of up to 16 s in feature space"
            (self.out / "pooled.json").write_text(json.dumps({"damo": damo, "pooled": pooled, "ratio": damo / max(1e-9, pooled), "where": where}))
        for kind, what in (("off", "switched off"), ("sight", "trained without")):  # the second, once it is there
            full = results["full"].get("sight")
            away = [(variant.title, *exams.bootstrap(own[kind]["clips"], own[kind]["iou"], full["iou"]))
                    for variant in VARIANTS if variant.name != "full" and full and kind in (own := results[variant.name])]
            if away:
                plot_differences(away, f"change of moments mIoU, {what}", self.out / "ablations.png")
        (self.out / "ablations.md").write_text(table(results), encoding="utf-8")
        print((self.out / "ablations.md").read_text(encoding="utf-8"), flush=True)


def with_interval(value: float, away: tuple[float, float, float] | None) -> str:
    if away is None:
        return f"{value:.3f}"
    mean, low, high = away
    return f"{value:.3f} ({mean:+.3f}: {low:+.3f} to {high:+.3f})"


def table(results: dict[str, dict]) -> str:
    """Markdown. In brackets: away from the full network, with the 95 % interval over clips (paired)."""
    full = results["full"]
    lines = ["| left out | switched off after stage 1: moments mIoU | trained without: moments mIoU | AP seen | AP heard | R@1 of clips | answers: mIoU | right |", "|---|---|---|---|---|---|---|---|"]
    for variant in VARIANTS:
        own = results[variant.name]
        if not own:
            continue
        cells = [variant.title, ""]
        if "off" in own and "sight" in full:
            away = exams.bootstrap(own["off"]["clips"], own["off"]["iou"], full["sight"]["iou"])
            cells[1] = with_interval(own["off"]["figures"]["miou"], away)
        if "sight" in own:
            away = None if own is full else exams.bootstrap(own["sight"]["clips"], own["sight"]["iou"], full["sight"]["iou"])
            made = own["sight"]["figures"]
            cells += [with_interval(made["miou"], away), *(f"{made[key]:.3f}" for key in ("ap_seen", "ap_heard", "r1"))]
        else:
            cells += ["not run" if variant.fuseformer else "as above" if 1 in variant.stages else "-", "", "", ""]
        if "marks" in own:
            made = exams.figures(own["marks"])
            for key, value, pick in (("miou", lambda m: m.iou, lambda m: not m.absent and m.family != "order"),
                                     ("right", lambda m: float(m.right), lambda m: True)):
                away = None if own is full or "marks" not in full else exams.compare([own["marks"]], [full["marks"]], value, pick)
                cells.append(with_interval(made[key], away))
        else:
            cells += ["not run", ""]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="damo-train ablations", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="run folder whose library is used")
    parser.add_argument("--data", type=Path, default=Path("../../shared/training-data"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--steps", type=int, nargs=3, help="of stages 1, 2 and 3, instead of minutes")
    parser.add_argument("--language-steps", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[variant.name for variant in VARIANTS])
    parser.add_argument("--see-only", action="store_true", help="stage 1 alone: no answers")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    base = damo_small()
    language, things, tokenizer = small_language(options.out, options.data, base, "t3", seed=1, steps=options.language_steps)
    world = small_world(options.run, things, tokenizer)
    study = Ablations(world, base, language, options.out, options.minutes, tuple(options.steps) if options.steps else None, options.seed)
    results = study.run(options.only, options.see_only)
    print(json.dumps({name: {"sight": own["sight"]["figures"] if "sight" in own else None,
                             "answers": exams.figures(own["marks"]) if "marks" in own else None} for name, own in results.items()},
                     default=lambda value: float(np.asarray(value))))


if __name__ == "__main__":
    main()
