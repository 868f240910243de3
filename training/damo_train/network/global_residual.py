"""Row 2: global residual. Fewer tokens for both streams, with the global token added back so that meaning survives.

The paper gives no formula. Ours: the P patch tokens of a frame are mixed to R tokens by a learned P x R matrix (each output
token looks at all places), projected to D, and the projected global token of the frame is added to every one of them. The
audio stream has no patches: its tokens are projected to D and the mean token of the window is its global residual.
"""

import torch
from einops import rearrange
from torch import Tensor, nn

from ..config import FuseformerConfig


class VisualGlobalResidual(nn.Module):
    def __init__(self, config: FuseformerConfig):
        super().__init__()
        self.whole = config.global_residual
        self.mix = nn.Parameter(torch.randn(config.patches, config.reduced_patches) * config.patches**-0.5)
        self.norm = nn.LayerNorm(config.vision_channels)
        self.project = nn.Linear(config.vision_channels, config.channels)
        self.global_norm = nn.LayerNorm(config.vision_channels)
        self.global_project = nn.Linear(config.vision_channels, config.channels)

    def forward(self, patches: Tensor, global_token: Tensor) -> Tensor:
        """patches [B, T, P, C], global_token [B, T, C] -> [B, T, R, D]."""
        mixed = torch.einsum("btpc,pr->btrc", self.norm(patches), self.mix)
        projected = self.project(mixed)
        if not self.whole:
            return projected
        return projected + rearrange(self.global_project(self.global_norm(global_token)), "b t d -> b t 1 d")


class AudioGlobalResidual(nn.Module):
    def __init__(self, config: FuseformerConfig):
        super().__init__()
        self.whole = config.global_residual
        self.norm = nn.LayerNorm(config.audio_channels)
        self.project = nn.Linear(config.audio_channels, config.channels)
        self.global_project = nn.Linear(config.audio_channels, config.channels)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """tokens [B, A, C], mask [B, A] -> [B, A, D]."""
        tokens = self.norm(tokens)
        if not self.whole:
            return self.project(tokens)
        heard = mask.unsqueeze(-1)
        mean = (tokens * heard).sum(1, keepdim=True) / heard.sum(1, keepdim=True).clamp(min=1.0)
        return self.project(tokens) + self.global_project(mean)
