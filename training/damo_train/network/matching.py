"""Row 10, the matching half of stage 1: is a phrase's thing there in a half second? From FUSION queries that are cached."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..config import FuseformerConfig


class Matching(nn.Module):
    """A FUSION query and a phrase meet in a space of their own; how alike the whole window is counts too."""

    def __init__(self, config: FuseformerConfig):
        super().__init__()
        width = 2 * config.embedding
        self.norm = nn.LayerNorm(config.channels)
        self.query = nn.Linear(config.channels, width)
        self.text = nn.Linear(config.embedding, width)
        self.prior = nn.Linear(config.embedding, 1)  # some things are met more often than others
        # One row, so that an export keeps them as one tensor: scale (log), bias, weight of the window's cosine.
        self.terms = nn.Parameter(torch.tensor([2.5, -6.0, 8.0]))

    def forward(self, queries: Tensor, embedding: Tensor, text: Tensor) -> Tensor:
        """queries [N, Q, D], embedding [N, E] of their windows, text [T, E] of unit length -> logits [N, T, Q]."""
        scale, bias, window = self.terms.unbind()
        seen = F.normalize(self.query(self.norm(queries)), dim=-1)
        words = F.normalize(self.text(text), dim=-1)
        alike = words @ seen.transpose(1, 2)  # [N, T, Q]
        whole = (embedding @ text.T).unsqueeze(-1)
        return alike * scale.exp() + bias + self.prior(text) + window * whole
