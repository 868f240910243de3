"""Row 10: the text side of stage 1: question or phrase -> embedding [B, E], aligned with the window embeddings."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..config import NetworkConfig
from .attention import SelfAttentionBlock


class TextEncoder(nn.Module):
    def __init__(self, config: NetworkConfig):
        super().__init__()
        channels = config.fuseformer.text_channels
        self.embedding = nn.Embedding(config.language_model.vocabulary, channels)
        nn.init.normal_(self.embedding.weight, std=0.05)
        self.block = SelfAttentionBlock(channels, max(1, channels // 32), 2)
        self.weight = nn.Linear(channels, 1)
        self.norm = nn.LayerNorm(channels)
        self.project = nn.Linear(channels, config.fuseformer.embedding)

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """tokens [B, L] int64, mask [B, L] (1 = a token is there; all when absent) -> [B, E] of unit length."""
        x = self.embedding(tokens)
        scores = self.weight(x)  # which words carry the meaning
        bias = None
        if mask is not None:
            missing = (1.0 - mask) * -1e4
            scores, bias = scores + missing.unsqueeze(-1), missing[:, None, None, :]
        x = self.block(x, bias)
        pooled = (scores.softmax(1) * self.norm(x)).sum(1)
        return F.normalize(self.project(pooled), dim=-1)
