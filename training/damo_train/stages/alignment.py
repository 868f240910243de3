"""Stage 1, video-text alignment (MODEL row 10): fused queries and words meet in one space.

Two sigmoid (SigLIP-style) contrastive terms over all things we have words for, each written now as a bare phrase, now as a
question: window embedding against phrase (is it anywhere in the window? this is what retrieval uses), and FUSION query
against phrase (is it there in this half second? the matching term).
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from ..language.questions import QuestionWriter
from ..language.things import Thing
from ..language.timeline import SLOTS_PER_WINDOW
from ..language.tokenizer import encode_text
from ..network.damo import Damo
from ..theatre.playbill import Playbill
from .clips import ClipBatch, fuse, gather, knowable, presence
from .trainer import run_stage


class AlignmentHead(nn.Module):
    """Training only: where a single FUSION query looks in the shared space, and the two temperatures."""

    def __init__(self, channels: int, embedding: int):
        super().__init__()
        self.query = nn.Linear(channels, 2 * embedding)
        self.text = nn.Linear(embedding, 2 * embedding)
        self.query_scale = nn.Parameter(torch.tensor(2.5))
        self.query_bias = nn.Parameter(torch.tensor(-6.0))
        self.window_scale = nn.Parameter(torch.tensor(2.5))
        self.window_bias = nn.Parameter(torch.tensor(-6.0))


class PhraseBook:
    """A text for every thing, drawn anew each step."""

    def __init__(self, things: list[Thing], tokenizer: Tokenizer, seed: int):
        self.things, self.tokenizer = things, tokenizer
        self.writer = QuestionWriter(things, np.random.default_rng(seed))
        self._cache: dict[str, list[int]] = {}

    def encode(self, text: str) -> list[int]:
        if text not in self._cache:
            self._cache[text] = encode_text(self.tokenizer, text)
        return self._cache[text]

    def draw(self, questions: float = 0.5) -> tuple[Tensor, Tensor]:
        rng = self.writer.rng
        rows = []
        for thing in self.things:
            if rng.random() >= questions:
                rows.append(self.encode(thing.phrase))
            elif thing.heard:
                rows.append(self.encode(self.writer.heard_question(thing)))
            else:
                rows.append(self.encode(self.writer.seen_question(thing.name)))
        width = max(map(len, rows))
        tokens = np.zeros((len(rows), width), np.int64)
        mask = np.zeros((len(rows), width), np.float32)
        for index, row in enumerate(rows):
            tokens[index, : len(row)], mask[index, : len(row)] = row, 1
        return torch.from_numpy(tokens), torch.from_numpy(mask)


def alignment_terms(network: Damo, head: AlignmentHead, batch: ClipBatch, queries: Tensor, embeddings: Tensor, phrases,
                    things: list[Thing]) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    texts = network.text(*phrases)  # [things, E]
    there = presence(batch, things)
    inside = knowable(batch)
    flat = F.normalize(head.query(queries.flatten(0, 1)), dim=-1)
    words = F.normalize(head.text(texts), dim=-1)
    logits = (flat @ words.T).float() * head.query_scale.exp() + head.query_bias
    per_query = F.binary_cross_entropy_with_logits(logits, there, reduction="none", pos_weight=torch.tensor(4.0))
    query_term = (per_query.sum(1) * inside).sum() / inside.sum()
    in_window = there.view(-1, SLOTS_PER_WINDOW, there.shape[1]).amax(1)
    window_logits = (embeddings @ texts.T).float() * head.window_scale.exp() + head.window_bias
    window_term = F.binary_cross_entropy_with_logits(window_logits, in_window, reduction="none",
                                                     pos_weight=torch.tensor(4.0)).sum(1).mean()
    return {"query": query_term, "window": 0.5 * window_term}, logits, window_logits


@torch.no_grad()
def alignment_metrics(network: Damo, head: AlignmentHead, plays, bill: Playbill, phrases, things) -> dict[str, float]:
    batch = gather(bill, plays, network.config.clock.window_seconds, 0.0)
    queries, embeddings = fuse(network.fuseformer, batch)
    terms, logits, window_logits = alignment_terms(network, head, batch, queries, embeddings, phrases, things)
    there = presence(batch, things).bool()
    found = logits > 0
    hits = (found & there).sum().item()
    heard = torch.tensor([thing.heard for thing in things])
    f1 = {}
    for name, part in (("seen", ~heard), ("heard", heard)):
        true = (found & there)[:, part].sum().item()
        f1[f"{name}_f1"] = 2 * true / max(1, found[:, part].sum().item() + there[:, part].sum().item())
    in_window = there.view(-1, SLOTS_PER_WINDOW, there.shape[1]).any(1)
    best = window_logits.argmax(1)
    right = in_window[torch.arange(len(best)), best]
    anything = in_window.any(1)
    return {"held_out_query": terms["query"].item(), "recall": hits / max(1, there.sum().item()), **f1,
            "window_top1": right[anything].float().mean().item()}


def run(network: Damo, head: AlignmentHead, things: list[Thing], tokenizer: Tokenizer, bill: Playbill, held_out: Playbill,
        out: Path, minutes: float, steps: int | None, seed: int, batch_size: int = 32, learning_rate: float = 1.5e-3,
        rest_steps: int = 0) -> dict:
    """rest_steps: after a warm start the head is new, and the Fuseformer rests until it has found its way."""
    torch.manual_seed(seed)
    book = PhraseBook(things, tokenizer, seed)
    window_seconds = network.config.clock.window_seconds
    plays = [held_out.compose() for _ in range(64)]
    phrases = book.draw(0.0)
    trained = [*network.fuseformer.parameters(), *network.text.parameters(), *head.parameters()]

    def loss(step: int) -> dict[str, Tensor]:
        # one or two windows: more different clips for the same work; the forward state is met in both
        batch = gather(bill, [bill.compose(1 + step % 2) for _ in range(batch_size)], window_seconds, 0.08)
        with torch.set_grad_enabled(step >= rest_steps):
            queries, embeddings = fuse(network.fuseformer, batch)
        terms, _, _ = alignment_terms(network, head, batch, queries, embeddings, book.draw(), things)
        return terms

    return run_stage("stage1", out, [(trained, learning_rate)],
                     {"fuseformer": network.fuseformer, "text": network.text, "head": head}, loss,
                     lambda: alignment_metrics(network, head, plays, held_out, phrases, things), minutes, steps)
