"""Baseline (a) of MODEL 6: pooled frames through one linear layer into the same language model, as early video LLMs do.

    python -m damo_train.stages.pooled_baseline --run RUN --data DATA --minutes 8 --seed 1

What is seen and heard in a half second is averaged and projected to one soft word: no Fuseformer, no Q-Former, no window
looks at another moment. Language model, LoRA, clips, questions, losses and held-out measure are those of stage 3
(temporal_perception.py); the projection learns with LoRA from the first step. RUN/pooled.csv is the curve.
"""

import argparse
import json
from pathlib import Path

import torch
from einops import rearrange
from tokenizers import Tokenizer
from torch import Tensor, nn

from ..config import damo_mini
from ..language.questions import QuestionWriter
from ..language.soft_words import SoftWords
from ..language.things import known_things
from ..language.timeline import SLOTS_PER_WINDOW
from ..network.damo import Damo
from ..theatre.playbill import Playbill
from .batching import PromptEncoder
from .bridging import bridge_term, soft_target
from .clips import ClipBatch, gather, knowable
from .tuning import answer_term, token_metrics
from .trainer import run_stage


class PooledProjection(nn.Module):
    """[n, T, Cv] and [n, A, Ca] with masks -> [n, 16, H]: means of each half second, side by side, projected."""

    def __init__(self, vision_channels: int, audio_channels: int, width: int):
        super().__init__()
        self.project = nn.Linear(2 * vision_channels + audio_channels, width)

    def forward(self, batch: ClipBatch) -> Tensor:
        seen = torch.cat([batch.global_token, batch.patches.mean(2)], dim=-1) * batch.visual_mask.unsqueeze(-1)
        heard = batch.audio * batch.audio_mask.unsqueeze(-1)
        pooled = [rearrange(part, "n (s k) c -> n s k c", s=SLOTS_PER_WINDOW).mean(2) for part in (seen, heard)]
        return self.project(torch.cat(pooled, dim=-1).to(self.project.weight.dtype))


def run(network: Damo, soft_words: SoftWords, things, tokenizer: Tokenizer, bill: Playbill, held_out: Playbill, out: Path,
        minutes: float, steps: int | None, seed: int, batch_size: int, learning_rate: float = 8e-4) -> dict:
    torch.manual_seed(seed + 3)  # as stage 3
    config = network.config
    encoder = PromptEncoder(tokenizer)
    writer, held_out_writer = QuestionWriter(things, bill.rng), QuestionWriter(things, held_out.rng)
    projection = PooledProjection(config.fuseformer.vision_channels, config.fuseformer.audio_channels, config.language_model.channels)
    lora = network.language_model.add_lora()
    soft_words.requires_grad_(False)

    def dialogues_for(batch: ClipBatch, by: QuestionWriter):
        return [by.dialogue(timeline, int(by.rng.integers(1, 3))) for timeline in batch.timelines]

    held_out_batch = gather(held_out, [held_out.compose() for _ in range(96)], config.clock.window_seconds, 0.0)
    held_out_dialogues = dialogues_for(held_out_batch, held_out_writer)

    def loss(step: int) -> dict[str, Tensor]:
        batch = gather(bill, [bill.compose() for _ in range(batch_size)], config.clock.window_seconds, 0.08)
        projected = projection(batch)
        answer, _, _ = answer_term(network, encoder, batch, projected, dialogues_for(batch, writer))
        target = soft_target(network, soft_words, batch, things)
        clock = soft_words.clock(network.language_model.embedding, len(target))
        return {"answer": answer, "bridge": 0.3 * bridge_term(projected, target, knowable(batch), clock)}

    def evaluate() -> dict[str, float]:
        answer, logits, wanted = answer_term(network, encoder, held_out_batch, projection(held_out_batch), held_out_dialogues)
        return {"held_out_answer": answer.item(), **token_metrics(encoder, logits, wanted)}

    return run_stage("pooled", out, [(lora, learning_rate), ([*projection.parameters()], 4 * learning_rate)],
                     {"language_model": network.language_model, "projection": projection}, loss, evaluate, minutes, steps)


def main() -> None:
    from ..cli import load_language, load_library, load_warm

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--steps", type=int, help="instead of minutes")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    config, things = damo_mini(), known_things(options.data)
    tokenizer = Tokenizer.from_file(str(options.run / "tokenizer.json"))
    network, soft_words = Damo(config), SoftWords(things, tokenizer, config.language_model.channels)
    load_warm(network, options.run)
    load_language(network, soft_words, options.run)
    bill, held_out = (Playbill(load_library(options.run, split), things, options.seed + shift)
                      for split, shift in (("train", 0), ("val", 100)))
    print(json.dumps(run(network, soft_words, things, tokenizer, bill, held_out, options.run, options.minutes, options.steps,
                         options.seed, options.batch)))


if __name__ == "__main__":
    main()
