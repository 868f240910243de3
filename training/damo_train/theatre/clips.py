"""Writes held-out theatre clips as real mp4 files with the questions asked about them, for `damo eval theatre`.

    python -m damo_train.theatre.clips --data ../../shared/training-data --out /some/folder --count 60 --seed 77

Items come from the val split alone. Each clip is drawn frame by frame at 12 frames a second, mixed with its soundtrack and
encoded by ffmpeg, so that the whole path of the product is measured. `suite.jsonl` holds one clip a line:
{"clip": file, "durationSeconds": s, "events": [...], "turns": [{"question", "family", "spans": [[start, end]], "absent", "says", "names"}]}: what makes an answer
right is in core/evaluation.ts.
The file gets its name when all clips are there. --free takes only items whose licences ask for attribution and no more, and names
each in attribution.md: tests/eval/theatre is made so.
"""

import argparse
import json
import re
import subprocess
import wave
from pathlib import Path

import numpy as np
from PIL import Image

from ..language.questions import QuestionWriter, Turn
from ..language.things import Thing, known_things, normalise
from ..language.timeline import SLOTS_PER_WINDOW, Event, Timeline, merge_touching
from ..data.archive import Item
from .scenery import SceneMaker, choose, photo_base
from .soundtrack import RATE, SoundMixer

FPS = 12
SHAPES = ((640, 360), (640, 360), (480, 480), (360, 640))
OFFSET_SECONDS = 0.5


def spoken_time(match: re.Match) -> str:
    """`<w1><t4>` as a person would type it."""
    seconds = int(match[1]) * SLOTS_PER_WINDOW * OFFSET_SECONDS + int(match[2]) * OFFSET_SECONDS
    return f" {int(seconds // 60)}:{int(seconds % 60):02d}"


def draw_clip(maker: SceneMaker, rng: np.random.Generator, seconds: float):
    """Frames of a clip and what is seen in it as (label, start second, end second)."""
    shape = SHAPES[int(rng.integers(len(SHAPES)))]
    frames, seen, at = [], [], 0.0
    while at < seconds - 0.01:
        length = min(seconds - at, max(2.0, round(rng.gamma(2.2, 2.6) * 2) / 2))
        if seconds - at - length < 1.5:
            length = seconds - at
        if rng.random() < 0.4:
            label = choose(list(maker.by_label), rng)
            item = choose(maker.by_label[label], rng)
            image = maker.photos.photo(item)
            base, labels, casts = photo_base(image, rng, 0.75), (normalise(item.label),), []
            picture_of = lambda t: base  # noqa: E731
        else:
            scene = maker.scene(rng)
            labels, casts = scene.base_labels, []
            for actor in scene.actors:
                stay = float(np.clip(round(rng.gamma(2.0, 2.0) * 2) / 2, 1.0, length))
                start = round(rng.uniform(0, length - stay) * 2) / 2
                casts.append((actor.label, start, min(length, start + stay)))
            picture_of = lambda t: scene.frame(tuple(s <= t < e for _, s, e in casts), int(t * 1.5))  # noqa: E731
        seen += [(label, at, at + length) for label in labels]
        seen += [(label, at + start, at + end) for label, start, end in casts]
        for k in range(round(length * FPS)):
            frames.append(picture_of(k / FPS).resize(shape, Image.Resampling.BILINEAR))
        at += length
    return frames, seen


def timeline_of(seen, heard, seconds: float, things: list[Thing]) -> Timeline:
    index = {(thing.name, thing.heard): i for i, thing in enumerate(things)}
    slots = max(1, round(seconds / OFFSET_SECONDS))
    events = []
    for is_heard, entries in ((False, seen), (True, heard)):
        for label, start, end in entries:
            thing = index.get((label, is_heard))
            first, last = round(start / OFFSET_SECONDS), min(slots, max(round(end / OFFSET_SECONDS), round(start / OFFSET_SECONDS) + 1))
            if thing is not None and first < last:
                events.append(Event(thing, first, last))
    windows = (slots + SLOTS_PER_WINDOW - 1) // SLOTS_PER_WINDOW
    return Timeline(windows, slots, tuple(merge_touching(events)))


def write_mp4(frames, samples: np.ndarray | None, file: Path) -> None:
    width, height = frames[0].size
    command = ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(FPS), "-i", "pipe:0"]
    sound = file.with_suffix(".wav")
    if samples is not None:
        with wave.open(str(sound), "wb") as out:
            out.setnchannels(1), out.setsampwidth(2), out.setframerate(RATE)
            out.writeframes((samples * 32767).astype("<i2").tobytes())
        command += ["-i", str(sound), "-c:a", "aac", "-b:a", "96k"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "25", "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(file)]
    subprocess.run(command, input=b"".join(frame.tobytes() for frame in frames), check=True)
    sound.unlink(missing_ok=True)


def as_json(turn: Turn) -> dict:
    """A turn of a suite. What happens at a time is judged by what is named; the moments that tell it reach into the second asked about."""
    question = re.sub(r" ?<w(\d+)><t(\d+)>", spoken_time, turn.question)
    spans = [[s * OFFSET_SECONDS, e * OFFSET_SECONDS] for s, e in turn.spans]
    where = {"spans": spans}
    if turn.family == "what_at" and spans:
        second = int(spans[0][0])  # as `spoken_time` says it
        where = {"spans": [], "within": [second, second + 1]}
    return {"question": question + "?", "family": turn.family, "absent": turn.answer.startswith("<absent>"), **where,
            **({"says": turn.says} if turn.says else {}), **({"names": turn.names} if turn.names else {}),
            "answer": re.sub(r"<[^>]+>", "", turn.answer).strip()}


SOURCES = {"caltech101": "Caltech-101 (Li, Andreetto, Ranzato, Perona)", "grocerystore": "Grocery Store Dataset (Copyright (c) 2019 Marcus Klasson)",
           "clothing": "Clothing dataset (Alexey Grigorev)", "coco": "COCO", "wallpapers": "elementary wallpapers",
           "twemoji": "Twemoji (Twitter, Inc. and other contributors)", "noto": "Noto Emoji (Google)", "berklee": "Berklee College of Music / OLPC",
           "esc10": "ESC-10 (Karol J. Piczak)", "modsounds": "mod-sounds", "sonicpi": "Sonic Pi", "maxaudio": "MAX Audio Classifier samples",
           "salamander": "Salamander Grand Piano (Alexander Holm)"}


def attribution(items: list[Item]) -> str:
    """Each item that went into the clips, by its source."""
    lines = ["# Where the clips come from", "", "Made by `training/damo_train/theatre/clips.py` (`script/make-theatre --small`). Composition and movement are ours, under the",
             "licence of this repository. Placed into the clips, cropped, scaled, turned and mixed:"]
    for source in sorted({item.fields["source"] for item in items}):
        lines += ["", f"## {SOURCES[source]}", ""]
        named = []
        for item in sorted((item for item in items if item.fields["source"] == source), key=lambda item: item.key):
            by = f", {item.fields['author']}" if item.fields.get("author") else ""
            where = f" <{item.fields['url']}>" if item.fields.get("url") else ""
            named.append(f"- `{item.fields['orig']}`{by}, {item.fields['licence']}.{where}")
        lines += dict.fromkeys(named)  # several items may be cut from one original
    lines += ["", "Licence texts: <https://creativecommons.org/licenses/by/4.0/>, <https://creativecommons.org/licenses/by/3.0/>,",
              "<https://creativecommons.org/licenses/by/2.0/>, <https://creativecommons.org/publicdomain/zero/1.0/>, <https://opensource.org/license/mit>."]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../../shared/training-data"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--free", action="store_true", help="no share-alike items; writes attribution.md")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(options.seed)
    things = known_things(options.data)
    maker, mixer = SceneMaker(options.data, "val", things, options.free), SoundMixer(options.data, "val", things, options.free)
    writer = QuestionWriter(things, rng)
    unfinished = options.out / "suite.jsonl.part"
    with open(unfinished, "w", encoding="utf-8") as suite:
        for index in range(options.count):
            seconds = float(rng.integers(10, 61) / 2)
            frames, seen = draw_clip(maker, rng, seconds)
            samples, heard = (None, []) if rng.random() < 0.2 else mixer.track(seconds, rng)
            soundings = [(s.label, s.start_seconds, s.end_seconds) for s in heard]
            timeline = timeline_of(seen, soundings, seconds, things)
            file = options.out / f"theatre-{options.seed}-{index:03d}.mp4"
            write_mp4(frames, samples, file)
            turns = writer.dialogue(timeline, options.turns)
            events = [{"what": things[e.thing].phrase, "startSeconds": e.start / 2, "endSeconds": e.end / 2} for e in timeline.events]
            suite.write(json.dumps({"clip": file.name, "durationSeconds": seconds, "events": events,
                                    "turns": [as_json(turn) for turn in turns]}) + "\n")
    if options.free:
        used = [item for archive in (maker.photos, maker.cutouts, mixer.archive) for item in archive.read_items.values()]
        (options.out / "attribution.md").write_text(attribution(used), encoding="utf-8")
    unfinished.replace(options.out / "suite.jsonl")


if __name__ == "__main__":
    main()
