"""Trains the audio encoder: to hear what YAMNet hears, and to name what sounds in every quarter of a second.

    python -m damo_train.data.soundscapes ...             (mixes the pool; may go on beside this)
    python -m damo_train.stages.distil_audio --data ../shared/training-data --weights ../shared/weights --pool POOL
        --out audio.pt --minutes 10 [--seed 0] [--threads 1] [--warm RUN/audio.pt]

The learning rate follows the clock; started again with the same `--out` it goes on where it stopped. `--warm` goes on from an
encoder without its heads (damo_train.warm_start), which learn alone for `--head-steps` steps.
"""

import argparse
import copy
import csv
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..data.soundscapes import MUSIC, SILENCE, SPEECH, TEACHER_TOKENS, ScapeMaker, draw_shard, sound_words
from ..data.teachers import SoundTeacher
from ..network.audio_encoder import AudioEncoder
from ..network.checkpoint import save_atomically
from ..network.precision import fast_autocast
from ..warm_start import settle_batch_norms
from .distil_vision import LIVELY_NEGATIVES, follow, scores

SAVE_SECONDS = 120
CLASSES, EMBEDDING = 521, 1024


class AudioHeads(nn.Module):
    def __init__(self, words: int, channels: int = 192):
        super().__init__()
        self.words = nn.Linear(channels, words)
        self.classes = nn.Linear(channels, CLASSES)
        self.teacher = nn.Linear(channels, EMBEDDING)
        nn.init.constant_(self.words.bias, -4)
        nn.init.constant_(self.classes.bias, -4)

    def forward(self, tokens: Tensor) -> dict[str, Tensor]:
        """tokens [N, 32, C] -> words [N, 32, W]; classes and teacher for each span of four tokens YAMNet heard."""
        spans = torch.stack([tokens[:, first : first + 4].mean(1) for first in TEACHER_TOKENS], dim=1)
        return {"words": self.words(tokens), "classes": self.classes(spans), "teacher": self.teacher(spans)}


class SoundPool:
    def __init__(self, folder: Path, words: int):
        self.folder, self.words, self.read = folder, words, set()
        self.shards: list[dict[str, np.ndarray]] = []
        self.scale: np.ndarray | None = None  # mean and deviation of the teacher's embedding

    def take_in(self) -> None:
        for path in sorted(self.folder.glob("train[0-9][0-9][0-9].npz")):
            if path not in self.read:
                self.read.add(path)
                with np.load(path) as file:
                    self.shards.append({name: file[name] for name in file.files})
        if self.scale is None and self.shards:
            rows = self.shards[0]["embedding"].reshape(-1, EMBEDDING).astype(np.float32)
            self.scale = np.stack([rows.mean(0), np.full(EMBEDDING, rows.std())])

    def __len__(self) -> int:
        return sum(len(shard["log_mel"]) for shard in self.shards)

    def batch(self, count: int, chance: np.random.Generator) -> dict[str, Tensor]:
        owner = chance.integers(0, len(self.shards), count)
        rows = [(self.shards[o], chance.integers(len(self.shards[o]["log_mel"]))) for o in owner]
        return self.tensors({name: np.stack([shard[name][row] for shard, row in rows]) for name in self.shards[0]})

    def tensors(self, found: dict[str, np.ndarray]) -> dict[str, Tensor]:
        heard = np.unpackbits(found["heard"], axis=-1, count=self.words).astype(np.float32)
        teacher = (found["embedding"].astype(np.float32) - self.scale[0]) / self.scale[1]
        return {
            "log_mel": torch.from_numpy(found["log_mel"]).float(),
            "heard": torch.from_numpy(heard),
            "scores": torch.from_numpy(found["scores"]).float(),
            "teacher": torch.from_numpy(teacher),
        }


LOG_FLOOR = 1e-6
MIXED = 0.4  # share of a batch that another window sounds along with


def mix_windows(batch: dict[str, Tensor], chance: np.random.Generator) -> None:
    """Two windows at once, as their powers add up: what is heard in either is heard, and silence only where both are silent. In place.

    It keeps some hundred recordings from being learned by heart, as `mix_places` does for pictures. Adds whole [B]: the window is
    one that the teacher heard.
    """
    count = len(batch["log_mel"])
    rows = np.flatnonzero(chance.random(count) < MIXED)
    batch["whole"] = torch.ones(count)
    if len(rows) == 0:
        return
    others = chance.integers(0, count, len(rows))
    gain = torch.from_numpy(chance.uniform(-2, 0, (len(rows), 1, 1)).astype(np.float32))  # of power: 0 to 9 dB softer
    one, other = (batch["log_mel"][which].exp() - LOG_FLOOR for which in (rows, others))
    heard = torch.maximum(batch["heard"][rows], batch["heard"][others])
    # Silence is the first word (data/soundscapes.py).
    silence = batch["heard"][rows][..., :1] * batch["heard"][others][..., :1]
    batch["log_mel"] = batch["log_mel"].clone()
    batch["log_mel"][rows] = torch.log(one.clamp(min=0) + other.clamp(min=0) * gain.exp() + LOG_FLOOR)
    batch["heard"] = batch["heard"].clone()
    batch["heard"][rows] = torch.cat([silence, heard[..., 1:]], dim=-1)
    batch["whole"][rows] = 0


def augment(log_mel: Tensor) -> Tensor:
    """Louder or softer, another microphone, a band or a moment missing; digital silence stays what it is."""
    count, frames, bands = log_mel.shape
    floor = math.log(LOG_FLOOR)
    gain = torch.randn(count, 1, 1) * 1.2
    tilt = torch.randn(count, 1, 1) * torch.linspace(-1, 1, bands) * 0.6
    power = (log_mel.exp() - LOG_FLOOR).clamp(min=0) * (gain + tilt).exp()
    out = torch.log(power + LOG_FLOOR)
    for row in range(count):
        if torch.rand(()) < 0.4:
            band = int(torch.randint(0, bands - 8, ()))
            out[row, :, band : band + int(torch.randint(2, 9, ()))] = floor
    return out


def losses(told: dict[str, Tensor], batch: dict[str, Tensor]) -> dict[str, Tensor]:
    told = {name: value.float() for name, value in told.items()}
    chance = torch.sigmoid(told["words"]).detach()
    entropy = F.binary_cross_entropy_with_logits(told["words"], batch["heard"], reduction="none")
    weight = torch.where(batch["heard"] > 0.5, torch.ones_like(chance), chance**LIVELY_NEGATIVES)
    away = 1 - F.cosine_similarity(told["teacher"], batch["teacher"], dim=-1)
    away = away + F.smooth_l1_loss(told["teacher"], batch["teacher"], reduction="none").mean(-1)
    classes = F.binary_cross_entropy_with_logits(told["classes"], batch["scores"], reduction="none").sum(-1)
    # The teacher never heard two windows at once.
    share = (batch["whole"] / batch["whole"].sum().clamp(min=1))[:, None]
    return {
        "words": (entropy * weight).sum(-1).mean(),
        "classes": (classes * share).sum(0).mean(),
        "teacher": (away * share).sum(0).mean(),
    }


LOSS_WEIGHTS = {"words": 1.0, "classes": 0.3, "teacher": 1.0}


class Exam:
    """Windows mixed from held-out sounds, voices and sentences."""

    def __init__(self, data: Path, weights: Path, words: list[str], pool: SoundPool, count: int = 150):
        maker = ScapeMaker(data, weights, "val", words, seed=9, utterances=30)
        self.words = words
        self.batch = pool.tensors(draw_shard(maker, 900_000_000, count, SoundTeacher(weights)))

    @torch.no_grad()
    def take(self, encoder: nn.Module, heads: nn.Module) -> dict[str, float]:
        encoder.eval()
        told = heads(encoder(self.batch["log_mel"]))
        chance, truth = torch.sigmoid(told["words"]).flatten(0, 1), self.batch["heard"].flatten(0, 1)
        single = [place for place, word in enumerate(self.words) if not word.startswith("any ")]
        found = {"teacher_cosine": F.cosine_similarity(told["teacher"], self.batch["teacher"], dim=-1).mean().item()}
        found |= scores("tokens", chance[:, single], truth[:, single])
        threshold = found["tokens_threshold"]
        each = []
        for place in single:
            if truth[:, place].sum() >= 8:
                each.append(scores("one", chance[:, place], truth[:, place])["one_average_precision"])
        found["tokens_mean_average_precision"], found["tokens_words_scored"] = float(np.mean(each)), len(each)
        for word in (SPEECH, MUSIC, SILENCE):
            place = self.words.index(word)
            guess, true = chance[:, place] > threshold, truth[:, place] > 0.5
            right = (guess & true).sum().item()
            found[f"{word}_f1"] = 2 * right / max(1, (guess.sum() + true.sum()).item())
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--warm", type=Path, help="encoder to go on from, written by damo_train.warm_start")
    parser.add_argument("--head-steps", type=int, default=200, help="with --warm: steps in which only the heads learn")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    chance = np.random.default_rng(arguments.seed)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)

    words = sound_words(arguments.data)
    both = nn.ModuleDict({"encoder": AudioEncoder(), "heads": AudioHeads(len(words))})
    average = copy.deepcopy(both)
    optimiser = torch.optim.AdamW(both.parameters(), weight_decay=0.02)
    pool = SoundPool(arguments.pool, len(words))
    step, spent_before = 0, 0.0
    if arguments.out.exists():
        state = torch.load(arguments.out, weights_only=False)
        both.load_state_dict(state["training"]["both"])
        average["encoder"].load_state_dict(state["model"])
        average["heads"].load_state_dict(state["heads"])
        optimiser.load_state_dict(state["training"]["optimiser"])
        step, spent_before, pool.scale = state["step"], state["training"]["seconds"], state["scale"].numpy()
        chance = np.random.default_rng([arguments.seed, step])
        torch.manual_seed(arguments.seed + step)

    pool.take_in()
    while len(pool) == 0:
        time.sleep(5)
        pool.take_in()
    exam = Exam(arguments.data, arguments.weights, words, pool)
    head_steps = arguments.head_steps if arguments.warm else 0
    if arguments.warm and step == 0:
        both["encoder"].load_state_dict(torch.load(arguments.warm, weights_only=False)["model"])
        windows = pool.batch(256, chance)["log_mel"]
        settle_batch_norms(both["encoder"], lambda: [both["encoder"](part) for part in windows.split(64)])
        average.load_state_dict(both.state_dict())
    curve = arguments.out.with_suffix(".csv")
    started = saved = looked = time.monotonic()
    running: dict[str, float] = {}
    progress = 0.0
    while progress < 1:
        now = time.monotonic()
        spent = spent_before + now - started
        progress = min(1.0, spent / (arguments.minutes * 60))
        if now - looked > 15:
            pool.take_in()
            looked = now
        heads_only = step < head_steps
        warm_up = min(1.0, (step + 1) / 20 if heads_only else (step - head_steps + 1) / 100)
        rate = arguments.rate * warm_up * (0.5 + 0.5 * math.cos(math.pi * progress)) + 1e-6
        for group in optimiser.param_groups:
            group["lr"] = rate
        batch = pool.batch(arguments.batch, chance)
        mix_windows(batch, chance)
        both["encoder"].train(not heads_only)
        with fast_autocast():
            with torch.set_grad_enabled(not heads_only):
                tokens = both["encoder"](augment(batch["log_mel"]))
            told = both["heads"](tokens)
        parts = losses(told, batch)
        optimiser.zero_grad(set_to_none=True)
        sum(LOSS_WEIGHTS[name] * part for name, part in parts.items()).backward()
        nn.utils.clip_grad_norm_(both.parameters(), 2.0)
        optimiser.step()
        step += 1
        follow(average, both, keep=min(0.997, 1 - 1 / (step + 1) ** 0.75))
        for name, part in parts.items():
            running[name] = running.get(name, part.item()) * 0.98 + part.item() * 0.02
        if step % 50 == 0:
            told_now = " ".join(f"{name} {value:.3f}" for name, value in running.items())
            print(f"{step} {spent:.0f}s pool {len(pool)} {told_now}", flush=True)
        if now - saved > SAVE_SECONDS or progress >= 1:
            metrics = exam.take(average["encoder"], average["heads"])
            row = {"step": step, "seconds": round(spent), "pool": len(pool), "rate": rate, **running, **metrics}
            fresh = not curve.exists()
            with open(curve, "a", newline="") as file:
                writer = csv.DictWriter(file, row)
                if fresh:
                    writer.writeheader()
                writer.writerow(row)
            training = {"both": both.state_dict(), "optimiser": optimiser.state_dict(), "seconds": spent}
            save_atomically({
                "model": average["encoder"].state_dict(), "heads": average["heads"].state_dict(), "step": step,
                "metrics": metrics, "scale": torch.from_numpy(pool.scale), "words": words, "training": training,
            }, arguments.out)
            print("saved", metrics, flush=True)
            saved = time.monotonic()


if __name__ == "__main__":
    main()
