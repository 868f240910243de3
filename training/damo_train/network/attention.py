"""Attention and feed-forward blocks shared by the Fuseformer, the Q-Former and the text encoder. Pre-norm."""

import math

import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    def __init__(self, channels: int, heads: int):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(channels, channels)
        self.key_value = nn.Linear(channels, 2 * channels)
        self.output = nn.Linear(channels, channels)

    def forward(self, x: Tensor, context: Tensor, bias: Tensor | None = None) -> Tensor:
        """x [B, N, D], context [B, M, D], bias [B, 1, 1, M] added to the scores (-1e4 where there is nothing)."""
        query = self.query(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        key, value = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
                      for part in self.key_value(context).chunk(2, dim=-1))
        if bias is not None:
            bias = bias.to(query.dtype)
        scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
        mixed = (scores if bias is None else scores + bias).softmax(-1) @ value
        return self.output(mixed.transpose(1, 2).flatten(-2))


class FeedForward(nn.Module):
    def __init__(self, channels: int, ratio: int):
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.wide = nn.Linear(channels, channels * ratio)
        self.narrow = nn.Linear(channels * ratio, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.narrow(F.gelu(self.wide(self.norm(x))))


class SelfAttentionBlock(nn.Module):
    def __init__(self, channels: int, heads: int, ratio: int, dropout: float = 0.0):
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.attention = Attention(channels, heads)
        self.feed_forward = FeedForward(channels, ratio)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        normed = self.norm(x)
        return self.feed_forward(x + self.dropout(self.attention(normed, normed, bias)))


class CrossAttentionBlock(nn.Module):
    """Queries read a context; no feed-forward of its own unless `ratio` is given."""

    def __init__(self, channels: int, heads: int, ratio: int | None = None):
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.context_norm = nn.LayerNorm(channels)
        self.attention = Attention(channels, heads)
        self.feed_forward = FeedForward(channels, ratio) if ratio else None

    def forward(self, x: Tensor, context: Tensor, bias: Tensor | None = None) -> Tensor:
        x = x + self.attention(self.norm(x), self.context_norm(context), bias)
        return self.feed_forward(x) if self.feed_forward else x
