"""What stages 3 and 4 share: LoRA and the bridge learn from questions about clips, while the language model itself stays frozen.

The Fuseformer rests: on two cores its backward pass costs more steps than it gains; `train_fuseformer` lets it learn too
where there is a GPU. The stages are temporal_perception.py and dialogue_tuning.py.
"""

from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from ..language.questions import QuestionWriter, Turn
from ..language.soft_words import SoftWords
from ..language.things import Thing
from ..network.damo import Damo
from ..theatre.playbill import Playbill
from .alignment import AlignmentHead, PhraseBook, alignment_terms
from .bank import fill_bank
from .batching import PromptEncoder, dialogue_batch, place_soft
from .bridging import bridge_term, caption_term, soft_target
from .clips import ClipBatch, fuse, gather, knowable
from .trainer import run_stage


def answer_term(network: Damo, encoder: PromptEncoder, batch: ClipBatch, bridged: Tensor, dialogues: list[list[Turn]]):
    text = dialogue_batch(encoder, batch.windows, dialogues)
    soft, mask = place_soft(text.slots, bridged.flatten(0, 1), batch.windows)
    return network.language_model.loss(text.tokens, text.targets, soft, mask, encoder.token_weights)


def token_metrics(encoder: PromptEncoder, logits: Tensor, wanted: Tensor) -> dict[str, float]:
    token = encoder.tokenizer.token_to_id
    hit = logits.argmax(-1) == wanted
    is_time = (wanted >= token("<w0>")) & (wanted <= token("<t16>"))
    is_verdict = (wanted == token("<found>")) | (wanted == token("<absent>"))
    return {"token_accuracy": hit.float().mean().item(), "time_token_accuracy": hit[is_time].float().mean().item(),
            "verdict_accuracy": hit[is_verdict].float().mean().item()}


def tune(stage: int, turns: tuple[int, int], network: Damo, head: AlignmentHead, soft_words: SoftWords, things: list[Thing],
         tokenizer: Tokenizer, bill: Playbill, held_out: Playbill, out: Path, minutes: float, steps: int | None, seed: int,
         batch_size: int = 32, learning_rate: float = 8e-4, train_fuseformer: bool = False, bank_clips: int = 0) -> dict:
    """turns: the fewest and the most questions of a dialogue.

    bank_clips: while the Fuseformer rests, draw from so many clips fused beforehand (bank.py).
    """
    torch.manual_seed(seed + stage)
    encoder = PromptEncoder(tokenizer)
    writer = QuestionWriter(things, bill.rng)
    held_out_writer = QuestionWriter(things, held_out.rng)
    book = PhraseBook(things, tokenizer, seed + stage)
    network.fuseformer.requires_grad_(train_fuseformer)
    lora = network.language_model.add_lora()
    soft_words.requires_grad_(False)
    window_seconds = network.config.clock.window_seconds

    def dialogues_for(batch: ClipBatch, by: QuestionWriter) -> list[list[Turn]]:
        return [by.dialogue(timeline, int(by.rng.integers(turns[0], turns[1] + 1))) for timeline in batch.timelines]

    plays = [held_out.compose() for _ in range(96)]
    held_out_batch = gather(held_out, plays, window_seconds, 0.0)
    held_out_dialogues = dialogues_for(held_out_batch, held_out_writer)
    rates = [([*lora], learning_rate), ([*network.bridge.parameters()], learning_rate)]
    if train_fuseformer:
        rates.append(([*network.fuseformer.parameters(), *network.text.parameters(), *head.parameters()], learning_rate / 2))

    bank = None
    if bank_clips and not train_fuseformer:
        bank = fill_bank(network.fuseformer, bill, bank_clips, window_seconds, out / "bank.pt")

    def loss(step: int) -> dict[str, Tensor]:
        if bank:
            batch = bank.draw(batch_size)
            queries, embeddings = batch.queries, None
        else:
            batch = gather(bill, [bill.compose() for _ in range(batch_size)], window_seconds, 0.08)
            with torch.set_grad_enabled(train_fuseformer):
                queries, embeddings = fuse(network.fuseformer, batch)
        bridged = network.bridge(queries)
        terms = {}
        if train_fuseformer:
            terms, _, _ = alignment_terms(network, head, batch, queries, embeddings, book.draw(), things)
        answer, _, _ = answer_term(network, encoder, batch, bridged, dialogues_for(batch, writer))
        caption, _ = caption_term(network, encoder, writer, batch, bridged, most=12)
        target = soft_target(network, soft_words, batch, things)
        clock = soft_words.clock(network.language_model.embedding, len(target))
        return {"answer": answer, "caption": 0.2 * caption, **{key: 0.1 * value for key, value in terms.items()},
                "bridge": 0.3 * bridge_term(bridged, target, knowable(batch), clock)}

    def evaluate() -> dict[str, float]:
        queries, _ = fuse(network.fuseformer, held_out_batch)
        answer, logits, wanted = answer_term(network, encoder, held_out_batch, network.bridge(queries), held_out_dialogues)
        return {"held_out_answer": answer.item(), **token_metrics(encoder, logits, wanted)}

    return run_stage(f"stage{stage}", out, rates,
                     {"language_model": network.language_model, "bridge": network.bridge, "fuseformer": network.fuseformer,
                      "text": network.text, "head": head}, loss, evaluate, minutes, steps)
