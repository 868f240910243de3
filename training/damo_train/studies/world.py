"""What every study shares: the run folder's library as short clips, a tokenizer, a fresh small network."""

from collections import Counter
from dataclasses import dataclass, replace
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


def labels_of(library: Library) -> tuple[list[set[str]], list[set[str]], list[set[str]]]:
    """What each scene, photo and soundtrack shows or sounds."""
    seen = [[{*entry.base_labels, *entry.actor_labels} for entry in entries] for entries in (library.scenes, library.photos)]
    return seen[0], seen[1], [{sounding.label for sounding in track[2]} for track in library.tracks]


def commonest(library: Library, things: list[Thing], seen: int, heard: int) -> list[Thing]:
    """The things that most entries hold: few enough for a small network to learn in minutes."""
    scenes, photos, tracks = labels_of(library)
    pictured, sounding = (Counter(label for labels in part for label in labels) for part in ([*scenes, *photos], tracks))
    ranked = [sorted((t for t in things if t.heard == is_heard), key=lambda t: (-count[t.name], t.name))[:most]
              for is_heard, count, most in ((False, pictured, seen), (True, sounding, heard))]
    chosen = {(thing.name, thing.heard) for part in ranked for thing in part}
    return [thing for thing in things if (thing.name, thing.heard) in chosen]


def only(library: Library, things: list[Thing]) -> Library:
    """Scenes, photos and soundtracks with nothing in them but these things (soundtracks of which some are left: at least one)."""
    seen, heard = ({thing.name for thing in things if thing.heard == is_heard} for is_heard in (False, True))
    scenes, photos, tracks = labels_of(library)
    return replace(library, scenes=[entry for entry, labels in zip(library.scenes, scenes, strict=True) if labels and labels <= seen],
                   photos=[entry for entry, labels in zip(library.photos, photos, strict=True) if labels and labels <= seen],
                   tracks=[track for track, labels in zip(library.tracks, tracks, strict=True) if labels & heard])


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


SEEN, HEARD = 32, 16


def small_world(run: Path, things: list[Thing], tokenizer: Tokenizer) -> World:
    """The commonest things of a run's library, and the clips that can be made of nothing else."""
    from ..cli import load_library

    libraries = {split: load_library(run, split) for split in ("train", "val")}
    chosen = commonest(libraries["train"], things, SEEN, HEARD)
    return World(chosen, tokenizer, *(only(libraries[split], chosen) for split in ("train", "val")))


def load_modules(file: Path, **modules: torch.nn.Module) -> None:
    """Those modules of a stage's checkpoint that are asked for."""
    state = torch.load(file, map_location="cpu", weights_only=False)["modules"]
    for name, module in modules.items():
        module.load_state_dict(state[name])
