"""Row 8: the Q-Former bridge: FUSION queries [B, Q, D] -> embeddings in the language model's space [B, Q, H].

One learned query for every FUSION query reads them all (self-attention, then cross-attention, as in BLIP-2), window by
window and without the question, so that what it writes can be kept and shared by every question.
"""

import torch
from torch import Tensor, nn

from ..config import NetworkConfig
from .attention import CrossAttentionBlock, SelfAttentionBlock


class QFormerLayer(nn.Module):
    def __init__(self, channels: int, heads: int, ratio: int):
        super().__init__()
        self.self_attention = SelfAttentionBlock(channels, heads, ratio)
        self.cross_attention = CrossAttentionBlock(channels, heads, ratio)

    def forward(self, x: Tensor, fusion: Tensor) -> Tensor:
        return self.cross_attention(self.self_attention(x), fusion)


class QFormer(nn.Module):
    def __init__(self, config: NetworkConfig):
        super().__init__()
        channels = config.fuseformer.channels
        self.queries = nn.Parameter(torch.randn(config.fuseformer.queries, channels) * 0.02)
        self.layers = nn.ModuleList(
            QFormerLayer(channels, config.bridge.heads, config.bridge.mlp_ratio) for _ in range(config.bridge.layers)
        )
        self.norm = nn.LayerNorm(channels)
        self.project = nn.Linear(channels, config.language_model.channels)

    def forward(self, fusion: Tensor) -> Tensor:
        x = self.queries + fusion  # query q starts from FUSION query q
        for layer in self.layers:
            x = layer(x, fusion)
        return self.project(self.norm(x))
