"""Log-mel of one window of sound, exactly as docs/bundle.md, "Sound", says: the reference that TypeScript is checked against.

`log_mel_numpy` is the plain reading of that page in double precision; `LogMel` is the fast one for training.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class MelConfig:
    """The numbers of `preprocess.mel` of damo.json."""

    sample_rate_hz: int = 16_000
    bands: int = 64
    fft_size: int = 512
    window_samples: int = 400
    hop_samples: int = 160
    low_hz: float = 125.0
    high_hz: float = 7_500.0
    log_offset: float = 1e-6

    def frames(self, samples: int) -> int:
        return samples // self.hop_samples


def mel_filters(config: MelConfig) -> np.ndarray:
    """Triangles of peak 1 between equally spaced HTK mels, sampled at the FFT's frequencies: [fft_size / 2 + 1, bands]."""
    to_mel = lambda hz: 2595 * np.log10(1 + np.asarray(hz) / 700)  # noqa: E731
    edges = 700 * (10 ** (np.linspace(to_mel(config.low_hz), to_mel(config.high_hz), config.bands + 2) / 2595) - 1)
    hz = np.arange(config.fft_size // 2 + 1) * config.sample_rate_hz / config.fft_size
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (hz[:, None] - low) / (centre - low)
    falling = (high - hz[:, None]) / (high - centre)
    return np.maximum(0, np.minimum(rising, falling))


def hann(samples: int) -> np.ndarray:
    """Periodic Hann window."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(samples) / samples)


def log_mel_numpy(samples: np.ndarray, config: MelConfig | None = None) -> np.ndarray:
    """Mono samples [S] in -1..1 -> [S / hop, bands], natural logarithm."""
    config = config or MelConfig()
    margin = (config.window_samples - config.hop_samples) // 2
    padded = np.pad(samples.astype(np.float64), margin)
    window = hann(config.window_samples)
    starts = np.arange(config.frames(len(samples))) * config.hop_samples
    frames = np.stack([padded[start : start + config.window_samples] * window for start in starts])
    power = np.abs(np.fft.rfft(frames, config.fft_size)) ** 2
    return np.log(power @ mel_filters(config) + config.log_offset)


class LogMel(nn.Module):
    """Samples [N, S] -> [N, S / hop, bands]; equals `log_mel_numpy` to about 1e-3."""

    def __init__(self, config: MelConfig | None = None):
        super().__init__()
        self.config = config = config or MelConfig()
        self.register_buffer("window", torch.from_numpy(hann(config.window_samples)).float())
        self.register_buffer("filters", torch.from_numpy(mel_filters(config)).float())

    def forward(self, samples: Tensor) -> Tensor:
        config = self.config
        margin = (config.window_samples - config.hop_samples) // 2
        frames = nn.functional.pad(samples, (margin, margin)).unfold(-1, config.window_samples, config.hop_samples)
        power = torch.fft.rfft(frames * self.window, config.fft_size).abs() ** 2
        return torch.log(power @ self.filters + config.log_offset)


def log_mel(samples: Tensor) -> Tensor:
    """`LogMel` with the bundle's numbers: samples [N, S] -> [N, S / hop, bands]."""
    return LogMel()(samples)
