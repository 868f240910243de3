"""Loading and saving trained parts."""

from pathlib import Path

import torch

from .audio_encoder import AudioEncoder
from .vision_encoder import VisionEncoder


def load_encoders(vision_file: Path, audio_file: Path) -> tuple[VisionEncoder, AudioEncoder]:
    """Row 1: frozen from here on."""
    vision, audio = VisionEncoder(), AudioEncoder()
    for module, file in ((vision, vision_file), (audio, audio_file)):
        module.load_state_dict(torch.load(file, map_location="cpu", weights_only=False)["model"])
        module.eval().requires_grad_(False)
    return vision, audio


def save_atomically(state: dict, file: Path) -> None:
    """A reader or a killed run never sees half a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.replace(file)
