"""Every size of the network in one place. The same names stand in damo.json and in core/bundle.ts.

Axis letters (model/PAPER.md): B batch, W windows, T frames, P patches, A audio steps, Q queries, D channels,
E embedding, H decoder width, M mel frames, L text tokens, V vocabulary.
"""

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class ClockConfig:
    """How media time is cut up. One window is one pass of the network."""

    window_seconds: float = 8.0
    frame_rate: float = 4.0  # T = window_seconds * frame_rate
    audio_rate: float = 4.0  # A = window_seconds * audio_rate
    offset_seconds: float = 0.5  # distance of two `<tJ>` tokens, and the slot of one FUSION query

    @property
    def frames(self) -> int:
        return round(self.window_seconds * self.frame_rate)

    @property
    def audio_steps(self) -> int:
        return round(self.window_seconds * self.audio_rate)

    @property
    def slots(self) -> int:
        return round(self.window_seconds / self.offset_seconds)


@dataclass(frozen=True)
class VisionSizes:
    """Row 1: channels at 1/4, 1/8, 1/16 and 1/32 of the frame, and residual blocks after each."""

    widths: tuple[int, ...] = (48, 128, 256, 384)
    blocks: tuple[int, ...] = (0, 1, 2, 2)
    group_width: int = 64


@dataclass(frozen=True)
class FuseformerConfig:
    vision_channels: int = 256
    audio_channels: int = 192
    patches: int = 16
    channels: int = 256  # D
    reduced_patches: int = 4  # row 2: patch tokens a frame after the global residual
    temporal_stride: int = 2  # row 3: frames merged by the grouped temporal convolution
    temporal_kernel: int = 4
    temporal_groups: int = 8
    compression_queries: int = 16  # row 5, per stream
    queries: int = 16  # Q, row 6: FUSION queries; one per half second by initialisation
    layers: int = 3  # row 7
    heads: int = 8
    mlp_ratio: int = 2
    dropout: float = 0.0  # clips are composed anew each step: there is nothing to overfit to
    embedding: int = 128  # E
    text_channels: int = 128
    # Parts that studies/ablations.py leaves out (row 15). A bundle has them all.
    audio: bool = True
    global_residual: bool = True
    grouped_conv: bool = True
    temporal_embedding: bool = True
    multimodal_attention: bool = True
    query_residual: bool = True  # ours: a FUSION query starts from the mean of its own half second


@dataclass(frozen=True)
class BridgeConfig:
    layers: int = 2
    heads: int = 8
    mlp_ratio: int = 2


@dataclass(frozen=True)
class LanguageModelConfig:
    vocabulary: int = 4096  # V, specials included
    channels: int = 256  # H
    layers: int = 4
    heads: int = 4
    mlp_ratio: int = 4
    rope_base: float = 10_000.0
    context: int = 768
    lora_rank: int = 16
    window_slots: int = 16  # `<w0>`..`<w15>` exist; answers read at most `windows_per_answer`
    windows_per_answer: int = 8
    # studies/text_transfer.py: control tokens learn along with LoRA, so that a model that never met them can use them.
    tune_controls: bool = False


@dataclass(frozen=True)
class NetworkConfig:
    name: str = "damo-mini"
    clock: ClockConfig = field(default_factory=ClockConfig)
    vision: VisionSizes = field(default_factory=VisionSizes)
    fuseformer: FuseformerConfig = field(default_factory=FuseformerConfig)
    bridge: BridgeConfig = field(default_factory=BridgeConfig)
    language_model: LanguageModelConfig = field(default_factory=LanguageModelConfig)

    def as_dict(self) -> dict:
        return asdict(self)


def damo_mini() -> NetworkConfig:
    return NetworkConfig()


def damo_small() -> NetworkConfig:
    """damo-mini's frozen encoders, everything behind them narrower, clips of one or two windows: for studies/, which train many networks
    with the same few minutes each."""
    return NetworkConfig(
        name="damo-small",
        fuseformer=FuseformerConfig(channels=96, layers=2, heads=4, embedding=64, text_channels=64),
        bridge=BridgeConfig(layers=1, heads=4),
        language_model=LanguageModelConfig(channels=96, layers=3, windows_per_answer=2),
    )


def damo_tiny() -> NetworkConfig:
    """Same shape of network, a fraction of the size: for tests of plumbing and for `damo-train smoke`."""
    return NetworkConfig(
        name="damo-tiny",
        vision=VisionSizes(widths=(8, 8, 16, 16), blocks=(0, 0, 0, 0), group_width=8),
        fuseformer=FuseformerConfig(vision_channels=32, audio_channels=24, channels=32, layers=2, heads=2, temporal_groups=4, embedding=16, text_channels=16),
        bridge=BridgeConfig(layers=1, heads=2),
        language_model=LanguageModelConfig(vocabulary=768, channels=32, layers=2, heads=2, lora_rank=2),
    )
