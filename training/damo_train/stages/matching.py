"""The end of stage 1 (MODEL row 10): which half second matches which phrase, learned while everything else rests.

The stages before teach the Fuseformer with the same labels, but weigh what is there four times, which makes it find things and
spoils its chances. Here a small head learns chances from queries that are as good as final: it takes a minute, and tells
when a thing is there better than the language model does (../RESULTS.md). Queries are mixed and moved, because those of
the training items are clearer than any that the head will meet (`clips.doubt` says why).
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from ..language.things import Thing
from ..language.timeline import SLOTS_PER_WINDOW
from ..network.damo import Damo
from ..theatre.playbill import Playbill
from .alignment import PhraseBook
from .bank import Bank, fill_bank
from .clips import knowable, presence
from .trainer import run_stage

WINDOWS_A_STEP = 64
MIXED = 0.3  # at most so much of another window's queries


def disturb(queries: Tensor, embeddings: Tensor, deviation: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """queries [n, Q, D], embeddings [n, E]: each window has another one mixed in and is moved as a whole."""
    count = len(queries)
    share = torch.from_numpy(rng.uniform(0, MIXED, count).astype(np.float32))
    other = torch.from_numpy(rng.permutation(count))
    queries = queries.lerp(queries[other], share.view(-1, 1, 1))
    size = torch.from_numpy(rng.uniform(0, 2 * MIXED, count).astype(np.float32)).view(-1, 1, 1)
    queries = queries + size * deviation * torch.randn(count, 1, queries.shape[-1])
    return queries, F.normalize(embeddings.lerp(embeddings[other], share.view(-1, 1)), dim=-1)


@torch.no_grad()
def grounding(logits: Tensor, there: Tensor, inside: Tensor, windows: list[int]) -> dict[str, float]:
    """How well half seconds above half of a thing's highest chance cover it: mean IoU, and chance of IoU >= 0.5.

    logits [n, T, Q], there [n, Q, T], inside [n, Q]: of things that are there, clip by clip.
    """
    chances = torch.sigmoid(logits).transpose(1, 2) * inside.unsqueeze(-1)
    found = []
    for first, count in zip(np.concatenate([[0], np.cumsum(windows)[:-1]]), windows, strict=True):
        chance = chances[first : first + count].flatten(0, 1)
        truth = there[first : first + count].flatten(0, 1).bool()
        told = chance >= 0.4 * chance.amax(0)
        overlap = (told & truth).sum(0) / (told | truth).sum(0).clamp(min=1)
        found.append(overlap[truth.any(0)])
    overlaps = torch.cat(found)
    return {"miou": overlaps.mean().item(), "iou_half": (overlaps >= 0.5).float().mean().item()}


def by_windows(bank: Bank, things: list[Thing]) -> dict[str, Tensor]:
    """All windows of a bank in one row: queries, embeddings, what is there [n, Q, T], which half seconds are in the clip."""
    batch = bank.whole()
    there = presence(batch, things).view(-1, SLOTS_PER_WINDOW, len(things))
    return {"queries": batch.queries, "embeddings": bank.embeddings(), "there": there.to(torch.bool),
            "inside": knowable(batch).view(-1, SLOTS_PER_WINDOW)}


def run(network: Damo, things: list[Thing], tokenizer: Tokenizer, bill: Playbill, held_out: Playbill, out: Path, minutes: float,
        steps: int | None, seed: int, bank_clips: int = 1440, learning_rate: float = 2e-3) -> dict:
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    window_seconds = network.config.clock.window_seconds
    taught_bank = fill_bank(network.fuseformer, bill, bank_clips, window_seconds, out / "bank.pt")
    exam_bank = fill_bank(network.fuseformer, held_out, max(8, bank_clips // 6), window_seconds, None, noise=0.0)
    taught, exam = by_windows(taught_bank, things), by_windows(exam_bank, things)
    exam_windows = [timeline.windows for timeline in exam_bank.timelines]
    deviation = taught["queries"].flatten(0, 1).std(0)
    book = PhraseBook(things, tokenizer, seed)
    with torch.no_grad():
        network.eval()
        # Bare phrases: they are what is asked for once a question has been read (core/question/).
        texts = network.text(*book.draw(0.0))

    def loss(step: int) -> dict[str, Tensor]:
        rows = torch.from_numpy(rng.integers(0, len(taught["queries"]), WINDOWS_A_STEP))
        queries, embeddings = disturb(taught["queries"][rows], taught["embeddings"][rows], deviation, rng)
        # A fifth of the channels is hidden: no thing may hang on a few of them.
        logits = network.matching(F.dropout(queries, 0.2), embeddings, texts).transpose(1, 2)
        each = F.binary_cross_entropy_with_logits(logits, taught["there"][rows].float(), reduction="none").sum(2)
        inside = taught["inside"][rows]
        return {"match": (each * inside).sum() / inside.sum()}

    def evaluate() -> dict[str, float]:
        logits = network.matching(exam["queries"], exam["embeddings"], texts)
        each = F.binary_cross_entropy_with_logits(logits.transpose(1, 2), exam["there"].float(), reduction="none").sum(2)
        parts = {"": torch.ones(len(things), dtype=torch.bool), "heard_": torch.tensor([thing.heard for thing in things])}
        parts["seen_"] = ~parts["heard_"]
        measured = {f"{name}{key}": value for name, part in parts.items() if part.any()
                    for key, value in grounding(logits[:, part], exam["there"][:, :, part], exam["inside"], exam_windows).items()}
        return {"held_out_match": ((each * exam["inside"]).sum() / exam["inside"].sum()).item(), **measured}

    return run_stage("matching", out, [([*network.matching.parameters()], learning_rate)], {"matching": network.matching},
                     loss, evaluate, minutes, steps)
