"""A held-out exam in feature space: greedy answers to questions about composed clips, judged as `damo eval` judges them.

No mp4 is made: clips of held-out items are composed from the encoders' features (theatre/playbill.py). That leaves out decoding
and the product's own composing of answers; what is compared is the network alone, each time with the same clips and questions.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..language.questions import QuestionWriter, Turn
from ..language.things import Thing
from ..language.timeline import SLOTS_PER_WINDOW
from ..network.language_model import LanguageModel
from ..stages.batching import PromptEncoder
from ..stages.clips import ClipBatch, gather
from ..theatre.playbill import Playbill

GROUNDING = ("when_seen", "when_heard", "how_long")
ORDER = ("order", "after", "first_last")
ASKED = ("when", "when", "how_long", "order", "after", "first_or_last", "absent")
LONGEST_ANSWER = 40  # tokens


@dataclass
class Exam:
    batch: ClipBatch
    turns: list[list[Turn]]  # by clip


@dataclass
class Mark:
    clip: int
    family: str
    absent: bool  # wanted
    said_absent: bool
    iou: float
    right: bool


def write_exam(bill: Playbill, things: list[Thing], clips: int, window_seconds: float) -> Exam:
    """`clips` clips in which something happens, each with one question of every family that fits it."""
    writer, plays, turns = QuestionWriter(things, bill.rng), [], []
    while len(plays) < clips:
        play = bill.compose()
        if not play.timeline.events:
            continue
        asked: dict[str, Turn] = {}
        for family in ASKED:
            turn = getattr(writer, family)(play.timeline)
            asked.setdefault(turn.question, turn)
        plays.append(play)
        turns.append(list(asked.values()))
    return Exam(gather(bill, plays, window_seconds, 0.0, torch.float32), turns)


class Reader:
    """Greedy decoding with a cache, as the host does it: a clip is read once, each question goes on from there."""

    def __init__(self, model: LanguageModel, encoder: PromptEncoder):
        self.model, self.encoder = model.eval(), encoder
        config = model.config
        self.names = {id: name for name, id in encoder.tokenizer.get_vocab().items()}
        self.nothing = torch.zeros(0, config.layers, 2, config.heads, model.head_dim)

    def feed(self, tokens: list[int], past: Tensor, soft: Tensor | None = None, slots: list[int] | None = None):
        rows, mask = torch.zeros(1, len(tokens), self.model.config.channels), torch.zeros(1, len(tokens))
        if soft is not None:
            at = [i for i, slot in enumerate(slots) if slot >= 0]
            rows[0, at], mask[0, at] = soft[[slots[i] for i in at]].float(), 1.0
        logits, present = self.model.step(torch.tensor([tokens]), rows, mask, past)
        return logits[0], torch.cat([past, present])

    def read(self, windows: int, soft: Tensor) -> Tensor:
        """soft [windows * 16, H] -> the cache after the clip."""
        tokens, slots = self.encoder.prefix(windows)
        return self.feed(tokens, self.nothing, soft, slots)[1]

    def answer(self, clip: Tensor, question: str) -> list[str]:
        """Token names, the verdict first."""
        verdicts = [self.encoder.id["<found>"], self.encoder.id["<absent>"]]
        logits, past = self.feed(self.encoder.question(question), clip)
        said = [verdicts[int(logits[verdicts].argmax())]]
        while len(said) < LONGEST_ANSWER and said[0] == verdicts[0]:
            logits, past = self.feed(said[-1:], past)
            token = int(logits.argmax())
            if token == self.encoder.id["<eos>"]:
                break
            said.append(token)
        return [self.names.get(token, "") for token in said]


def slots_of(names: list[str]) -> set[int]:
    """Half seconds that `<wK><tJ><to><wK><tJ>` spans in an answer cover."""
    covered: set[int] = set()
    for at in range(len(names) - 4):
        first, offset, to, last, end = names[at : at + 5]
        if to == "<to>" and first[:2] == last[:2] == "<w" and offset[:2] == end[:2] == "<t":
            start, stop = (int(w[2:-1]) * SLOTS_PER_WINDOW + int(t[2:-1]) for w, t in ((first, offset), (last, end)))
            covered.update(range(start, stop))
    return covered


def judge(clip: int, turn: Turn, names: list[str]) -> Mark:
    absent, said_absent = turn.answer.startswith("<absent>"), names[0] == "<absent>"
    wanted = {slot for start, end in turn.spans for slot in range(start, end)}
    given = slots_of(names)
    iou = len(wanted & given) / max(1, len(wanted | given))
    if absent or said_absent:
        right = absent and said_absent
    elif turn.family == "order":  # the order itself: yes or no
        yes = turn.answer.startswith("<found> yes")
        right = names[1:2] == ["Ġyes" if yes else "Ġno"]
    else:
        right = iou >= 0.5
    return Mark(clip, turn.family, absent, said_absent, iou, right)


@torch.no_grad()
def sit(exam: Exam, model: LanguageModel, encoder: PromptEncoder, bridged: Tensor) -> list[Mark]:
    """bridged [n, 16, H]: soft words of all windows, clip after clip."""
    reader, marks = Reader(model, encoder), []
    for clip, (windows, start, turns) in enumerate(zip(exam.batch.windows, exam.batch.starts, exam.turns, strict=True)):
        cache = reader.read(windows, bridged[start : start + windows].flatten(0, 1))
        marks += [judge(clip, turn, reader.answer(cache, turn.question)) for turn in turns]
    return marks


def figures(marks: list[Mark]) -> dict[str, float]:
    timed = [m for m in marks if not m.absent and m.family != "order"]
    order, grounding = ([m for m in marks if m.family in families and not m.absent] for families in (ORDER, GROUNDING))
    said, gone = [m for m in marks if m.said_absent], [m for m in marks if m.absent]
    share = lambda part: float(np.mean([m.right for m in part])) if part else 0.0  # noqa: E731
    return {"questions": len(marks), "right": share(marks), "miou": float(np.mean([m.iou for m in timed])) if timed else 0.0,
            "r50": float(np.mean([m.iou >= 0.5 for m in timed])) if timed else 0.0, "order": share(order), "grounding": share(grounding),
            "absent_precision": sum(m.absent for m in said) / max(1, len(said)), "absent_recall": share(gone)}


def bootstrap(clips: np.ndarray, one: np.ndarray, other: np.ndarray, seed: int = 0, rounds: int = 4000) -> tuple[float, float, float]:
    """Mean of `one - other` and its 95 % interval. Clips are drawn again, with all of their questions: those hang together."""
    rng, difference = np.random.default_rng(seed), one - other
    groups = np.unique(clips, return_inverse=True)[1]
    sums, counts = np.bincount(groups, difference), np.bincount(groups)
    drawn = rng.integers(0, len(sums), (rounds, len(sums)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    return float(difference.mean()), float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def compare(one: list[list[Mark]], other: list[list[Mark]], value: Callable[[Mark], float], pick: Callable[[Mark], bool]):
    """Lists of runs (seeds) that sat the same exam, paired question by question, seeds averaged."""
    chosen = [index for index, mark in enumerate(one[0]) if pick(mark)]
    table = [np.mean([[value(run[index]) for index in chosen] for run in runs], axis=0) for runs in (one, other)]
    return bootstrap(np.array([one[0][index].clip for index in chosen]), *table)
