"""The frozen audio encoder: log-mel of a window to four tokens a second (model/PAPER.md row 1).

Two-dimensional convolutions down to 50 ms steps, then steps of 250 ms with one look to either side, so that a token says
what is heard in its own quarter of a second.
"""

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from .vision_encoder import conv_norm


@dataclass(frozen=True)
class AudioConfig:
    channels: int = 192
    bands: int = 64
    widths: tuple[int, ...] = (48, 96, 128)
    steps_per_token: int = 5  # of 50 ms: five mel frames
    # Log-mel of digital silence is log(1e-6) = -13.8, of loud sound about +8.
    mel_mean: float = -4.0
    mel_deviation: float = 5.0


class TimeBlock(nn.Module):
    """Three tokens wide, around a shortcut."""

    def __init__(self, channels: int):
        super().__init__()
        self.look = nn.Sequential(nn.Conv1d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm1d(channels))
        self.mix = nn.Sequential(nn.Conv1d(channels, channels, 1, bias=False), nn.BatchNorm1d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.mix(F.relu(self.look(x))))


class AudioEncoder(nn.Module):
    """logMel [N, 800, 64] -> tokens [N, 32, 192]."""

    def __init__(self, config: AudioConfig | None = None):
        super().__init__()
        self.config = config = config or AudioConfig()
        first, second, third = config.widths
        self.spectrum = nn.Sequential(
            # 5 mel frames and 4 bands at a time, seeing a little around.
            nn.Conv2d(1, first, (9, 8), (5, 4), (2, 2), bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
            conv_norm(first, first, 3, groups=first // 16),
            nn.ReLU(),
            nn.Conv2d(first, second, 3, (1, 2), 1, bias=False),
            nn.BatchNorm2d(second),
            nn.ReLU(),
            nn.Conv2d(second, third, 3, (1, 2), 1, bias=False),
            nn.BatchNorm2d(third),
            nn.ReLU(),
        )
        heights = config.bands // 16
        self.flatten = nn.Sequential(
            nn.Conv1d(third * heights, config.channels, 1, bias=False), nn.BatchNorm1d(config.channels), nn.ReLU()
        )
        steps = config.steps_per_token
        self.merge = nn.Sequential(
            nn.Conv1d(config.channels, config.channels, steps, steps, bias=False),
            nn.BatchNorm1d(config.channels),
            nn.ReLU(),
        )
        self.block = TimeBlock(config.channels)
        self.project = nn.Linear(config.channels, config.channels)
        self.norm = nn.LayerNorm(config.channels)

    def forward(self, log_mel: Tensor) -> Tensor:
        x = ((log_mel - self.config.mel_mean) / self.config.mel_deviation)[:, None]
        x = rearrange(self.spectrum(x), "n c t f -> n (c f) t")
        x = self.block(self.merge(self.flatten(x)))
        return self.norm(self.project(x.transpose(1, 2)))
