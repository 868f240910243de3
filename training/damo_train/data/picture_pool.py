"""Draws the pool of pictures for `distil_vision` in shards of 1000, with the teacher's features on every other shard, or on all.

    python -m damo_train.data.picture_pool --data ../shared/training-data --weights ../shared/weights --out POOL
        [--worker 0 --workers 2] [--shards 40] [--taught-every 1]

Runs beside the training: the trainer takes in shards as they appear. Shard s holds pictures 1000 s .. 1000 s + 999 of the seed.
"""

import argparse
import json
import os
from pathlib import Path

import numpy as np

from .archive import Archive, captions
from .pictures import THINGS, PictureMaker
from .teachers import PictureTeacher, ThingTeacher
from .words import Words

SHARD = 1000


def load_words(data: Path | str, weights: Path | str) -> Words:
    items = [item for kind in ("photos", "cutouts") for item in Archive(data, kind).items]
    coco = (Path(weights) / "yolox-nano-coco/coco_labels.txt").read_text().split("\n")[:80]
    return Words([(item.label, item.fields["group"]) for item in items], coco)


def load_maker(data: Path | str, boxes: Path | str | None, split: str, words: Words) -> PictureMaker:
    sentences = [line["captions"][0] for line in captions(data, "scenes") if line["split"] == split]
    return PictureMaker(data, boxes, split, words, sentences)


def draw_shard(maker: PictureMaker, words: Words, seed: int, count: int, teacher: PictureTeacher | None) -> dict:
    pictures = [maker.make(seed + index) for index in range(count)]
    things = np.full((count, THINGS), -1, np.int16)
    places = np.zeros((count, THINGS), np.uint16)
    for row, picture in enumerate(pictures):
        for slot, (word, mask) in enumerate(picture.things):
            things[row, slot], places[row, slot] = words.index[word], mask
    shard = {
        "pixels": np.stack([picture.pixels for picture in pictures]),
        "things": things,
        "places": places,
        "main": np.array([words.index[picture.main] if picture.main else -1 for picture in pictures], np.int16),
    }
    if teacher:
        looked = [teacher.look(shard["pixels"][start : start + 16]) for start in range(0, count, 16)]
        shard["features"] = np.concatenate([features for features, _ in looked]).astype(np.float16)
        shard["logits"] = np.concatenate([logits for _, logits in looked]).astype(np.float16)
    return shard


def save_shard(path: Path, shard: dict) -> None:
    """Whole or not at all: the trainer may be looking."""
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, **shard)
    os.replace(partial, path)


def find_boxes(data: Path | str, weights: Path | str, path: Path, threads: int = 1) -> None:
    """The detector's boxes on every training photo, once; two minutes on a core."""
    photos, teacher = Archive(data, "photos"), ThingTeacher(weights, threads)
    found = {item.key: teacher.boxes(photos.photo(item)) for item in photos.split("train")}
    path.write_text(json.dumps(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shards", type=int, default=40)
    parser.add_argument("--worker", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--taught-every", type=int, default=2, help="1: the teacher looks at all shards (half as fast to draw)")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    boxes = arguments.out / "boxes.json"
    if not boxes.exists():
        find_boxes(arguments.data, arguments.weights, boxes)
    words = load_words(arguments.data, arguments.weights)
    maker = load_maker(arguments.data, boxes, "train", words)
    teacher = PictureTeacher(arguments.weights)
    for number in range(arguments.worker, arguments.shards, arguments.workers):
        path = arguments.out / f"train{number:03d}.npz"
        if path.exists():
            continue
        # With two workers, each has every second (or `--taught-every`-th) of its own shards taught.
        taught = (number // arguments.workers) % arguments.taught_every == 0
        seed = (arguments.seed + 1) * 10_000_000 + number * SHARD
        save_shard(path, draw_shard(maker, words, seed, SHARD, teacher if taught else None))
        print(path.name, flush=True)


if __name__ == "__main__":
    main()
