"""The small language model of the studies, pretrained once for each arm: on captions alone, on captions and T3's timelines, or on the
same texts with timelines and dialogues mismatched."""

from pathlib import Path

import torch
from tokenizers import Tokenizer

from ..config import NetworkConfig
from ..language.things import Thing, known_things
from ..stages import language

BATCH = 16


ARMS = {"t3": "captions and T3's textual tasks", "form": "captions and the same texts, each about another timeline", "captions": "captions alone"}


def small_language(out: Path, data: Path, config: NetworkConfig, arm: str, seed: int, steps: int) -> tuple[Path, list[Thing], Tokenizer]:
    """Folder with language.pt and tokenizer.json, trained if it is not there yet. All arms and seeds share one tokenizer."""
    things, texts = known_things(data), language.captions(data)
    shared = out / "tokenizer.json"
    if not shared.exists():
        out.mkdir(parents=True, exist_ok=True)
        language.train_tokenizer(language.tokenizer_texts(things, texts, 1), config.language_model.vocabulary, shared)
    folder = out / f"language-{arm}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_bytes(shared.read_bytes())
    checkpoint = folder / "language.pt"
    if not checkpoint.exists() or torch.load(checkpoint, weights_only=False)["step"] < steps:
        language.train(config, things, texts, folder, 0, seed, batch_size=BATCH, steps=steps, t3=arm != "captions", mismatched=arm == "form",
                       text_tasks=0.0)  # the exam of clips asks nothing like them
    return folder, things, Tokenizer.from_file(str(shared))
