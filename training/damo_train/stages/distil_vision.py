"""Trains the vision encoder: to feel what MobileNetV2 feels, and to name what is in the picture and where.

    python -m damo_train.data.picture_pool ...            (draws the pool; may go on beside this)
    python -m damo_train.stages.distil_vision --data ../shared/training-data --weights ../shared/weights --pool POOL
        --out vision.pt --minutes 40 [--seed 0] [--threads 1] [--warm RUN/vision.pt]

`--warm` goes on from an encoder without its heads (damo_train.warm_start): the new heads learn alone for `--head-steps` steps.
The learning rate follows the clock, so a run ends well after `--minutes` whatever the machine. Started again with the same
`--out` it goes on where it stopped. The heads are for training and for looking inside; they are not exported.
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

from ..data.archive import Archive
from ..data.picture_pool import draw_shard, load_maker, load_words
from ..data.pictures import SIDE
from ..data.teachers import PictureTeacher
from ..data.words import NOT_THINGS, Words, normalise
from ..network.checkpoint import save_atomically
from ..network.precision import fast_autocast
from ..network.vision_encoder import VisionEncoder
from ..warm_start import settle_batch_norms
from .muon import Muon

PLACES = 16
TEACHER_AXES = 256  # principal axes of the teacher's 1280 channels
SAVE_SECONDS = 150
LIVELY_NEGATIVES = 2.0  # how fast an easy "not there" loses weight (asymmetric loss, arXiv 2009.14119)


class VisionHeads(nn.Module):
    """What the tokens must tell: words, the words of each place, the teacher's features and classes."""

    def __init__(self, words: int, channels: int = 256, classes: int = 1001):
        super().__init__()
        self.words = nn.Linear(channels, words)
        self.place_words = nn.Linear(channels, words)
        self.main = nn.Linear(channels, words)
        self.teacher = nn.Linear(channels, TEACHER_AXES)
        self.place_teacher = nn.Linear(channels, TEACHER_AXES)
        self.classes = nn.Linear(channels, classes)
        for head in (self.words, self.place_words):
            nn.init.constant_(head.bias, -4.5)  # most words are not in most pictures

    def forward(self, patches: Tensor, whole: Tensor) -> dict[str, Tensor]:
        return {
            "words": self.words(whole),
            "place_words": self.place_words(patches),
            "main": self.main(whole),
            "teacher": torch.cat([self.teacher(whole)[:, None], self.place_teacher(patches)], dim=1),
            "classes": self.classes(whole),
        }


class TeacherAxes:
    """Principal axes of the teacher's features, scaled so that the mean square of a target is one."""

    def __init__(self, features: np.ndarray | None = None, state: dict | None = None):
        if state:
            self.mean, self.axes = state["mean"].numpy(), state["axes"].numpy()
            return
        rows = features.reshape(-1, features.shape[-1]).astype(np.float32)
        self.mean = rows.mean(0)
        values, vectors = np.linalg.eigh(np.cov((rows - self.mean)[::3].T))
        values, vectors = values[::-1][:TEACHER_AXES], vectors[:, ::-1][:, :TEACHER_AXES]
        # Half-whitened: the strong axes still weigh most, the weak ones are heard.
        scaled = vectors / np.maximum(values, 1e-4) ** 0.25
        self.axes = (scaled / math.sqrt((values**0.5).mean())).astype(np.float32)

    def state(self) -> dict:
        return {"mean": torch.from_numpy(self.mean), "axes": torch.from_numpy(np.ascontiguousarray(self.axes))}

    def project(self, features: np.ndarray) -> np.ndarray:
        return ((features.astype(np.float32) - self.mean) @ self.axes).astype(np.float16)


class Pool:
    """Shards read so far; `take_in` looks for new ones."""

    def __init__(self, folder: Path, axes: TeacherAxes | None):
        self.folder, self.axes, self.read = folder, axes, set()
        self.shards: list[dict[str, np.ndarray]] = []

    def take_in(self) -> None:
        for path in sorted(self.folder.glob("train[0-9][0-9][0-9].npz")):
            if path in self.read:
                continue
            with np.load(path) as file:
                shard = {name: file[name] for name in file.files}
            if "features" in shard:
                self.axes = self.axes or TeacherAxes(shard["features"])
                shard["features"] = self.axes.project(shard["features"])
            elif self.axes is None:
                continue
            self.read.add(path)
            self.shards.append(shard)

    def __len__(self) -> int:
        return sum(len(shard["main"]) for shard in self.shards)

    def batch(self, count: int, chance: np.random.Generator) -> dict[str, np.ndarray]:
        """Pictures with a teacher come first: 60 % of the batch, or all of it while there are no others."""
        taught = [shard for shard in self.shards if "features" in shard]
        labelled = [shard for shard in self.shards if "features" not in shard]
        split = count if not labelled else round(count * 0.6)
        parts = []
        for shards, number in ((taught, split), (labelled, count - split)):
            if number == 0:
                continue
            owner = chance.integers(0, len(shards), number)
            row = chance.integers(0, len(shards[0]["main"]), number)
            for name in shards[0]:
                parts.append((name, np.stack([shards[o][name][r] for o, r in zip(owner, row, strict=True)])))
        found: dict[str, list[np.ndarray]] = {}
        for name, part in parts:
            found.setdefault(name, []).append(part)
        return {name: np.concatenate(part) for name, part in found.items()}


def to_frames(pixels: np.ndarray | Tensor) -> Tensor:
    """uint8 RGB [N, H, W, 3] -> float G, B, R planes in 0..1 [N, 3, H, W], channels last in memory."""
    planes = torch.as_tensor(pixels)[..., [1, 2, 0]].permute(0, 3, 1, 2)  # a view: already channels last
    return planes.float().div_(255)


def spread(things: Tensor, places: Tensor, implied: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Things [B, 8] and their place masks -> words [B, W], words of places [B, 16, W], words at an unknown place [B, W]."""
    there = (things >= 0).float()
    switched = implied[things.clamp(min=0).long()] * there[..., None]
    bits = ((places.long()[..., None] >> torch.arange(PLACES)) & 1).float() * there[..., None]
    whole = switched.amax(1)
    local = torch.bmm(bits.transpose(1, 2), switched).clamp(max=1)
    nowhere = (bits.sum(-1) == 0).float() * there
    unknown = (switched * nowhere[..., None]).amax(1)
    return whole, local, unknown


def words_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Asymmetric binary cross entropy, elementwise: an easy negative hardly counts."""
    chance = torch.sigmoid(logits)
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return entropy * torch.where(target > 0.5, torch.ones_like(chance), chance.detach() ** LIVELY_NEGATIVES)


def losses(told: dict[str, Tensor], batch: dict[str, Tensor], implied: Tensor) -> dict[str, Tensor]:
    told = {name: value.float() for name, value in told.items()}
    whole, local, unknown = spread(batch["things"], batch["places"], implied)
    found = {"words": words_loss(told["words"], whole).sum(1).mean()}
    # A word at an unknown place is neither right nor wrong anywhere, but must be right somewhere.
    sure = 1 - unknown[:, None] * (1 - local)
    found["places"] = (words_loss(told["place_words"], local) * sure).sum(2).mean()
    highest = told["place_words"].amax(1)
    lost = unknown * (1 - local.amax(1))
    found["somewhere"] = (F.softplus(-highest) * lost).sum(1).mean()
    main = batch["main"].long()
    if (main >= 0).any():
        named = F.cross_entropy(told["main"], main, ignore_index=-1, label_smoothing=0.05, reduction="none")
        found["main"] = (named * batch["kept"]).sum() / (batch["kept"] * (main >= 0)).sum().clamp(min=1)
    taught = len(batch["features"])
    target = batch["features"].float()
    guess = told["teacher"][:taught]
    away = F.smooth_l1_loss(guess, target, reduction="none").mean(2) + 1 - F.cosine_similarity(guess, target, dim=-1)
    # The teacher never saw a picture made of two: its places still hold, its view of the whole does not.
    whole_ones = (batch["kept"][:taught] == 1).float()
    found["teacher"] = (away[:, 0] * whole_ones).sum() / whole_ones.sum().clamp(min=1) + away[:, 1:].mean()
    softened = F.log_softmax(told["classes"][:taught] / 2, dim=1)
    found["classes"] = F.kl_div(softened, batch["classes"], reduction="batchmean") * 2
    return found


MIXED = 0.5  # share of a batch that gets a piece of another picture


def mix_places(batch: dict[str, Tensor], chance: np.random.Generator) -> None:
    """CutMix (arXiv 1905.04899) on the grid of places: a rectangle of 2 to 8 of the 16 places comes from another picture, with
    what the teacher felt and what is seen there. It keeps a few thousand items from being learned by heart. In place.

    Adds kept [B], the share of a picture that is its own, and classes [taught, 1001], the teacher's softened classes by that share.
    """
    count, taught = len(batch["frames"]), len(batch["features"])
    batch["kept"] = torch.ones(count)
    batch["classes"] = F.softmax(batch["logits"].float() / 2, dim=1)
    batch["places"], batch["things"] = batch["places"].long(), batch["things"].long()
    frames, features = batch["frames"].clone(), batch["features"].clone()
    things = torch.full((count, 2 * batch["things"].shape[1]), -1)
    places = torch.zeros_like(things)
    slots = batch["things"].shape[1]
    things[:, :slots], places[:, :slots] = batch["things"], batch["places"]
    for row in np.flatnonzero(chance.random(taught) < MIXED):
        other = int(chance.integers(0, taught))
        high, wide = (int(side) for side in ((1, 2), (2, 1), (2, 2), (2, 3), (3, 2), (4, 2), (2, 4))[chance.integers(0, 7)])
        top, left = int(chance.integers(0, 5 - high)), int(chance.integers(0, 5 - wide))
        cell = frames.shape[-1] // 4
        there = (slice(top * cell, (top + high) * cell), slice(left * cell, (left + wide) * cell))
        frames[row][:, there[0], there[1]] = batch["frames"][other][:, there[0], there[1]]
        taken = torch.zeros(4, 4, dtype=torch.bool)
        taken[top : top + high, left : left + wide] = True
        taken = taken.reshape(-1)
        mask = int((taken.long() << torch.arange(PLACES)).sum())
        features[row, 1:][taken] = batch["features"][other, 1:][taken]
        own, foreign = batch["places"][row] & ~mask, batch["places"][other] & mask
        # A thing that is covered whole is gone; one at an unknown place may still be there.
        stays = (own != 0) | (batch["places"][row] == 0)
        things[row, :slots] = torch.where(stays, batch["things"][row], -1)
        things[row, slots:] = torch.where(foreign != 0, batch["things"][other], -1)
        places[row] = torch.cat([own, foreign])
        share = high * wide / PLACES
        batch["kept"][row] = 1 - share
        batch["classes"][row].lerp_(F.softmax(batch["logits"][other].float() / 2, dim=0), share)
    batch |= {"frames": frames, "features": features, "things": things, "places": places}


LOSS_WEIGHTS = {"words": 0.5, "places": 0.7, "somewhere": 0.3, "main": 0.7, "teacher": 2.0, "classes": 0.7}


def augment(batch: dict[str, Tensor], chance: np.random.Generator) -> None:
    """What keeps the teacher's answer true: half of the batch mirrored, light changed a little. In place."""
    count = len(batch["pixels"])
    mirrored = torch.from_numpy(chance.random(count) < 0.5)
    pixels = batch.pop("pixels")
    pixels[mirrored] = pixels[mirrored].flip(2)
    gain = torch.from_numpy(chance.uniform(0.85, 1.15, (count, 3, 1, 1)).astype(np.float32))
    batch["frames"] = to_frames(pixels).mul_(gain).clamp_(0, 1)
    order = torch.arange(PLACES).view(4, 4).flip(1).reshape(-1)
    places = batch["places"].long()
    bits = (places[..., None] >> torch.arange(PLACES)) & 1
    turned = (bits[..., order] << torch.arange(PLACES)).sum(-1)
    batch["places"] = torch.where(mirrored[:, None], turned, places)
    features = batch["features"]
    swapped = torch.cat([features[:, :1], features[:, 1:][:, order]], dim=1)
    batch["features"] = torch.where(mirrored[: len(features), None, None], swapped, features)


def implied_matrix(words: Words) -> Tensor:
    implied = torch.zeros(len(words), len(words))
    for word, others in enumerate(words.implied):
        implied[word, others] = 1
    return implied


# -- evaluation


@torch.no_grad()
def tell(encoder: nn.Module, heads: nn.Module, pixels: np.ndarray) -> dict[str, Tensor]:
    encoder.eval()
    with fast_autocast():
        parts = [heads(*encoder(to_frames(pixels[start : start + 64].copy()))) for start in range(0, len(pixels), 64)]
    return {name: torch.cat([part[name] for part in parts]).float() for name in parts[0]}


class Exam:
    """Held-out photos as they are, and held-out pictures drawn as for training."""

    def __init__(self, data: Path, weights: Path, words: Words, axes: TeacherAxes, drawn: int = 600):
        photos = Archive(data, "photos")
        items = [item for item in photos.split("val") if item.label not in NOT_THINGS]
        self.photo_pixels = np.stack([np.asarray(photos.photo(item).resize((SIDE, SIDE))) for item in items])
        self.photo_main = torch.tensor([words.index[normalise(item.label)] for item in items])
        maker = load_maker(data, None, "val", words)
        self.drawn = draw_shard(maker, words, 900_000_000, drawn, PictureTeacher(weights))
        self.drawn["features"] = axes.project(self.drawn["features"])
        self.implied = implied_matrix(words)
        self.words = words
        self.photo_words = sorted({words.index[normalise(i.label)] for i in photos.items if i.label not in NOT_THINGS})

    def take(self, encoder: nn.Module, heads: nn.Module, every: int = 1) -> dict[str, float]:
        """On every `every`-th picture."""
        told = tell(encoder, heads, self.photo_pixels[::every])
        among = told["main"][:, self.photo_words]
        names = torch.tensor(self.photo_words)
        top = names[among.topk(5, dim=1).indices]
        right = top == self.photo_main[::every, None]
        found = {"photo_top1": right[:, 0].float().mean().item(), "photo_top5": right.any(1).float().mean().item()}
        told = tell(encoder, heads, self.drawn["pixels"][::every])
        target = torch.from_numpy(self.drawn["features"][::every]).float()
        cosine = F.cosine_similarity(told["teacher"], target, dim=-1)
        found["teacher_cosine_global"] = cosine[:, 0].mean().item()
        found["teacher_cosine_places"] = cosine[:, 1:].mean().item()
        things, places = (torch.from_numpy(self.drawn[name][::every].astype(np.int64)) for name in ("things", "places"))
        whole, local, unknown = spread(things, places, self.implied)
        found |= scores("drawn", torch.sigmoid(told["words"]), whole)
        seen = (unknown.sum(1) == 0) & (whole.sum(1) > 0)
        located = torch.sigmoid(told["place_words"][seen]).flatten(0, 1)
        found |= scores("places", located, local[seen].flatten(0, 1))
        return found


def scores(name: str, chance: Tensor, truth: Tensor) -> dict[str, float]:
    """Micro precision and recall at one threshold (the one of best F1) and micro average precision, as 0..1."""
    flat, hits = chance.flatten().numpy(), truth.flatten().numpy()
    order = np.argsort(-flat)
    right = np.cumsum(hits[order])
    precision, recall = right / np.arange(1, len(right) + 1), right / max(1, hits.sum())
    best = int(np.argmax(2 * precision * recall / np.maximum(precision + recall, 1e-9)))
    return {
        f"{name}_precision": float(precision[best]),
        f"{name}_recall": float(recall[best]),
        f"{name}_threshold": float(flat[order[best]]),
        f"{name}_average_precision": float((precision * hits[order]).sum() / max(1, hits.sum())),
    }


# -- the run


def make_optimisers(encoder: VisionEncoder, heads: VisionHeads) -> list[torch.optim.Optimizer]:
    """Muon for what mixes channels inside the encoder, AdamW for heads, norms, biases and positions."""
    mixing: dict[int, list[nn.Parameter]] = {}
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            mixing.setdefault(getattr(module, "groups", 1), []).append(module.weight)
    chosen = {id(weight) for weights in mixing.values() for weight in weights}
    rest = [p for p in [*encoder.parameters(), *heads.parameters()] if id(p) not in chosen]
    return [
        Muon([{"params": weights, "groups": groups} for groups, weights in mixing.items()], weight_decay=0.05),
        torch.optim.AdamW([{"params": [p for p in rest if p.ndim == 2], "weight_decay": 0.05},
                           {"params": [p for p in rest if p.ndim != 2], "weight_decay": 0}]),
    ]


def warm_encoder(encoder: VisionEncoder, file: Path, pool: "Pool", chance: np.random.Generator) -> None:
    """Weights of a bundle, with batch norms that fit the pool's pictures."""
    encoder.load_state_dict(torch.load(file, weights_only=False)["model"])
    pixels = pool.batch(512, chance)["pixels"]
    settle_batch_norms(encoder, lambda: [encoder(to_frames(pixels[at : at + 64].copy())) for at in range(0, len(pixels), 64)])


@torch.no_grad()
def follow(average: nn.Module, current: nn.Module, keep: float) -> None:
    for slow, fast in zip(average.state_dict().values(), current.state_dict().values(), strict=True):
        if slow.dtype.is_floating_point:
            slow.lerp_(fast, 1 - keep)
        else:
            slow.copy_(fast)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--warm", type=Path, help="encoder to go on from, written by damo_train.warm_start")
    parser.add_argument("--head-steps", type=int, default=200, help="with --warm: steps in which only the heads learn")
    parser.add_argument("--compile", action="store_true", help="a minute of compiling, then about a fifth faster")
    parser.add_argument("--optimiser", choices=["muon", "adamw"], default="muon")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    chance = np.random.default_rng(arguments.seed)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)

    words = load_words(arguments.data, arguments.weights)
    implied = implied_matrix(words)
    encoder = VisionEncoder().to(memory_format=torch.channels_last)
    heads = VisionHeads(len(words))
    both = nn.ModuleDict({"encoder": encoder, "heads": heads})
    average = copy.deepcopy(both)
    if arguments.optimiser == "muon":
        optimisers = make_optimisers(encoder, heads)
    else:
        decayed = [p for p in both.parameters() if p.ndim > 1]
        plain = [p for p in both.parameters() if p.ndim <= 1]
        optimisers = [torch.optim.AdamW([{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0}])]
    step, spent_before, axes = 0, 0.0, None
    head_steps = arguments.head_steps if arguments.warm else 0
    if arguments.out.exists():
        state = torch.load(arguments.out, weights_only=False)
        both.load_state_dict(state["training"]["both"])
        average["encoder"].load_state_dict(state["model"])
        average["heads"].load_state_dict(state["heads"])
        if len(state["training"]["optimisers"]) == len(optimisers):
            for optimiser, values in zip(optimisers, state["training"]["optimisers"], strict=True):
                optimiser.load_state_dict(values)
        step, spent_before, axes = state["step"], state["training"]["seconds"], TeacherAxes(state=state["axes"])
        chance = np.random.default_rng([arguments.seed, step])

    pool = Pool(arguments.pool, axes)
    pool.take_in()
    while len(pool) == 0:
        time.sleep(5)
        pool.take_in()
    exam = Exam(arguments.data, arguments.weights, words, pool.axes)
    if arguments.warm and step == 0:
        warm_encoder(encoder, arguments.warm, pool, chance)
        average.load_state_dict(both.state_dict())
    look = torch.compile(encoder) if arguments.compile else encoder
    curve = arguments.out.with_suffix(".csv")
    started = saved = looked = time.monotonic()
    running: dict[str, float] = {}
    progress = 0.0
    while progress < 1:
        now = time.monotonic()
        spent = spent_before + now - started
        progress = min(1.0, spent / (arguments.minutes * 60))
        if now - looked > 20:
            pool.take_in()
            looked = now
        heads_only = step < head_steps
        warm_up = min(1.0, (step + 1 if heads_only else step - head_steps + 1) / (20 if heads_only else 150))
        rate = arguments.rate * warm_up * (0.5 + 0.5 * math.cos(math.pi * progress)) + 1e-6
        for group in (group for optimiser in optimisers for group in optimiser.param_groups):
            group["lr"] = rate
        batch = {name: torch.from_numpy(value.astype(np.int32) if value.dtype == np.uint16 else value)
                 for name, value in pool.batch(arguments.batch, chance).items()}
        augment(batch, chance)
        mix_places(batch, chance)
        encoder.train(not heads_only)
        with fast_autocast():
            with torch.set_grad_enabled(not heads_only):
                tokens = (encoder if heads_only else look)(batch["frames"])
            told = heads(*tokens)
        parts = losses(told, batch, implied)
        loss = sum(LOSS_WEIGHTS[name] * part for name, part in parts.items())
        for optimiser in optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(both.parameters(), 2.0)
        for optimiser in optimisers:
            optimiser.step()
        step += 1
        follow(average, both, keep=min(0.998, 1 - 1 / (step + 1) ** 0.75))
        for name, part in parts.items():
            running[name] = running.get(name, part.item()) * 0.98 + part.item() * 0.02
        if step % 50 == 0:
            told_now = " ".join(f"{name} {value:.3f}" for name, value in running.items())
            print(f"{step} {spent:.0f}s pool {len(pool)} {step * arguments.batch / spent:.0f}/s {told_now}", flush=True)
        if now - saved > SAVE_SECONDS or progress >= 1:
            metrics = exam.take(average["encoder"], average["heads"], every=1 if progress >= 1 else 3)
            row = {"step": step, "seconds": round(spent), "pool": len(pool), "rate": rate, **running, **metrics}
            fresh = not curve.exists()
            with open(curve, "a", newline="") as file:
                writer = csv.DictWriter(file, row)
                if fresh:
                    writer.writeheader()
                writer.writerow(row)
            training = {"both": both.state_dict(), "optimisers": [optimiser.state_dict() for optimiser in optimisers],
                        "seconds": spent}
            save_atomically({
                "model": average["encoder"].state_dict(), "heads": average["heads"].state_dict(), "step": step,
                "metrics": metrics, "axes": pool.axes.state(), "words": words.names, "training": training,
            }, arguments.out)
            print("saved", metrics, flush=True)
            saved = time.monotonic()


if __name__ == "__main__":
    main()
