"""Reads the training material: USTAR archives with a JSON-lines index beside them (../shared/training-data/SOURCES.md).

An item's bytes are read straight from `at`, so nothing is ever unpacked.
"""

import io
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

SAMPLE_RATE_HZ = 16_000


@dataclass(frozen=True)
class Item:
    """One photo, cut-out or sound. `fields` is its whole index line (label, group, licence, split, ...)."""

    key: str  # `photos/dog/oxfordpets-....jpg`: stable over runs
    label: str
    fields: dict


class Archive:
    """One of `photos`, `cutouts`, `sounds` under a training-data folder."""

    def __init__(self, root: Path | str, kind: str, free: bool = False):
        """free: leaves out items whose licence would bind what is made of them to the same licence (share-alike)."""
        self.kind = kind
        self.read_items: dict[str, Item] = {}
        self.folder = Path(root) / kind
        lines = (self.folder / "index.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines if line]
        self.items = [Item(f"{kind}/{row['file']}", row["label"], row) for row in rows if not (free and "SA" in row["licence"])]

    def split(self, name: str) -> list[Item]:
        """Items of `train` or `val`, in index order."""
        return [item for item in self.items if item.fields["split"] == name]

    def read(self, item: Item) -> bytes:
        with open(self.folder / f"{self.kind}.tar", "rb") as archive:
            archive.seek(item.fields["at"])
            data = archive.read(item.fields["bytes"])
        if len(data) != item.fields["bytes"]:
            raise ValueError(f"{item.key}: archive ends inside the item")
        self.read_items[item.key] = item
        return data

    def photo(self, item: Item) -> Image.Image:
        return Image.open(io.BytesIO(self.read(item))).convert("RGB")

    def cutout(self, item: Item) -> Image.Image:
        """RGBA, cropped to what is not transparent."""
        image = Image.open(io.BytesIO(self.read(item))).convert("RGBA")
        box = image.getchannel("A").getbbox()
        return image.crop(box) if box else image

    def sound(self, item: Item) -> np.ndarray:
        """Mono float32 at 16 kHz."""
        return decode_sound(self.read(item))


def decode_sound(data: bytes) -> np.ndarray:
    """Ogg Opus (or anything else) to mono float32 at 16 kHz; libsndfile first, ffmpeg where it cannot."""
    import soundfile

    try:
        samples, rate_hz = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
        if rate_hz == SAMPLE_RATE_HZ:
            return np.ascontiguousarray(samples.mean(axis=1))
    except soundfile.LibsndfileError:
        pass
    arguments = ["ffmpeg", "-v", "error", "-i", "pipe:0", "-f", "f32le", "-ac", "1", "-ar", str(SAMPLE_RATE_HZ), "pipe:1"]
    decoded = subprocess.run(arguments, input=data, capture_output=True, check=True)
    return np.frombuffer(decoded.stdout, dtype="<f4").copy()


def captions(root: Path | str, name: str) -> Iterator[dict]:
    """Lines of captions/`name`.jsonl (`scenes` or `moments`)."""
    with open(Path(root) / "captions" / f"{name}.jsonl", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
