"""Temporal questions that `damo augment` wrote (docs/augmentation.md): one JSON line a video, as in a suite."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class AugmentedTurn:
    clip: str
    clip_seconds: float
    question: str
    answer: str
    family: str
    spans: tuple[tuple[float, float], ...]  # seconds, half-open
    absent: bool


def augmented_turns(path: Path | str) -> Iterator[AugmentedTurn]:
    """Every turn of the file. Raises ValueError, with the line's number, for a span that does not lie in its video."""
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            video = json.loads(line)
            for turn in video["turns"]:
                spans = tuple((float(start), float(end)) for start, end in turn["spans"])
                if any(not 0 <= start < end <= video["durationSeconds"] for start, end in spans):
                    raise ValueError(f"{path}, line {number}: a span lies outside of {video['clip']}")
                yield AugmentedTurn(video["clip"], video["durationSeconds"], turn["question"], turn["answer"], turn["family"], spans, turn["absent"])
