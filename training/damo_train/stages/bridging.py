"""Stage 2, representation bridging (MODEL row 11): the Q-Former learns to write what the frozen language model reads.

Two terms: captioning through the frozen language model (the `<list>` question about one window), and the distance between
a bridged query and the soft word of its half second (language/soft_words.py), which the language model already
understands from its text-only training. The second term is ours; the paper has captioning alone.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from ..language.questions import QuestionWriter
from ..language.soft_words import SoftWords
from ..language.things import Thing
from ..language.timeline import SLOTS_PER_WINDOW, Event, Timeline
from ..network.damo import Damo
from ..theatre.playbill import Playbill
from .alignment import AlignmentHead
from .bank import FusedBatch, fill_bank
from .batching import PromptEncoder, dialogue_batch, place_soft
from .clips import ClipBatch, entry_tensors, fuse, gather, knowable
from .trainer import run_stage


def window_timeline(timeline: Timeline, window: int) -> Timeline:
    """What one window alone shows, in its own slots."""
    first, last = window * SLOTS_PER_WINDOW, min((window + 1) * SLOTS_PER_WINDOW, timeline.slots)
    events = [Event(e.thing, max(e.start, first) - first, min(e.end, last) - first)
              for e in timeline.events if e.start < last and e.end > first]
    return Timeline(1, max(1, last - first), tuple(sorted(events, key=lambda e: (e.start, e.thing))))


def soft_target(network: Damo, soft_words: SoftWords, batch: ClipBatch, things: list[Thing]) -> Tensor:
    rows, ids, roles = entry_tensors(batch, things)
    slots = sum(batch.windows) * SLOTS_PER_WINDOW
    return soft_words(network.language_model.embedding, rows, ids, roles, torch.ones(len(rows)), slots)


def bridge_term(bridged: Tensor, target: Tensor, inside: Tensor, clock: Tensor) -> Tensor:
    """Squared distance over the target's own spread; half seconds where something happens weigh three times as much."""
    spread = (target - clock).pow(2).sum(-1)
    weight = inside * (1.0 + 2.0 * (spread > 1e-6).float())
    distance = (bridged.flatten(0, 1).float() - target.float()).pow(2).sum(-1)
    typical = spread[spread > 1e-6].mean().clamp(min=1e-6)
    return (distance * weight).sum() / weight.sum() / typical


def caption_term(network: Damo, encoder: PromptEncoder, writer: QuestionWriter, batch: ClipBatch, bridged: Tensor,
                 most: int = 48) -> tuple[Tensor, float]:
    timelines = [window_timeline(t, w) for t in batch.timelines for w in range(t.windows)]
    picked = writer.rng.permutation(len(timelines))[:most]
    dialogues = [[writer.window_list(timelines[i])] for i in picked]
    text = dialogue_batch(encoder, [1] * len(picked), dialogues)
    soft, mask = place_soft(text.slots, bridged[torch.from_numpy(picked)].flatten(0, 1), [1] * len(picked))
    loss, logits, wanted = network.language_model.loss(text.tokens, text.targets, soft, mask)
    return loss, (logits.argmax(-1) == wanted).float().mean().item()


def run(network: Damo, head: AlignmentHead, soft_words: SoftWords, things: list[Thing], tokenizer: Tokenizer,
        bill: Playbill, held_out: Playbill, out: Path, minutes: float, steps: int | None, seed: int,
        batch_size: int = 32, learning_rate: float = 2e-3, bank_clips: int = 0) -> dict:
    """The Fuseformer rests (as image encoders do in BLIP-2's second stage), so a step is cheap and there are many.

    bank_clips: draw from so many clips fused beforehand (bank.py) instead of composing new ones.
    """
    torch.manual_seed(seed + 2)
    encoder = PromptEncoder(tokenizer)
    writer = QuestionWriter(things, bill.rng)
    network.language_model.requires_grad_(False)
    soft_words.requires_grad_(False)
    window_seconds = network.config.clock.window_seconds
    plays = [held_out.compose() for _ in range(64)]
    bank = fill_bank(network.fuseformer, bill, bank_clips, window_seconds, out / "bank.pt") if bank_clips else None

    def terms_of(batch: ClipBatch | FusedBatch, most: int) -> tuple[dict[str, Tensor], float]:
        with torch.no_grad():
            queries = batch.queries if isinstance(batch, FusedBatch) else fuse(network.fuseformer, batch)[0]
        bridged = network.bridge(queries)
        target = soft_target(network, soft_words, batch, things)
        caption, accuracy = caption_term(network, encoder, writer, batch, bridged, most)
        return {"bridge": bridge_term(bridged, target, knowable(batch),
                                      soft_words.clock(network.language_model.embedding, len(target))), "caption": 0.25 * caption}, accuracy

    def loss(step: int) -> dict[str, Tensor]:
        if bank:
            return terms_of(bank.draw(batch_size), 8)[0]
        batch = gather(bill, [bill.compose(1 + step % 2) for _ in range(batch_size)], window_seconds, 0.08)
        return terms_of(batch, 8)[0]

    def evaluate() -> dict[str, float]:
        batch = gather(held_out, plays, window_seconds, 0.0)
        terms, accuracy = terms_of(batch, 48)
        return {"held_out_bridge": terms["bridge"].item(), "held_out_caption": 4 * terms["caption"].item(),
                "caption_token_accuracy": accuracy}

    return run_stage("stage2", out, [([*network.bridge.parameters()], learning_rate)], {"bridge": network.bridge}, loss, evaluate, minutes, steps)
