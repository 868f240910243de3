"""What every study shares: the run folder's library as short clips, a tokenizer, a fresh small network."""

from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer

from ..config import NetworkConfig
from ..language.soft_words import SoftWords
from ..language.things import Thing
from ..network.damo import Damo
from ..stages.alignment import AlignmentHead
from ..theatre.library import Library
from ..theatre.playbill import Play, Playbill


class ShortBill(Playbill):
    """Clips of one or two windows: what a small budget can learn."""

    def compose(self, windows: int | None = None) -> Play:
        return super().compose(windows or 1 + int(self.rng.random() < 0.5))


@dataclass
class World:
    things: list[Thing]
    tokenizer: Tokenizer
    train: Library
    val: Library

    def bills(self, seed: int) -> tuple[ShortBill, ShortBill]:
        """Training clips, and held-out ones: other items, another seed."""
        return ShortBill(self.train, self.things, seed), ShortBill(self.val, self.things, seed + 100)

    def network(self, config: NetworkConfig, seed: int) -> tuple[Damo, AlignmentHead, SoftWords]:
        torch.manual_seed(seed)
        network = Damo(config)
        head = AlignmentHead(config.fuseformer.channels, config.fuseformer.embedding)
        return network, head, SoftWords(self.things, self.tokenizer, config.language_model.channels)


def load_modules(file: Path, **modules: torch.nn.Module) -> None:
    """Those modules of a stage's checkpoint that are asked for."""
    state = torch.load(file, map_location="cpu", weights_only=False)["modules"]
    for name, module in modules.items():
        module.load_state_dict(state[name])
