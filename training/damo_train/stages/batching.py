"""Dialogues about clips as padded token tensors (layout: docs/bundle.md, 'What the decoder reads and writes')."""

from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from ..language.questions import Turn
from ..language.timeline import SLOTS_PER_WINDOW
from ..language.tokenizer import encode_text


class PromptEncoder:
    """Writes `<bos> <w0> 16 slots ... <q> question <a> answer <eos> ...`."""

    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        self.id = {name: tokenizer.token_to_id(name) for name in
                   ("<pad>", "<bos>", "<eos>", "<q>", "<a>", "<list>", "<found>", "<absent>")}
        self.window_id = [tokenizer.token_to_id(f"<w{k}>") for k in range(16)]
        self._cache: dict[str, list[int]] = {}
        # One wrong verdict or time makes an answer wrong; the words around them are easy.
        self.token_weights = torch.ones(tokenizer.get_vocab_size())
        self.token_weights[[self.id["<found>"], self.id["<absent>"]]] = 5.0
        self.token_weights[[*self.window_id, *(tokenizer.token_to_id(f"<t{j}>") for j in range(SLOTS_PER_WINDOW + 1))]] = 2.0

    def text(self, text: str) -> list[int]:
        if text not in self._cache:
            if len(self._cache) > 200_000:
                self._cache.clear()
            self._cache[text] = encode_text(self.tokenizer, text)
        return self._cache[text]

    def question(self, text: str) -> list[int]:
        body = [self.id["<list>"]] if text == "<list>" else self.text(text)
        return [self.id["<q>"], *body, self.id["<a>"]]

    def answer(self, text: str) -> list[int]:
        verdict, rest = text.split(" ", 1)
        return [self.id[verdict], *self.text(rest), self.id["<eos>"]]

    def prefix(self, windows: int) -> tuple[list[int], list[int]]:
        """Tokens, and for each token the slot (0 .. 16 * windows) whose soft word stands there, or -1."""
        tokens, slots = [self.id["<bos>"]], [-1]
        for window in range(windows):
            tokens += [self.window_id[window]] + [self.window_id[window]] * SLOTS_PER_WINDOW
            slots += [-1, *range(window * SLOTS_PER_WINDOW, (window + 1) * SLOTS_PER_WINDOW)]
        return tokens, slots


@dataclass
class DialogueBatch:
    tokens: Tensor  # [B, L] int64
    targets: Tensor  # [B, L] int64, -100 where nothing is learned
    slots: Tensor  # [B, L] int64: b's slot whose soft word stands here, or -1


def dialogue_batch(encoder: PromptEncoder, windows: list[int], dialogues: list[list[Turn]], limit: int = 640) -> DialogueBatch:
    rows = []
    for count, turns in zip(windows, dialogues, strict=True):
        tokens, slots = encoder.prefix(count)
        targets = [-100] * len(tokens)
        for turn in turns:
            question, answer = encoder.question(turn.question), encoder.answer(turn.answer)
            if len(tokens) + len(question) + len(answer) > limit:
                break
            # position i predicts token i + 1: the verdict is predicted at <a>
            targets += [-100] * (len(question) - 1) + answer + [-100]
            tokens += question + answer
        slots += [-1] * (len(tokens) - len(slots))
        rows.append((tokens, targets, slots))
    length = max(len(tokens) for tokens, _, _ in rows)
    pad = encoder.id["<pad>"]
    stack = [np.full((len(rows), length), fill, dtype=np.int64) for fill in (pad, -100, -1)]
    for index, row in enumerate(rows):
        for array, values in zip(stack, row, strict=True):
            array[index, : len(values)] = values
    return DialogueBatch(*(torch.from_numpy(array) for array in stack))


def place_soft(slots: Tensor, soft: Tensor, windows: list[int]) -> tuple[Tensor, Tensor]:
    """slots [B, L] and soft words [sum of windows * 16, H] (clip after clip) -> soft [B, L, H], mask [B, L]."""
    starts = torch.tensor(np.concatenate([[0], np.cumsum(windows)[:-1]]) * SLOTS_PER_WINDOW)
    rows = (slots + starts[:, None]).clamp(min=0)
    mask = (slots >= 0)
    return soft[rows] * mask.unsqueeze(-1), mask.to(soft.dtype)
