"""Row 3: grouped temporal convolution: compresses the visual tokens along time (T frames -> T / stride steps)."""

from einops import rearrange
from torch import Tensor, nn

from ..config import FuseformerConfig


class GroupedTemporalConv(nn.Module):
    def __init__(self, config: FuseformerConfig):
        super().__init__()
        self.learned = config.grouped_conv
        # kernel 4 and stride 2 with one frame of padding: T = 32 -> 16 steps of half a second
        padding = (config.temporal_kernel - config.temporal_stride) // 2
        self.conv = nn.Conv1d(config.channels, config.channels, config.temporal_kernel, config.temporal_stride,
                              padding, groups=config.temporal_groups)
        self.pool = nn.AvgPool1d(config.temporal_stride, config.temporal_stride)
        self.norm = nn.LayerNorm(config.channels)

    def forward(self, x: Tensor) -> Tensor:
        """x [B, T, R, D] -> [B, T / stride, R, D]. The average of the merged frames is the residual path."""
        reduced = x.shape[2]
        flat = rearrange(x, "b t r d -> (b r) d t")
        flat = self.pool(flat) + self.conv(flat) if self.learned else self.pool(flat)
        return self.norm(rearrange(flat, "(b r) d t -> b t r d", r=reduced))
