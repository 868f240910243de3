"""The whole network: rows 1 to 9. model/pipeline.ts is the same figure on the side of the product."""

from torch import nn

from ..config import NetworkConfig
from .audio_encoder import AudioConfig, AudioEncoder
from .fuseformer import Fuseformer
from .language_model import LanguageModel
from .matching import Matching
from .qformer import QFormer
from .text_encoder import TextEncoder
from .vision_encoder import VisionConfig, VisionEncoder


class Damo(nn.Module):
    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.config = config
        sizes, f = config.vision, config.fuseformer
        vision = VisionConfig(channels=f.vision_channels, widths=sizes.widths, blocks=sizes.blocks, group_width=sizes.group_width)
        self.vision = VisionEncoder(vision)  # row 1, frozen after distillation
        self.audio = AudioEncoder(AudioConfig(channels=f.audio_channels))  # row 1, frozen after distillation
        self.fuseformer = Fuseformer(config.fuseformer, config.clock)  # rows 2 to 7
        self.text = TextEncoder(config)  # row 10
        self.matching = Matching(config.fuseformer)  # row 10
        self.bridge = QFormer(config)  # row 8
        self.language_model = LanguageModel(config.language_model)  # row 9
