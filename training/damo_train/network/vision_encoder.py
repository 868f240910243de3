"""The frozen vision encoder: one 128x128 frame to 4x4 patch tokens and a global token (model/PAPER.md row 1).

A residual network of dense and grouped convolutions, for AMX and AVX512 do those fast where depthwise ones starve,
then one attention layer over the 16 places so that a patch knows its surroundings. Mean and deviation of the pixels and
all batch norms fold into the graph at export.
"""

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class VisionConfig:
    frame_size: int = 128
    channels: int = 256
    # At 1/4, 1/8, 1/16, 1/32 of the frame. Nothing wide runs at 1/2: there, memory and not arithmetic is the bound.
    widths: tuple[int, ...] = (48, 128, 256, 384)
    blocks: tuple[int, ...] = (0, 1, 2, 2)
    group_width: int = 64
    heads: int = 8

    @property
    def places(self) -> int:
        return (self.frame_size // 2 ** (len(self.widths) + 1)) ** 2


def conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution without bias, then batch norm."""
    padding = kernel // 2 if kernel % 2 else (kernel - stride) // 2
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


class ResidualBlock(nn.Module):
    """Grouped 3x3 that looks around, 1x1 that mixes channels, around a shortcut."""

    def __init__(self, width: int, group_width: int):
        super().__init__()
        self.look = conv_norm(width, width, 3, groups=width // group_width)
        self.mix = conv_norm(width, width, 1)
        nn.init.zeros_(self.mix[1].weight)  # starts as the identity: bears a high learning rate from the first step

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.mix(F.relu(self.look(x))))


class PlaceAttention(nn.Module):
    """One pre-norm transformer layer over the global token and the 16 places."""

    def __init__(self, channels: int, heads: int, places: int):
        super().__init__()
        self.heads = heads
        self.position = nn.Parameter(torch.randn(1, places + 1, channels) * 0.02)
        self.attention_norm = nn.LayerNorm(channels)
        self.query_key_value = nn.Linear(channels, 3 * channels)
        self.merge = nn.Linear(channels, channels)
        self.mlp_norm = nn.LayerNorm(channels)
        self.mlp = nn.Sequential(nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels))

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.position
        query, key, value = rearrange(
            self.query_key_value(self.attention_norm(tokens)), "n p (three h d) -> three n h p d", three=3, h=self.heads
        ).unbind(0)
        mixed = F.scaled_dot_product_attention(query, key, value)
        tokens = tokens + self.merge(rearrange(mixed, "n h p d -> n p (h d)"))
        return tokens + self.mlp(self.mlp_norm(tokens))


class VisionEncoder(nn.Module):
    """frames [N, 3, 128, 128], planes G, B, R in 0..1 -> patches [N, 16, 256] (row-major), global [N, 256]."""

    def __init__(self, config: VisionConfig | None = None):
        super().__init__()
        self.config = config = config or VisionConfig()
        # Mean and deviation of ImageNet, in the order G, B, R.
        self.register_buffer("mean", torch.tensor([0.456, 0.406, 0.485]).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.224, 0.225, 0.229]).view(1, 3, 1, 1))
        # 6x6 at stride 4: neighbouring places overlap by a pixel on each side.
        layers: list[nn.Module] = [conv_norm(3, config.widths[0], 6, stride=4), nn.ReLU()]
        inputs = config.widths[0]
        for stage, (width, count) in enumerate(zip(config.widths, config.blocks, strict=True)):
            if stage > 0:
                layers += [conv_norm(inputs, width, 3, stride=2), nn.ReLU()]
            layers += [ResidualBlock(width, config.group_width) for _ in range(count)]
            inputs = width
        self.trunk = nn.Sequential(*layers)
        self.project = nn.Linear(inputs, config.channels)
        self.attention = PlaceAttention(config.channels, config.heads, config.places)
        self.patch_norm = nn.LayerNorm(config.channels)
        self.global_norm = nn.LayerNorm(config.channels)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        places = self.trunk((frames - self.mean) / self.deviation)
        tokens = self.project(rearrange(places, "n c h w -> n (h w) c"))
        tokens = torch.cat([tokens.mean(1, keepdim=True), tokens], dim=1)
        tokens = self.attention(tokens)
        return self.patch_norm(tokens[:, 1:]), self.global_norm(tokens[:, 0])
