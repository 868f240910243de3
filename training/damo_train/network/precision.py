"""Which numbers to train in: bfloat16 where the processor has instructions for it, float32 where it would be emulated.

On a CPU without them (no AMX, no AVX512-BF16) bfloat16 is about three times slower than float32.
"""

import functools

import torch


@functools.cache
def has_fast_bfloat16() -> bool:
    return torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()


def fast_autocast() -> torch.autocast:
    """A context for forward passes and losses."""
    return torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16())


def feature_type() -> torch.dtype:
    """For batches of precomputed features, which are tens of megabytes a step."""
    return torch.bfloat16 if has_fast_bfloat16() else torch.float32
