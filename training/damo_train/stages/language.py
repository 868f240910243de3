"""Pretraining of the language model on text alone: captions, and T3 timelines in soft words (MODEL row 16).

Run: python -m damo_train.stages.language --data ../shared/training-data --out runs/mini --minutes 25
With --warm it goes on from the language model of a bundle (damo_train.warm_start): soft words are new and are fitted to it first.
"""

import argparse
import csv
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from ..config import NetworkConfig, damo_mini
from ..language.questions import QuestionWriter, Turn
from ..language.soft_words import SoftWords, slot_entries
from ..language.text_tasks import TextTasks
from ..language.things import Thing, load_things, normalise
from ..language.timeline import SLOTS_PER_WINDOW, Event, Timeline, random_timeline
from ..language.tokenizer import encode_text, train_tokenizer
from ..network.language_model import LanguageModel
from ..network.precision import fast_autocast
from .batching import PromptEncoder, dialogue_batch, place_soft
from .muon import Muon


def captions(training_data: Path) -> list[str]:
    with open(training_data / "captions" / "scenes.jsonl", encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    return [normalise(text) for item in items if item["split"] == "train" for text in item["captions"]]


def tokenizer_texts(things: list[Thing], texts: list[str], seed: int) -> list[str]:
    """Captions, labels (often enough to become whole tokens) and phrasings."""
    rng = np.random.default_rng(seed)
    writer = QuestionWriter(things, rng)
    phrases = []
    for _ in range(3000):
        for turn in writer.dialogue(random_timeline(rng, things), 4):
            phrases += [" " + part for text in (turn.question, turn.answer) for part in _without_specials(text)]
    labels = [f" {thing.name}" for thing in things] * 12
    return [" " + text for text in texts] + phrases + labels


def _without_specials(text: str) -> list[str]:
    import re

    return [part.strip() for part in re.split(r"<[a-z0-9]+>", text) if part.strip()]


TEXT_TASKS = 0.12
WARM_REST = 0.25  # share of a warm-started run in which the language model itself rests


def shift_alike(timelines: list[Timeline]) -> list[Timeline]:
    """Each one's place is taken by the next with as many windows."""
    shifted = list(timelines)
    for windows in {timeline.windows for timeline in timelines}:
        places = [place for place, timeline in enumerate(timelines) if timeline.windows == windows]
        for place, source in zip(places, places[1:] + places[:1], strict=True):
            shifted[place] = timelines[source]
    return shifted


class TimelineBatches:
    """Random timelines as soft words with dialogues about them. Noise stands for what the encoders will get wrong."""

    def __init__(self, config: NetworkConfig, things: list[Thing], tokenizer: Tokenizer, seed: int, mismatched: bool = False,
                 text_tasks: float = 0.0):
        """mismatched: every dialogue is about another timeline than the one shown. What is left to learn is the form of answers.
        text_tasks: share of timelines that are about what only text tells (language/text_tasks.py)."""
        self.mismatched, self.text_tasks = mismatched, text_tasks
        self.rng = np.random.default_rng(seed)
        self.tasks = TextTasks(things, self.rng)
        self.things = things
        self.encoder = PromptEncoder(tokenizer)
        self.writer = QuestionWriter(things, self.rng)
        self.max_windows = config.language_model.windows_per_answer

    def draw(self, size: int, max_windows: int | None = None):
        longest = max_windows or self.max_windows
        timelines, dialogues = [], []
        while len(timelines) < size:
            if self.text_tasks and self.rng.random() < self.text_tasks:
                task = self.tasks.draw(longest)
                if task is None:
                    continue
                timeline, dialogue = task
            elif self.rng.random() < 0.12:
                timeline = random_timeline(self.rng, self.things, max_windows=1)
                dialogue = [self.writer.window_list(timeline)]
            else:
                timeline = random_timeline(self.rng, self.things, max_windows=longest)
                dialogue = self.writer.dialogue(timeline, int(self.rng.integers(3, 7)))
            timelines.append(timeline)
            dialogues.append(dialogue)
        windows = [timeline.windows for timeline in timelines]
        batch = dialogue_batch(self.encoder, windows, dialogues)
        entries = []
        base = 0
        for timeline in shift_alike(timelines) if self.mismatched else timelines:
            weight_of = {}
            for slot, thing, role in slot_entries(timeline, self.things):
                weight = weight_of.setdefault(thing, self.rng.uniform(0.6, 1.3)) * self.rng.uniform(0.75, 1.2)
                entries.append((base + slot, thing, role, weight))
            # things half recognised: a weak wrong word over a few slots
            for _ in range(int(self.rng.poisson(0.7 * timeline.windows))):
                thing = int(self.rng.integers(len(self.things)))
                role = 3 if self.things[thing].heard else 0
                start = int(self.rng.integers(timeline.slots))
                for slot in range(start, min(timeline.slots, start + int(self.rng.integers(1, 8)))):
                    entries.append((base + slot, thing, role, self.rng.uniform(0.05, 0.3)))
            base += timeline.windows * SLOTS_PER_WINDOW
        array = np.array(entries, dtype=np.float64).reshape(-1, 4)
        rows, thing_ids, roles = (torch.from_numpy(array[:, i].astype(np.int64)) for i in range(3))
        return batch, windows, (rows, thing_ids, roles, torch.from_numpy(array[:, 3]).float(), base)


def caption_batch(encoder: PromptEncoder, texts: list[str], rng: np.random.Generator, size: int, length: int = 96):
    tokens = np.full((size, length), encoder.id["<pad>"], dtype=np.int64)
    targets = np.full((size, length), -100, dtype=np.int64)
    for row in range(size):
        line: list[int] = []
        while len(line) < length + 1:
            line += [encoder.id["<bos>"], *encoder.text(texts[int(rng.integers(len(texts)))]), encoder.id["<eos>"]]
        tokens[row], targets[row] = line[:length], line[1 : length + 1]
    return torch.from_numpy(tokens), torch.from_numpy(targets)


@torch.no_grad()
def evaluate(model: LanguageModel, soft_words: SoftWords, batches: TimelineBatches, longest: int | None,
             rounds: int = 4) -> dict[str, float]:
    """Teacher-forced: share of answer tokens, of whole time tokens and of verdicts that are right."""
    model.eval()
    right = total = time_right = time_total = verdict_right = verdict_total = 0
    special_low = batches.encoder.tokenizer.token_to_id("<w0>")
    special_high = batches.encoder.tokenizer.token_to_id("<t16>")
    verdicts = torch.tensor([batches.encoder.id["<found>"], batches.encoder.id["<absent>"]])
    for _ in range(rounds):
        batch, windows, (rows, things, roles, weights, slots) = batches.draw(24, longest)
        soft, mask = place_soft(batch.slots, soft_words(model.embedding, rows, things, roles, weights, slots), windows)
        _, logits, wanted = model.loss(batch.tokens, batch.targets, soft, mask)
        hit = logits.argmax(-1) == wanted
        is_time = (wanted >= special_low) & (wanted <= special_high)
        is_verdict = torch.isin(wanted, verdicts)
        right, total = right + hit.sum().item(), total + len(hit)
        time_right, time_total = time_right + hit[is_time].sum().item(), time_total + is_time.sum().item()
        verdict_right, verdict_total = verdict_right + hit[is_verdict].sum().item(), verdict_total + is_verdict.sum().item()
    model.train()
    return {"token_accuracy": right / total, "time_token_accuracy": time_right / max(1, time_total),
            "verdict_accuracy": verdict_right / max(1, verdict_total)}


def train(config: NetworkConfig, things: list[Thing], texts: list[str], out: Path, minutes: float, seed: int,
          batch_size: int = 24, steps: int | None = None, learning_rate: float = 2e-3, t3: bool = True,
          warm: Path | None = None, mismatched: bool = False, text_tasks: float = TEXT_TASKS) -> dict:
    """text_tasks: share of timelines about attributes that change and events at the same time (language/text_tasks.py). warm: a run folder with `warm.pt`. Its model rests for WARM_REST of the run while soft words are fitted to it, and meets
    clips of all lengths from the first step."""
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer_file = out / "tokenizer.json"
    if not tokenizer_file.exists():
        train_tokenizer(tokenizer_texts(things, texts, seed), config.language_model.vocabulary, tokenizer_file)
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    model = LanguageModel(config.language_model)
    soft_words = SoftWords(things, tokenizer, config.language_model.channels)
    parameters = [*model.parameters(), *soft_words.parameters()]
    if warm:
        model.load_state_dict(torch.load(warm / "warm.pt", map_location="cpu", weights_only=False)["modules"]["language_model"])
    # Muon for the matrices of the blocks, AdamW for the rest. Not yet compared at equal steps (RESULTS.md).
    matrices = [p for block in model.blocks for p in block.parameters() if p.ndim == 2]
    chosen = {id(p) for p in matrices}
    optimizers = [Muon(matrices, lr=learning_rate, weight_decay=0.02),
                  torch.optim.AdamW([p for p in parameters if id(p) not in chosen], lr=learning_rate, betas=(0.9, 0.97))]
    batches = TimelineBatches(config, things, tokenizer, seed, mismatched, text_tasks)
    held_out = TimelineBatches(config, things, tokenizer, seed + 1000, text_tasks=text_tasks)
    checkpoint = out / "language.pt"
    start_step, spent = 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        model.load_state_dict(state["model"])
        soft_words.load_state_dict({"roles": state["soft_words"]["roles"]})
        for optimizer, values in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(values)
        start_step, spent = state["step"], state["seconds"]
        batches.rng = np.random.default_rng([seed, start_step])
        batches.writer.rng = batches.tasks.rng = batches.tasks.writer.rng = batches.rng
    began = time.monotonic() - spent
    curve = open(out / "language.csv", "a", newline="", encoding="utf-8")
    writer = csv.writer(curve)
    if start_step == 0:
        writer.writerow(["step", "seconds", "loss", "token_accuracy", "time_token_accuracy", "verdict_accuracy"])
    step, running, metrics, longest = start_step, [], {}, None
    while True:
        elapsed = time.monotonic() - began
        progress = step / steps if steps else elapsed / (minutes * 60)
        if progress >= 1:
            break
        rate = learning_rate * min(1, (step + 1) / 200) * (0.5 * (1 + math.cos(math.pi * progress)) * 0.97 + 0.03)
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = rate
        if warm:
            model.requires_grad_(progress >= WARM_REST)
        with fast_autocast():
            if texts and (not t3 or step % 6 == 5) and not (warm and progress < WARM_REST):
                tokens, targets = caption_batch(batches.encoder, texts, batches.rng, batch_size)
                loss, _, _ = model.loss(tokens, targets)
            else:
                # from short clips to long ones: finding a word among 16 half seconds comes before finding it among 128
                longest = None if warm else 1 if progress < 0.35 else 2 if progress < 0.5 else None
                size = batch_size * 3 // 2 if longest else batch_size
                batch, windows, (rows, ids, roles, weights, slots) = batches.draw(size, longest)
                made = soft_words(model.embedding, rows, ids, roles, weights, slots)
                made = made + torch.randn_like(made) * (0.25 * made.detach().std())
                soft, mask = place_soft(batch.slots, made, windows)
                loss, _, _ = model.loss(batch.tokens, batch.targets, soft, mask, batches.encoder.token_weights)
                running.append(loss.item())
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        if step % 50 == 0 or step == steps:
            metrics = evaluate(model, soft_words, held_out, longest)
            seconds = time.monotonic() - began
            row = [step, round(seconds), round(float(np.mean(running)) if running else float("nan"), 4),
                   *(round(v, 4) for v in metrics.values())]
            writer.writerow(row), curve.flush()
            print(*row, flush=True)
            running = []
            save(checkpoint, model, soft_words, optimizers, step, seconds, metrics)
    save(checkpoint, model, soft_words, optimizers, step, time.monotonic() - began, metrics)
    return metrics


def save(path: Path, model, soft_words, optimizers, step, seconds, metrics) -> None:
    temporary = path.with_suffix(".tmp")
    torch.save({"model": model.state_dict(), "soft_words": soft_words.state_dict(), "optimizers": [optimizer.state_dict() for optimizer in optimizers],
                "step": step, "seconds": seconds, "metrics": metrics}, temporary)
    temporary.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../../shared/training-data"))
    parser.add_argument("--out", type=Path, default=Path("runs/mini"))
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--steps", type=int, help="instead of minutes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--warm", type=Path, help="run folder that damo_train.warm_start has written")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    metrics = train(damo_mini(), load_things(options.data), captions(options.data), options.out, options.minutes, options.seed,
                    steps=options.steps, learning_rate=options.rate, warm=options.warm)
    print(json.dumps(metrics))


if __name__ == "__main__":
    main()
