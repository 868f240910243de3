"""Rows 2 to 7: from frozen encoder tokens to the FUSION queries of a window, which are what the product caches.

    vision patches, global --> global residual --> grouped temporal conv --> + temporal embedding --.
    audio tokens           --> global residual --------------------------> + temporal embedding --. |
                                                                                                   | |
    each of the stacked layers (row 7):                                                            v v
        unimodal attention (row 5):    stream = self-attention(stream); compressed = cross-attention(queries, stream)
        multimodal attention (row 6):  FUSION = self-attention over [FUSION; compressed visual; compressed audio; state]

`state` is ours, not the paper's (MODEL section 1, 'Streaming'): the FUSION queries of the window before as extra keys.
A clip of one window, with no state, is exactly the paper's network.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from ..config import ClockConfig, FuseformerConfig
from .attention import CrossAttentionBlock, SelfAttentionBlock
from .global_residual import AudioGlobalResidual, VisualGlobalResidual
from .temporal_conv import GroupedTemporalConv
from .temporal_embedding import TemporalEmbedding

NOTHING = -1e4  # added to the score of a key that is not there; not -inf: a whole stream may be missing


def mask_bias(mask: Tensor) -> Tensor:
    """mask [B, M], 1 = there -> [B, 1, 1, M] to add to attention scores."""
    return rearrange((1.0 - mask) * NOTHING, "b m -> b 1 1 m")


class UnimodalAttention(nn.Module):
    """Row 5: one stream of one layer."""

    def __init__(self, config: FuseformerConfig):
        super().__init__()
        self.refine = SelfAttentionBlock(config.channels, config.heads, config.mlp_ratio, config.dropout)
        self.queries = nn.Parameter(torch.randn(config.compression_queries, config.channels) * 0.02)
        self.compress = CrossAttentionBlock(config.channels, config.heads)

    def forward(self, stream: Tensor, bias: Tensor, clock: Tensor) -> tuple[Tensor, Tensor]:
        """stream [B, N, D], clock [B, 16, D] temporal embedding of the compression queries -> stream, [B, 16, D]."""
        stream = self.refine(stream, bias)
        return stream, self.compress(self.queries + clock, stream, bias)


class FuseformerLayer(nn.Module):
    def __init__(self, config: FuseformerConfig):
        super().__init__()
        self.attends = config.multimodal_attention
        self.visual = UnimodalAttention(config)
        self.audio = UnimodalAttention(config)
        self.modality = nn.Parameter(torch.randn(4, config.channels) * 0.02)  # FUSION, visual, audio, state
        self.fuse = SelfAttentionBlock(config.channels, config.heads, config.mlp_ratio, config.dropout)

    def forward(self, fusion, visual, audio, state, visual_bias, audio_bias, fusion_bias, clock):
        visual, seen = self.visual(visual, visual_bias, clock)
        audio, heard = self.audio(audio, audio_bias, clock)
        together = torch.cat([fusion + self.modality[0], seen + self.modality[1], heard + self.modality[2],
                              state + self.modality[3]], dim=1)
        if not self.attends:  # late fusion: query q is the sum of what each stream says at q
            there = (fusion_bias[:, 0, 0] > NOTHING / 2).to(together.dtype).unsqueeze(-1)
            return self.fuse.feed_forward((together * there).unflatten(1, (4, -1)).sum(1)), visual, audio
        fused = self.fuse(together, fusion_bias)[:, : fusion.shape[1]]
        return fused, visual, audio


class Fuseformer(nn.Module):
    def __init__(self, config: FuseformerConfig, clock: ClockConfig):
        super().__init__()
        self.config, self.clock = config, clock
        self.visual_residual = VisualGlobalResidual(config)
        self.audio_residual = AudioGlobalResidual(config)
        self.temporal_conv = GroupedTemporalConv(config)
        self.temporal_embedding = TemporalEmbedding(config.channels, clock.window_seconds)
        self.queries = nn.Parameter(torch.randn(config.queries, config.channels) * 0.02)
        self.slot_visual = nn.Linear(config.channels, config.channels)
        self.slot_audio = nn.Linear(config.channels, config.channels)
        self.state_norm = nn.LayerNorm(config.channels)
        self.layers = nn.ModuleList(FuseformerLayer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.channels)
        self.pool_query = nn.Parameter(torch.randn(1, 1, config.channels) * 0.02)
        self.pool = CrossAttentionBlock(config.channels, config.heads)
        self.embed = nn.Linear(config.channels, config.embedding)
        steps = clock.frames // config.temporal_stride
        self.register_buffer("visual_times", _centres(steps, clock.window_seconds).repeat_interleave(config.reduced_patches))
        self.register_buffer("audio_times", _centres(clock.audio_steps, clock.window_seconds))
        self.register_buffer("query_times", _centres(config.queries, clock.window_seconds))

    def forward(self, patches, global_token, visual_mask, audio, audio_mask, start_seconds, state, state_mask):
        """One window for each of B clips.

        patches [B, T, P, Cv], global_token [B, T, Cv], visual_mask [B, T], audio [B, A, Ca], audio_mask [B, A],
        start_seconds [B], state [B, Q, D] (queries of the window before), state_mask [B] (0 = there was none)
        -> queries [B, Q, D], embedding [B, E] of unit length.
        """
        stride = self.config.temporal_stride
        if not self.config.audio:
            audio_mask = torch.zeros_like(audio_mask)
        visual = self.visual_residual(patches, global_token) * rearrange(visual_mask, "b t -> b t 1 1").to(patches.dtype)
        visual = rearrange(self.temporal_conv(visual), "b t r d -> b (t r) d")
        step_mask = rearrange(visual_mask, "b (t s) -> b t s", s=stride).amax(-1)
        visual_bias = mask_bias(step_mask.repeat_interleave(self.config.reduced_patches, dim=1))
        visual = visual + self.when(self.visual_times, start_seconds)
        audio = self.audio_residual(audio, audio_mask) + self.when(self.audio_times, start_seconds)
        audio_bias = mask_bias(audio_mask)

        clock = self.when(self.query_times, start_seconds)
        # Global residual into the FUSION queries: query q starts from the mean of what is seen and heard in its own half
        # second, so attention need not first learn to find it (ours: the paper's FUSION queries start from parameters).
        fusion = self.queries + clock
        if self.config.query_residual:
            fusion = fusion + self.slot_visual(slot_mean(visual, visual_bias, self.config.queries))
            fusion = fusion + self.slot_audio(slot_mean(audio, audio_bias, self.config.queries))
        state = self.state_norm(state) + clock
        ones = torch.ones_like(state[:, :, 0])
        anything_seen = visual_mask.amax(1, keepdim=True) * ones
        anything_heard = audio_mask.amax(1, keepdim=True) * ones
        fusion_bias = mask_bias(torch.cat([ones, anything_seen, anything_heard, state_mask.unsqueeze(1) * ones], dim=1))
        for layer in self.layers:
            fusion, visual, audio = layer(fusion, visual, audio, state, visual_bias, audio_bias, fusion_bias, clock)
        queries = self.norm(fusion)
        pooled = self.pool(self.pool_query.expand(queries.shape[0], -1, -1), queries)[:, 0]
        return queries, F.normalize(self.embed(pooled), dim=-1)

    def when(self, local_seconds: Tensor, start_seconds: Tensor) -> Tensor:
        made = self.temporal_embedding(local_seconds, start_seconds)
        return made if self.config.temporal_embedding else torch.zeros_like(made)


def slot_mean(stream: Tensor, bias: Tensor, slots: int) -> Tensor:
    """Mean of the tokens of each slot, zeros where there are none. stream [B, N, D] in order of time -> [B, slots, D]."""
    there = (bias[:, 0, 0] > NOTHING / 2).to(stream.dtype).unsqueeze(-1)
    grouped = rearrange(stream * there, "b (s n) d -> b s n d", s=slots)
    return grouped.sum(2) / rearrange(there, "b (s n) 1 -> b s n 1", s=slots).sum(2).clamp(min=1.0)


def _centres(count: int, seconds: float) -> Tensor:
    return (torch.arange(count) + 0.5) * (seconds / count)
