"""Soft words: half a second of a timeline as one vector in the language model's embedding space.

T3 (arXiv 2410.06166) trains temporal reasoning on text made from captions. We take the text one step closer to what the
Q-Former will hand over: a half second is the sum of the word embeddings of what is there, each passed through the matrix
of its role (seen or heard; going on, beginning, ending). The language model learns order, duration and grounding on
such text-only timelines; stage 2 then only has to teach the bridge to write soft words.

    soft[slot] = embedding(<tJ>) + sum over active x of  weight(x) * mean word embedding(x) @ role[seen|heard, on|begin|end]

with J the slot's place in its window, so that a time can be read off the place where a word was found.
"""

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from .things import Thing
from .timeline import SLOTS_PER_WINDOW, Timeline
from .tokenizer import encode_text

ROLES = 6  # seen: on, begin, end; heard: on, begin, end


def slot_entries(timeline: Timeline, things: list[Thing]) -> list[tuple[int, int, int]]:
    """(slot, thing, role) for every active half second."""
    entries = []
    for event in timeline.events:
        first_role = 3 if things[event.thing].heard else 0
        entries += [(slot, event.thing, first_role) for slot in range(event.start, event.end)]
        entries.append((event.start, event.thing, first_role + 1))
        entries.append((event.end - 1, event.thing, first_role + 2))
    return entries


class SoftWords(nn.Module):
    """Training only: the exported bundle does not hold it."""

    def __init__(self, things: list[Thing], tokenizer: Tokenizer, channels: int):
        super().__init__()
        ids = [encode_text(tokenizer, thing.name) for thing in things]
        width = max(map(len, ids))
        self.register_buffer("word_ids", torch.tensor([row + [0] * (width - len(row)) for row in ids]), False)
        self.register_buffer("word_mask", torch.tensor([[1.0] * len(row) + [0.0] * (width - len(row)) for row in ids]), False)
        self.register_buffer("clock_ids", torch.tensor([tokenizer.token_to_id(f"<t{j}>") for j in range(SLOTS_PER_WINDOW)]), False)
        generator = torch.Generator().manual_seed(0)
        roles = torch.randn(ROLES, channels, channels, generator=generator) * (0.5 * channels**-0.5)
        self.roles = nn.Parameter(torch.eye(channels).expand(ROLES, -1, -1).clone() * 0.7 + roles)

    def thing_vectors(self, embedding: nn.Embedding) -> Tensor:
        """[things, H]: mean word embedding of each thing."""
        words = embedding(self.word_ids) * self.word_mask.unsqueeze(-1)
        return words.sum(1) / self.word_mask.sum(1, keepdim=True)

    def clock(self, embedding: nn.Embedding, slots: int) -> Tensor:
        """[slots, H]: what a half second says when nothing is there."""
        return embedding(self.clock_ids).repeat(slots // SLOTS_PER_WINDOW, 1)

    def forward(self, embedding: nn.Embedding, rows: Tensor, things: Tensor, roles: Tensor, weights: Tensor, slots: int):
        """rows, things, roles, weights [N]: entry n adds thing n in role n to row n. Returns [slots, H]."""
        table = torch.einsum("xh,rhk->rxk", self.thing_vectors(embedding), self.roles)  # [roles, things, H]
        picked = table[roles, things] * weights.unsqueeze(-1)
        return self.clock(embedding, slots).to(picked.dtype).index_add(0, rows, picked)


__all__ = ["ROLES", "SLOTS_PER_WINDOW", "SoftWords", "slot_entries"]
