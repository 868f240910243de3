"""What storing weights as float16 costs: held-out figures of a run in float32 and with the weights that the bundle stores.

    python -m damo_train.rounding_loss --run RUN --data DATA [--clips 96] [--seed 1]

Both read the same clips and dialogues, from the library's features on.
Arithmetic is float32 in both, as it is in ONNX Runtime.
"""

import argparse
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer

from .config import damo_mini
from .export import round_weights
from .language.questions import QuestionWriter
from .language.things import known_things
from .stages.batching import PromptEncoder
from .stages.clips import fuse, gather
from .stages.tuning import answer_term, token_metrics
from .theatre.playbill import Playbill


@torch.no_grad()
def figures(network, encoder: PromptEncoder, batch, dialogues) -> dict[str, float]:
    network.eval()
    queries, _ = fuse(network.fuseformer, batch)
    answer, logits, wanted = answer_term(network, encoder, batch, network.bridge(queries), dialogues)
    return {"answer_loss": answer.item(), **token_metrics(encoder, logits, wanted)}


def main() -> None:
    from .cli import load_language, load_library, load_stage, load_warm, make_network

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=96)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    things, tokenizer = known_things(options.data), Tokenizer.from_file(str(options.run / "tokenizer.json"))
    network, head, soft_words = make_network(damo_mini(), tokenizer, things)
    load_warm(network, options.run)
    load_language(network, soft_words, options.run)
    for stage in (1, 2, 3, 4):
        load_stage(network, head, options.run, stage)
    network.language_model.merge_lora()
    bill = Playbill(load_library(options.run, "val"), things, options.seed + 500)
    batch = gather(bill, [bill.compose() for _ in range(options.clips)], network.config.clock.window_seconds, 0.0, torch.float32)
    writer = QuestionWriter(things, bill.rng)
    dialogues = [writer.dialogue(timeline, int(bill.rng.integers(2, 7))) for timeline in batch.timelines]
    encoder = PromptEncoder(tokenizer)
    exact = figures(network, encoder, batch, dialogues)
    round_weights(network)
    rounded = figures(network, encoder, batch, dialogues)
    print(json.dumps({"float32": exact, "float16 weights": rounded, "loss": {key: exact[key] - rounded[key] for key in exact}}))


if __name__ == "__main__":
    main()
