"""Renders scenes and soundtracks once and keeps what the frozen encoders make of them (MODEL section 4: precompute,
then mix clips in feature space). Composition by frame is exact, because the vision encoder sees one frame at a time.

    scene s:  nobody 0..1 | A at 4 stations | B at 4 stations | A and B at 4 stations      (frames of one scene in a row)
    photo p:  3 crops                                                                      (a shot that fills the screen)
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ..config import ClockConfig
from ..data.mel import log_mel
from ..language.things import Thing
from ..network.precision import fast_autocast
from .scenery import POSITIONS, SIZE, SceneMaker, develop
from .soundtrack import SoundMixer, Sounding, speak_sentences

EMPTY_FRAMES = 3
UTTERANCES = 150


@dataclass
class SceneEntry:
    base_labels: tuple[str, ...]
    actor_labels: tuple[str, ...]
    first_frame: int  # row of the feature arrays

    def row(self, present: tuple[bool, ...], station: int) -> int:
        """Feature row of a frame with these actors at this station."""
        if not any(present):
            return self.first_frame + station % EMPTY_FRAMES
        base = self.first_frame + EMPTY_FRAMES
        if len(present) == 1 or present == (True, False):
            return base + station % POSITIONS
        return base + (POSITIONS if present == (False, True) else 2 * POSITIONS) + station % POSITIONS


@dataclass
class Library:
    patches: np.ndarray  # float16 [frames, 16, Cv]
    globals: np.ndarray  # float16 [frames, Cv]
    scenes: list[SceneEntry]
    photos: list[SceneEntry]  # full-screen shots: no actors, EMPTY_FRAMES crops each
    audio: np.ndarray  # float16 [windows, A, Ca]
    tracks: list[tuple[int, int, list[Sounding]]]  # first window, windows, what sounds in it


def frames_of(maker: SceneMaker, scenes: int, photos: int, rng: np.random.Generator):
    """Yields (entry, list of uint8 [3, 128, 128])."""
    common_items = [item for items in maker.by_label.values() for item in items]
    labels = list(maker.by_label)
    for index in range(photos):
        if rng.random() < 0.025:
            label, level = ("black screen", rng.integers(0, 12)) if rng.random() < 0.6 else ("white screen", rng.integers(244, 256))
            drawn = [np.full((3, SIZE, SIZE), level, np.uint8) for _ in range(EMPTY_FRAMES)]
            yield "photo", SceneEntry((label,), (), 0), drawn
            continue
        if rng.random() < 0.06 and maker.scenes:
            item = maker.scenes[int(rng.integers(len(maker.scenes)))]
        elif rng.random() < 0.6:
            item = common_items[int(rng.integers(len(common_items)))]
        else:
            items = maker.by_label[labels[int(rng.integers(len(labels)))]]
            item = items[int(rng.integers(len(items)))]
        drawn = [maker.photo_scene(item, rng) for _ in range(EMPTY_FRAMES)]
        yield "photo", SceneEntry(drawn[0][1], (), 0), [develop(picture, rng) for picture, _ in drawn]
    for index in range(scenes):
        scene = maker.scene(rng)
        frames = [scene.frame((False,) * len(scene.actors), k) for k in range(EMPTY_FRAMES)]
        casts = [(True,)] if len(scene.actors) == 1 else [(True, False), (False, True), (True, True)]
        frames += [scene.frame(cast, k) for cast in casts for k in range(POSITIONS)]
        entry = SceneEntry(scene.base_labels, tuple(actor.label for actor in scene.actors), 0)
        yield "scene", entry, [develop(frame, rng) for frame in frames]


def draw_pictures(data: Path, split: str, things: list[Thing], scenes: int, photos: int, seed: int, file: Path, log=print) -> None:
    """Draws every frame of a library once, to uint8 planes in `file` (.npy), and their entries beside it (.pt).

    Apart from the encoder: frames can be drawn while it still learns, and read by the next one too.
    """
    rng = np.random.default_rng(seed)
    maker = SceneMaker(data, split, things)
    entries: dict[str, list[SceneEntry]] = {"scene": [], "photo": []}
    rows, began = 0, time.monotonic()
    raw = file.with_suffix(".raw")
    with open(raw, "wb") as out:
        for kind, entry, frames in frames_of(maker, scenes, photos, rng):
            entry.first_frame = rows
            entries[kind].append(entry)
            out.write(np.stack(frames).tobytes())
            if (rows + len(frames)) // 5_000 > rows // 5_000:
                log(f"{split}: {rows} frames, {time.monotonic() - began:.0f} s", flush=True)
            rows += len(frames)
    torch.save({"scenes": entries["scene"], "photos": entries["photo"], "frames": rows}, file.with_suffix(".pt"))
    raw.rename(file)


def encode_pictures(file: Path, vision, first: int = 0, last: int | None = None) -> dict:
    """The picture half of a Library, by field name, from frames drawn by `draw_pictures` (or rows first..last of it)."""
    drawn = torch.load(file.with_suffix(".pt"), weights_only=False)
    frames = np.memmap(file, np.uint8, "r", shape=(drawn["frames"], 3, SIZE, SIZE))[first:last]
    vision.eval()
    patches, globals_ = [], []
    for at in range(0, len(frames), 128):
        batch = torch.from_numpy(np.array(frames[at : at + 128])).float().div_(255).contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), fast_autocast():
            tokens, global_token = vision(batch)
        patches.append(tokens.half().numpy()), globals_.append(global_token.half().numpy())
    return {"patches": np.concatenate(patches), "globals": np.concatenate(globals_), "scenes": drawn["scenes"], "photos": drawn["photos"]}


@torch.no_grad()
def build_sounds(data: Path, split: str, things: list[Thing], audio, tracks: int, seed: int, clock: ClockConfig) -> dict:
    """The sound half of a Library, by field name."""
    rng = np.random.default_rng(seed)
    mixer = SoundMixer(data, split, things, utterances=speak_sentences(data, split, UTTERANCES, seed))
    audio.eval()
    features, track_entries, windows, mels = [], [], 0, []

    def flush() -> None:
        with fast_autocast():
            features.append(audio(torch.cat(mels)).half().numpy())
        mels.clear()

    for _ in range(tracks):
        count = int(rng.choice([1, 2, 3, 4, 6, 8], p=[0.25, 0.25, 0.22, 0.15, 0.08, 0.05]))
        samples, soundings = mixer.track(count * clock.window_seconds, rng)
        track_entries.append((windows, count, soundings))
        windows += count
        mels.append(log_mel(torch.from_numpy(samples.reshape(count, -1))).float())
        if sum(len(m) for m in mels) >= 32:
            flush()
    if mels:
        flush()
    return {"audio": np.concatenate(features), "tracks": track_entries}
