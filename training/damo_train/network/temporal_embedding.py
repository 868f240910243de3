"""Row 4: temporal embeddings, added to each modality's tokens before fusion.

Two clocks: seconds inside the window (what a query needs to say when) and absolute seconds of the clip (so that a window
knows when it is). Sines and cosines of both go through one small network.
"""

import math

import torch
from torch import Tensor, nn

LOCAL_PERIODS = 12  # 0.5 s .. 16 s
ABSOLUTE_PERIODS = 12  # 16 s .. 4 hours


class TemporalEmbedding(nn.Module):
    def __init__(self, channels: int, window_seconds: float):
        super().__init__()
        periods = torch.cat([torch.logspace(math.log10(0.5), math.log10(2 * window_seconds), LOCAL_PERIODS),
                             torch.logspace(math.log10(2 * window_seconds), math.log10(4 * 3600.0), ABSOLUTE_PERIODS)])
        self.register_buffer("frequencies", 2 * math.pi / periods)
        self.network = nn.Sequential(nn.Linear(4 * LOCAL_PERIODS, channels), nn.ReLU(), nn.Linear(channels, channels))

    def forward(self, local_seconds: Tensor, start_seconds: Tensor) -> Tensor:
        """local_seconds [N] inside the window, start_seconds [B] of the window -> [B, N, D]."""
        local = local_seconds[None, :, None] * self.frequencies[:LOCAL_PERIODS]
        absolute = (start_seconds[:, None, None] + local_seconds[None, :, None]) * self.frequencies[LOCAL_PERIODS:]
        local = local.expand(absolute.shape[0], -1, -1)
        return self.network(torch.cat([local.sin(), local.cos(), absolute.sin(), absolute.cos()], dim=-1))
