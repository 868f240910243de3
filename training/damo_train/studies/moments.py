"""What stage 1 alone knows, without a language model: each FUSION query names what is there in its half second.

A thing's moments are the half seconds whose logit is above a threshold, or at least near its own best one; both numbers are fitted
on other held-out clips. Retrieval asks for every thing of the exam's clips which clip shows it (window embeddings, best window).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..language.things import Thing
from ..language.timeline import SLOTS_PER_WINDOW
from ..network.damo import Damo
from ..stages.alignment import AlignmentHead, alignment_terms
from ..stages.clips import ClipBatch, fuse, presence


@dataclass
class Sight:
    """Of one set of clips: logits and truth by clip, [slots, things]; similarity of every clip to every thing."""

    logits: list[np.ndarray]
    there: list[np.ndarray]
    near: np.ndarray  # [clips, things]


@torch.no_grad()
def look(network: Damo, head: AlignmentHead, batch: ClipBatch, things: list[Thing], phrases: tuple[Tensor, Tensor]) -> Sight:
    network.eval()
    queries, embeddings = fuse(network.fuseformer, batch)
    _, logits, window_logits = alignment_terms(network, head, batch, queries, embeddings, phrases, things)
    there, logits, near = presence(batch, things).numpy(), logits.numpy(), window_logits.numpy()
    sight = Sight([], [], np.stack([near[s : s + w].max(0) for s, w in zip(batch.starts, batch.windows, strict=True)]))
    for timeline, start in zip(batch.timelines, batch.starts, strict=True):
        rows = slice(start * SLOTS_PER_WINDOW, start * SLOTS_PER_WINDOW + timeline.slots)
        sight.logits.append(logits[rows]), sight.there.append(there[rows] > 0)
    return sight


def ious(sight: Sight, threshold: float, margin: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(clip, thing, IoU) of everything that is there."""
    rows = []
    for clip, (logits, there) in enumerate(zip(sight.logits, sight.there, strict=True)):
        found = (logits >= threshold) | (logits >= logits.max(0, keepdims=True) - margin)
        for thing in np.flatnonzero(there.any(0)):
            a, b = found[:, thing], there[:, thing]
            rows.append((clip, thing, (a & b).sum() / (a | b).sum()))
    table = np.array(rows)
    return table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2]


def fit(sight: Sight) -> tuple[float, float]:
    every = np.concatenate([part.ravel() for part in sight.logits])
    tries = [(float(t), m) for t in np.quantile(every, (0.97, 0.99, 0.995, 0.999, 1.0)) for m in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)]
    return max(tries, key=lambda pair: ious(sight, *pair)[2].mean())


def average_precision(scores: np.ndarray, truth: np.ndarray) -> float:
    ranked = truth[np.argsort(-scores)]
    hits = np.cumsum(ranked)
    return float((hits / np.arange(1, len(ranked) + 1))[ranked].mean()) if ranked.any() else 0.0


def retrieval(sight: Sight) -> dict[str, float]:
    """Share of the things that are in some clip whose best / five best clips show them."""
    shown = np.stack([there.any(0) for there in sight.there])
    asked = np.flatnonzero(shown.any(0))
    order = np.argsort(-sight.near[:, asked], axis=0)
    hit = np.take_along_axis(shown[:, asked], order, axis=0)
    return {"r1": float(hit[0].mean()), "r5": float(hit[:5].any(0).mean()), "chance_r1": float(shown[:, asked].mean())}


def figures(sight: Sight, things: list[Thing], threshold: float, margin: float) -> dict[str, float]:
    logits, there = np.concatenate(sight.logits), np.concatenate(sight.there)
    heard = np.array([thing.heard for thing in things])
    _, which, iou = ious(sight, threshold, margin)
    return {"miou": float(iou.mean()), "miou_seen": float(iou[~heard[which]].mean()), "miou_heard": float(iou[heard[which]].mean()),
            "ap_seen": average_precision(logits[:, ~heard].ravel(), there[:, ~heard].ravel()),
            "ap_heard": average_precision(logits[:, heard].ravel(), there[:, heard].ravel()), **retrieval(sight)}
