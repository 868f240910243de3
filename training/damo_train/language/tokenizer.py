"""Byte-level BPE of our own, trained on captions, labels and question phrasings. One file serves Python and TypeScript."""

import re
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

CONTROL = ("<pad>", "<bos>", "<eos>", "<q>", "<a>", "<to>", "<found>", "<absent>", "<list>")


def special_tokens(window_slots: int = 16, offsets: int = 16) -> list[str]:
    return [*CONTROL, *(f"<w{k}>" for k in range(window_slots)), *(f"<t{j}>" for j in range(offsets + 1))]


def train_tokenizer(texts: list[str], vocabulary: int, out: Path) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=special_tokens(),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    out.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(out))
    return tokenizer


def encode_text(tokenizer: Tokenizer, text: str) -> list[int]:
    """Words with a leading space; time tokens follow the word before them without one (docs/bundle.md)."""
    return tokenizer.encode(re.sub(r" +(<[wt])", r"\1", " " + text.strip()), add_special_tokens=False).ids
