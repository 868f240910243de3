"""Makes the demo clip: a calm meadow of our own drawing, where things come, sound and go at known seconds.

The meadow, the wind and every movement are made here; three cut-outs and two sounds come from the validation split of
../shared/training-data, so the shipped model was not trained on them, and carry licences that ask for attribution only.
Writes NAME.mp4 (H.264 + AAC, plays in browsers), NAME.json (what happens when) and NAME.attribution.md.

    script/make-demo-clip
"""

import argparse
import json
import math
import subprocess
import tempfile
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .data.archive import SAMPLE_RATE_HZ, Archive, Item

WIDTH, HEIGHT, FRAME_RATE = 640, 360, 25
DURATION_SECONDS = 24.0
HORIZON = 0.56  # of the height
SOURCES = {"caltech101": "Caltech-101 (Li, Andreetto, Ranzato, Perona; CaltechDATA 10.22002/D1.20086)",
           "esc10": "ESC-10 (Karol J. Piczak)"}


@dataclass(frozen=True)
class Actor:
    """A cut-out that is in the picture during [start, end) and moves as `path` says."""

    thing: str
    file: str  # in cutouts/index.jsonl
    start_seconds: float
    end_seconds: float
    height: float  # of the frame's height
    faces_left: bool
    path: Callable[[float], tuple[float, float, float]]  # seconds since start -> centre x, centre y (0..1), turn in degrees
    shadow: bool = True


@dataclass(frozen=True)
class Sound:
    thing: str
    file: str  # in sounds/index.jsonl
    start_seconds: float
    times: int  # said this often, a short breath apart
    gap_seconds: float = 0.25


def rolls_across(seconds: float) -> tuple[float, float, float]:
    """In from the left, out at the right, turning as far as it rolls."""
    x = -0.10 + 1.20 * seconds / 5.0
    return x, 0.74, -360 * x * 1.5


def flutters(seconds: float) -> tuple[float, float, float]:
    """Down from the upper right edge, about the middle, away over the left one."""
    x = 1.20 - 1.40 * seconds / 4.5
    y = 0.42 + 0.10 * math.sin(seconds * 2.4) + 0.02 * math.sin(seconds * 14)
    return x, y, 10 * math.sin(seconds * 3.1)


def struts(seconds: float) -> tuple[float, float, float]:
    """In from the left, stands while it crows, walks on and out at the right; bobs while it walks."""
    walked = min(seconds, 1.5) + max(0.0, seconds - 3.9)
    x = -0.14 + 0.64 * min(walked, 1.5) / 1.5 + 0.64 * max(0.0, walked - 1.5) / 1.1
    bob = 0.012 * abs(math.sin(walked * 9))
    return x, 0.60 - bob, 0.0


ACTORS = (
    Actor("soccer ball", "photo/soccer-ball/caltech101-soccer-ball-image-0040.png", 3.0, 8.0, 0.42, False, rolls_across),
    Actor("butterfly", "photo/butterfly/caltech101-butterfly-image-0088.png", 10.5, 15.0, 0.50, False, flutters, shadow=False),
    Actor("rooster", "photo/rooster/caltech101-rooster-image-0028.png", 17.0, 22.0, 0.66, False, struts),
)
SOUNDS = (
    Sound("dog bark", "dog-bark/esc10-5-231762-a.ogg", 5.0, 2),
    Sound("rooster", "rooster/esc10-3-137152-a.ogg", 18.6, 1),
)


def meadow(rng: np.random.Generator) -> Image.Image:
    """Sky, far hills and grass at four times the pixels, scaled down for smooth edges."""
    width, height = WIDTH * 2, HEIGHT * 2
    horizon = round(height * HORIZON)
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    high = rows / HORIZON
    sky = np.array([112, 170, 226], np.float32) * (1 - high) + np.array([228, 238, 240], np.float32) * high
    grass = np.array([126, 172, 84], np.float32) * (1 - rows) + np.array([58, 112, 44], np.float32) * rows
    pixels = np.where(rows < HORIZON, sky, grass)
    picture = Image.fromarray(np.broadcast_to(pixels, (height, width, 3)).clip(0, 255).astype(np.uint8).copy())

    clouds = Image.new("L", picture.size)
    draw = ImageDraw.Draw(clouds)
    for centre_x, centre_y, size in ((260, 130, 1.0), (760, 90, 0.8), (1080, 180, 1.1)):
        for _ in range(9):
            x, y = centre_x + rng.normal(0, 70) * size, centre_y + rng.normal(0, 12) * size
            r = rng.uniform(22, 46) * size
            draw.ellipse((x - 1.6 * r, y - 0.7 * r, x + 1.6 * r, y + 0.7 * r), fill=210)
    picture.paste((252, 252, 250), mask=clouds.filter(ImageFilter.GaussianBlur(14)))

    draw = ImageDraw.Draw(picture)
    for shade, base, tall, waves in (((128, 160, 150), 0, 92, (2.1, 5.3)), ((112, 156, 108), 14, 58, (3.2, 7.1))):
        phase = rng.uniform(0, 6.28, 2)
        crest = [(x, horizon + base - tall * (0.55 + 0.3 * math.sin(waves[0] * x / width * 3 + phase[0])
                                              + 0.15 * math.sin(waves[1] * x / width * 3 + phase[1]))) for x in range(0, width + 8, 8)]
        draw.polygon([(0, horizon + 40), *crest, (width, horizon + 40)], fill=shade)
    meadow_edge = [(x, horizon + 16 + 8 * math.sin(x / 170)) for x in range(0, width + 8, 8)]
    draw.polygon([(0, height), *meadow_edge, (width, height)], fill=(118, 166, 80))
    for _ in range(5200):  # blades: longer and darker towards us
        x, near = rng.uniform(0, width), rng.random() ** 0.7
        y = horizon + 26 + near * (height - horizon - 26)
        long, lean = 5 + 22 * near, rng.normal(0, 3 + 5 * near)
        tone = rng.uniform(-16, 16)
        shade = tuple(int(v + tone) for v in (112 - 46 * near, 162 - 42 * near, 76 - 26 * near))
        draw.line((x, y, x + lean, y - long), fill=shade, width=1 + round(1.4 * near))
    for _ in range(46):
        x, near = rng.uniform(0, width), rng.uniform(0.15, 1)
        y, r = horizon + 30 + near * (height - horizon - 50), 2 + 4 * near
        draw.ellipse((x - r, y - r, x + r, y + r), fill=((250, 246, 240), (246, 214, 92))[int(rng.integers(2))])
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def draw_actor(picture: Image.Image, actor: Actor, image: Image.Image, seconds: float) -> None:
    x, y, turn = actor.path(seconds - actor.start_seconds)
    tall = actor.height * HEIGHT
    cut = image.resize((round(image.width * tall / image.height), round(tall)), Image.Resampling.LANCZOS)
    if turn:
        cut = cut.rotate(turn, resample=Image.Resampling.BICUBIC, expand=True)
    if actor.shadow:
        shade, wide = Image.new("L", picture.size), cut.width * 0.42
        foot = y * HEIGHT + tall / 2
        ImageDraw.Draw(shade).ellipse((x * WIDTH - wide, foot - 9, x * WIDTH + wide, foot + 9), fill=90)
        picture.paste((30, 50, 24), mask=shade.filter(ImageFilter.GaussianBlur(5)))
    picture.paste(cut, (round(x * WIDTH - cut.width / 2), round(y * HEIGHT - cut.height / 2)), cut)


def soundtrack(sounds: Archive, rng: np.random.Generator) -> tuple[np.ndarray, list[dict]]:
    """Quiet wind all along, the sounds at their seconds. Returns mono float32 and what is heard when."""
    count = round(DURATION_SECONDS * SAMPLE_RATE_HZ)
    wind = np.convolve(rng.standard_normal(count).astype(np.float32), np.ones(24, np.float32) / 24, mode="same")
    track = wind * 0.012 * (1 + 0.5 * np.sin(np.arange(count) / SAMPLE_RATE_HZ * 0.9)).astype(np.float32)
    heard = []
    for sound in SOUNDS:
        samples = sounds.sound(find(sounds, sound.file))
        gap = np.zeros(round(sound.gap_seconds * SAMPLE_RATE_HZ), np.float32)
        said = np.concatenate([samples, *[piece for _ in range(sound.times - 1) for piece in (gap, samples)]])
        first = round(sound.start_seconds * SAMPLE_RATE_HZ)
        track[first : first + len(said)] += 0.9 * said
        end = round(sound.start_seconds + len(said) / SAMPLE_RATE_HZ, 2)
        heard.append({"kind": "heard", "thing": sound.thing, "startSeconds": sound.start_seconds, "endSeconds": end})
    return np.clip(track, -0.99, 0.99), heard


def find(archive: Archive, file: str) -> Item:
    item = next(item for item in archive.split("val") if item.fields["file"] == file)
    if "SA" in item.fields["licence"]:
        raise ValueError(f"{file}: {item.fields['licence']} would bind the clip to the same licence")
    return item


def encode(frames, track: np.ndarray, out: Path) -> None:
    """Constant frame rate, a key frame every second (so that a jump lands at once), index first, no date inside."""
    with tempfile.TemporaryDirectory() as folder:
        sound_file = Path(folder) / "track.wav"
        with wave.open(str(sound_file), "wb") as file:
            file.setnchannels(1), file.setsampwidth(2), file.setframerate(SAMPLE_RATE_HZ)
            file.writeframes((track * 32767).astype("<i2").tobytes())
        command = ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}",
                   "-r", str(FRAME_RATE), "-i", "pipe:0", "-i", str(sound_file),
                   "-c:v", "libx264", "-preset", "slow", "-crf", "25", "-pix_fmt", "yuv420p", "-g", str(FRAME_RATE),
                   "-threads", "1", "-c:a", "aac", "-b:a", "64k", "-ar", "44100",
                   "-movflags", "+faststart", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact",
                   "-map_metadata", "-1", "-metadata", "title=A meadow", str(out)]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as ffmpeg:
            for frame in frames:
                ffmpeg.stdin.write(frame.tobytes())
            ffmpeg.stdin.close()
            if ffmpeg.wait() != 0:
                raise RuntimeError(f"ffmpeg ended with {ffmpeg.returncode}")


def attribution(items: list[tuple[str, Item]]) -> str:
    lines = ["# Where the demo clip comes from", "",
             "`meadow.mp4` is made by `script/make-demo-clip` (`training/damo_train/demo_clip.py`). Meadow, wind and movement are ours,",
             "under the licence of this repository. Placed into them, scaled, turned and mixed:", ""]
    for use, item in items:
        by = item.fields.get("author")
        where = f" <{item.fields['url']}>" if item.fields.get("url") else ""
        who = f"{by}, in {SOURCES[item.fields['source']]}" if by else SOURCES[item.fields["source"]]
        lines.append(f"- {use}: `{item.fields['orig']}`, {who}, {item.fields['licence']}.{where}")
    lines += ["", "Licence texts: <https://creativecommons.org/licenses/by/4.0/>, <https://creativecommons.org/licenses/by/3.0/>."]
    return "\n".join(lines) + "\n"


def make(data: Path, out: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    cutouts, sounds = Archive(data, "cutouts"), Archive(data, "sounds")
    items = [(actor.thing, find(cutouts, actor.file)) for actor in ACTORS]
    images = [cutouts.cutout(item) for _, item in items]
    base = meadow(rng)
    track, heard = soundtrack(sounds, rng)

    def frames():
        for index in range(round(DURATION_SECONDS * FRAME_RATE)):
            seconds = index / FRAME_RATE
            picture = base.copy()
            for actor, image in zip(ACTORS, images, strict=True):
                if actor.start_seconds <= seconds < actor.end_seconds:
                    draw_actor(picture, actor, image, seconds)
            yield picture

    out.parent.mkdir(parents=True, exist_ok=True)
    encode(frames(), track, out)
    seen = [{"kind": "seen", "thing": actor.thing, "startSeconds": actor.start_seconds, "endSeconds": actor.end_seconds}
            for actor in ACTORS]
    events = sorted(seen + heard, key=lambda event: event["startSeconds"])
    truth = {"clip": out.name, "durationSeconds": DURATION_SECONDS, "seed": seed, "events": events}
    out.with_suffix(".json").write_text(json.dumps(truth, indent=2) + "\n", encoding="utf-8")
    items += [(f"{sound.thing} (sound)", find(sounds, sound.file)) for sound in SOUNDS]
    out.with_suffix(".attribution.md").write_text(attribution(items), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/training-data"))
    parser.add_argument("--out", type=Path, default=Path("docs/demo/meadow.mp4"))
    parser.add_argument("--seed", type=int, default=4)
    options = parser.parse_args()
    make(options.data, options.out, options.seed)


if __name__ == "__main__":
    main()
