"""Fused clips, made once: in stages 2 to 4 the Fuseformer rests, so a clip's FUSION queries need not be made anew each step.

On a CPU without a bank they are a good part of a step. Questions about a clip are new each time it is drawn.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..language.timeline import Timeline
from ..network.checkpoint import save_atomically
from ..network.fuseformer import Fuseformer
from ..theatre.playbill import Playbill
from .clips import fuse, gather


@dataclass
class FusedBatch:
    """Stands where a ClipBatch stands once its queries are known."""

    windows: list[int]
    timelines: list[Timeline]
    queries: Tensor  # [n, Q, D], clip after clip

    @property
    def starts(self) -> np.ndarray:
        return np.concatenate([[0], np.cumsum(self.windows)[:-1]])


class Bank:
    def __init__(self, timelines: list[Timeline], queries: list[Tensor], embedded: list[Tensor], rng: np.random.Generator):
        self.timelines, self.queries, self.embedded, self.rng = timelines, queries, embedded, rng

    def __len__(self) -> int:
        return len(self.timelines)

    def draw(self, count: int) -> FusedBatch:
        return self.pick(self.rng.integers(0, len(self.timelines), count))

    def whole(self) -> FusedBatch:
        return self.pick(range(len(self.timelines)))

    def embeddings(self) -> Tensor:
        """[n, E] of all windows, clip after clip."""
        return torch.cat(self.embedded).float()

    def pick(self, chosen) -> FusedBatch:
        return FusedBatch([self.timelines[i].windows for i in chosen], [self.timelines[i] for i in chosen],
                          torch.cat([self.queries[i].float() for i in chosen]))  # autocast joins no float16


@torch.no_grad()
def fill_bank(fuseformer: Fuseformer, bill: Playbill, clips: int, window_seconds: float, file: Path | None, batch: int = 24,
              noise: float = 0.08) -> Bank:
    """Composes and fuses `clips` clips, or reads `file` if it holds them for these very weights."""
    mark = float(sum(parameter.double().sum() for parameter in fuseformer.parameters()))
    if file and file.exists():
        state = torch.load(file, weights_only=False)
        if state["mark"] == mark and len(state["timelines"]) >= clips and "embedded" in state:
            return Bank(state["timelines"], state["queries"], state["embedded"], bill.rng)
    fuseformer.eval()
    timelines, queries, embedded, began = [], [], [], time.monotonic()
    while len(timelines) < clips:
        # float32: nothing is trained here, and what is kept serves many steps.
        part = gather(bill, [bill.compose() for _ in range(batch)], window_seconds, noise, torch.float32)
        fused, embeddings = fuse(fuseformer, part)
        queries += [piece.half() for piece in fused.float().split(part.windows)]
        embedded += [piece.half() for piece in embeddings.float().split(part.windows)]
        timelines += part.timelines
    print(f"bank: {len(timelines)} clips in {time.monotonic() - began:.0f} s", flush=True)
    if file:
        save_atomically({"timelines": timelines, "queries": queries, "embedded": embedded, "mark": mark}, file)
    return Bank(timelines, queries, embedded, bill.rng)
