"""Sixteen theatre clips on one picture, with what is asked about them: so that anyone can look at what damo-mini learns from.

    python -m damo_train.theatre.contact_sheet --data ../../shared/training-data --out reports/theatre.png [--seed 2026] [--split val]

Four frames a clip, evenly spaced; a strip of what is seen (blue) and heard (orange) over its seconds; three questions with
the right answer's times. Clips are drawn as theatre/clips.py draws the held-out suite. `--json` writes the same as text.
"""

import argparse
import colorsys
import json
import textwrap
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..language.questions import QuestionWriter
from ..language.things import known_things
from .clips import as_json, draw_clip, timeline_of
from .scenery import SceneMaker
from .soundtrack import SoundMixer

COLUMNS, FRAMES, FRAME, MARGIN = 2, 4, 120, 12
STRIP, LINE = 11, 12
EVENTS, QUESTIONS = 5, 3


def clip_of(maker: SceneMaker, mixer: SoundMixer, writer: QuestionWriter, things, rng: np.random.Generator) -> dict:
    seconds = float(rng.integers(12, 49) / 2)
    frames, seen = draw_clip(maker, rng, seconds)
    heard = [] if rng.random() < 0.2 else mixer.track(seconds, rng)[1]
    timeline = timeline_of(seen, [(s.label, s.start_seconds, s.end_seconds) for s in heard], seconds, things)
    picked = [frames[round((k + 0.5) * len(frames) / FRAMES)] for k in range(FRAMES)]
    events = [{"what": things[e.thing].phrase, "heard": things[e.thing].heard, "startSeconds": e.start / 2, "endSeconds": e.end / 2}
              for e in timeline.events]
    return {"seconds": seconds, "frames": picked, "events": events,
            "turns": [as_json(turn) for turn in writer.dialogue(timeline, QUESTIONS)]}


def answer_line(turn: dict) -> str:
    spans = ", ".join(f"{start:g}-{end:g} s" for start, end in turn["spans"])
    return f"{turn['question']}  ->  {'not there' if turn['absent'] else spans or turn['answer']}"


def draw(clips: list[dict]) -> Image.Image:
    width = FRAMES * (FRAME + 2)
    height = FRAME + EVENTS * STRIP + 2 * QUESTIONS * LINE + 14
    rows = (len(clips) + COLUMNS - 1) // COLUMNS
    sheet = Image.new("RGB", (COLUMNS * (width + MARGIN) + MARGIN, rows * (height + MARGIN) + MARGIN), (250, 250, 248))
    pen, small = ImageDraw.Draw(sheet), ImageFont.load_default(size=9)
    for index, clip in enumerate(clips):
        left = MARGIN + index % COLUMNS * (width + MARGIN)
        top = MARGIN + index // COLUMNS * (height + MARGIN)
        for k, frame in enumerate(clip["frames"]):
            frame = frame.copy()
            frame.thumbnail((FRAME, FRAME))
            sheet.paste((20, 20, 22), (left + k * (FRAME + 2), top, left + k * (FRAME + 2) + FRAME, top + FRAME))
            sheet.paste(frame, (left + k * (FRAME + 2) + (FRAME - frame.width) // 2, top + (FRAME - frame.height) // 2))
        y = top + FRAME + 3
        for event in clip["events"][:EVENTS]:
            start, end = (round(event[key] / clip["seconds"] * width) for key in ("startSeconds", "endSeconds"))
            shade = colorsys.hsv_to_rgb(0.08 if event["heard"] else 0.58, 0.35, 0.95)
            pen.rectangle((left + start, y, left + max(end, start + 2), y + STRIP - 2), fill=tuple(round(255 * v) for v in shade))
            pen.text((left + min(start + 2, width - 110), y - 1), f"{event['what']} {event['startSeconds']:g}-{event['endSeconds']:g} s",
                     fill=(20, 20, 20), font=small)
            y += STRIP
        y = top + FRAME + 5 + EVENTS * STRIP
        for turn in clip["turns"]:
            for line in textwrap.wrap(answer_line(turn), 98)[:2]:
                pen.text((left, y), line, fill=(150, 30, 30) if turn["absent"] else (30, 30, 30), font=small)
                y += LINE
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../../shared/training-data"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--count", type=int, default=16)
    parser.add_argument("--split", choices=["train", "val"], default="val")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rng, things = np.random.default_rng(options.seed), known_things(options.data)
    maker, mixer = SceneMaker(options.data, options.split, things), SoundMixer(options.data, options.split, things)
    writer = QuestionWriter(things, rng)
    clips = [clip_of(maker, mixer, writer, things, rng) for _ in range(options.count)]
    draw(clips).quantize(128, dither=Image.Dither.NONE).save(options.out, optimize=True)
    if options.json:
        for clip in clips:
            clip.pop("frames")
        options.json.write_text(json.dumps(clips, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
