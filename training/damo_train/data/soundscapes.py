"""Mixes the 8-second windows that the audio encoder learns from, with what is heard in every quarter of a second.

    python -m damo_train.data.soundscapes --data ../shared/training-data --weights ../shared/weights --out POOL [--shards 20]

Sounds and speech (espeak-ng and the spoken digits) over silence, noise, an ambience or music. A sound counts in a token
when it is there at -30 dB of its own loudest moment or more. YAMNet's opinion goes with every window.
"""

import argparse
import io
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .archive import SAMPLE_RATE_HZ, Archive, captions
from .mel import LogMel
from .teachers import SoundTeacher, SpeechTeacher
from .words import normalise

WINDOW_SAMPLES = 8 * SAMPLE_RATE_HZ
TOKENS = 32
TOKEN_SAMPLES = WINDOW_SAMPLES // TOKENS
SHARD = 200
TEACHER_TOKENS = tuple(range(0, TOKENS - 3, 3))  # first tokens of the spans (0.975 s, about four tokens) YAMNet hears
SPEECH, MUSIC, SILENCE = "speech", "music", "silence"
MUSIC_GROUP = "music"
VOICES = ("en-us", "en-gb", "en-us+f2", "en-us+f3", "en-gb+f4", "en-us+m2", "en-gb+m3", "en-us+m7", "en-gb-scotland+f1")


@dataclass
class Scape:
    samples: np.ndarray  # float32 [WINDOW_SAMPLES]
    heard: np.ndarray  # bool [TOKENS, words]


def sound_words(data: Path | str) -> list[str]:
    items = Archive(data, "sounds").items
    labels = {SPEECH if item.label.startswith("spoken ") else normalise(item.label) for item in items}
    groups = {f"any {item.fields['group']}" for item in items if item.fields["group"] != "speech"}
    return [SILENCE, MUSIC, *sorted(labels), *sorted(groups)]


def speak(sentence: str, voice: str, words_a_minute: int, pitch: int) -> np.ndarray:
    """espeak-ng, mono 16 kHz."""
    import soundfile

    arguments = ["espeak-ng", "-v", voice, "-s", str(words_a_minute), "-p", str(pitch), "--stdout", sentence]
    spoken = subprocess.run(arguments, capture_output=True, check=True).stdout
    samples, rate_hz = soundfile.read(io.BytesIO(spoken), dtype="float32")
    places = np.arange(0, len(samples) - 1, rate_hz / SAMPLE_RATE_HZ)
    return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)


class ScapeMaker:
    def __init__(self, data: Path | str, weights: Path | str, split: str, words: list[str], seed: int = 0, utterances: int = 150):
        self.words = words
        self.index = {word: place for place, word in enumerate(words)}
        archive = Archive(data, "sounds")
        self.sounds: dict[str, list[tuple[np.ndarray, dict]]] = {}
        for item in archive.split(split):
            label = SPEECH if item.label.startswith("spoken ") else normalise(item.label)
            self.sounds.setdefault(label, []).append((archive.sound(item), item.fields))
        self.utterances = self._utterances(data, weights, split, seed, utterances) if shutil.which("espeak-ng") else []
        self.labels = sorted(self.sounds)
        counts = np.array([len(self.sounds[label]) for label in self.labels], np.float64) ** 0.5
        self.share = counts / counts.sum()
        loops = [(clip, fields) for clips in self.sounds.values() for clip, fields in clips]
        self.grounds = [(clip, fields) for clip, fields in loops if fields["kind"] == "ambient" and len(clip) > SAMPLE_RATE_HZ]
        self.music = [(clip, fields) for clip, fields in loops if fields["group"] == MUSIC_GROUP]

    def _utterances(self, data: Path | str, weights: Path | str, split: str, seed: int, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """(samples, bool a sample: speech), by what Silero finds in the clean voice."""
        chance = np.random.default_rng([seed, 77])
        sentences = [line["captions"][0] for line in captions(data, "scenes") if line["split"] == split]
        detector, found = SpeechTeacher(weights), []
        for _ in range(count):
            sentence, voice = sentences[chance.integers(len(sentences))], VOICES[chance.integers(len(VOICES))]
            samples = speak(sentence, voice, int(chance.integers(120, 200)), int(chance.integers(20, 80)))
            voiced = np.repeat(detector.speech(samples) > 0.3, SpeechTeacher.HOP_SAMPLES)
            voiced = np.pad(voiced, (0, max(0, len(samples) - len(voiced))), mode="edge")[: len(samples)]
            found.append((samples, voiced))
        return found

    def make(self, seed: int) -> Scape:
        chance = np.random.default_rng(seed)
        total = np.zeros(WINDOW_SAMPLES, np.float32)
        heard = np.zeros((TOKENS, len(self.words)), bool)
        if chance.random() < 0.04:  # digital zero, or as good as
            heard[:, self.index[SILENCE]] = True
            if chance.random() < 0.5:
                total += chance.normal(0, 10 ** chance.uniform(-5.5, -4.2), WINDOW_SAMPLES).astype(np.float32)
            return Scape(total, heard)
        ground = chance.random()
        if ground < 0.35:  # silence
            pass
        elif ground < 0.6:
            total += noise(chance) * 10 ** chance.uniform(-3.3, -1.5)
        elif ground < 0.8 and self.grounds:
            clip, fields = pick(self.grounds, chance)
            self._place(total, heard, loop(clip, WINDOW_SAMPLES, chance), fields, 0, 10 ** chance.uniform(-1.3, -0.3))
        elif self.music:
            at = 0
            while at < WINDOW_SAMPLES:  # a tune of sorts: piece after piece
                clip, fields = pick(self.music, chance)
                self._place(total, heard, clip, fields, at, 10 ** chance.uniform(-1.0, -0.2))
                at += int(min(len(clip), SAMPLE_RATE_HZ * 3) * chance.uniform(0.4, 1.1)) + 400
        for _ in range(chance.choice([0, 1, 2, 3, 4, 5], p=[0.06, 0.24, 0.28, 0.22, 0.12, 0.08])):
            gain = 10 ** chance.uniform(-1.0, 0.3)
            at = int(chance.integers(-SAMPLE_RATE_HZ, WINDOW_SAMPLES - SAMPLE_RATE_HZ // 4))
            if self.utterances and chance.random() < 0.2:
                clip, voiced = pick(self.utterances, chance)
                self._place(total, heard, clip, None, at, gain, voiced)
                continue
            label = self.labels[chance.choice(len(self.labels), p=self.share)]
            clip, fields = pick(self.sounds[label], chance)
            if fields["kind"] == "ambient" and chance.random() < 0.5:
                clip = loop(clip, int(chance.uniform(1, 8) * SAMPLE_RATE_HZ), chance)
            self._place(total, heard, resample(clip, chance.uniform(0.88, 1.14)), fields, at, gain)
        loud = np.abs(total).max()
        if loud > 1 or chance.random() < 0.3:
            total *= 10 ** chance.uniform(-1, 0) / max(loud, 1e-6)
        if chance.random() < 0.1:  # a small speaker or a far microphone
            total = np.convolve(total, np.ones(int(chance.integers(2, 8))) / 4, "same").astype(np.float32)
        quiet = np.sqrt((total.reshape(TOKENS, -1) ** 2).mean(1)) < 1e-4
        heard[quiet] = False
        heard[quiet, self.index[SILENCE]] = True
        return Scape(total, heard)

    def _place(self, total: np.ndarray, heard: np.ndarray, clip: np.ndarray, fields: dict | None, at: int, gain: float, voiced: np.ndarray | None = None) -> None:
        """Adds the clip at sample `at` and its words to the tokens; `fields` None = speech, `voiced` = where it is speech."""
        start, end = max(0, at), min(WINDOW_SAMPLES, at + len(clip))
        if end <= start:
            return
        layer = np.zeros(WINDOW_SAMPLES, np.float32)
        layer[start:end] = clip[start - at : end - at] * gain
        total += layer
        if voiced is not None:
            layer[start:end] *= voiced[start - at : end - at]
        level = np.sqrt((layer.reshape(TOKENS, -1) ** 2).mean(1))
        there = level > max(level.max() * 10 ** (-30 / 20), 1e-4)
        if fields is None or fields["label"].startswith("spoken "):
            words = [SPEECH]
        else:
            words = [normalise(fields["label"]), f"any {fields['group']}"]
            words += [MUSIC] if fields["group"] == MUSIC_GROUP else []
        for word in words:
            heard[there, self.index[word]] = True


def pick(items: list, chance: np.random.Generator):
    return items[chance.integers(len(items))]


def loop(clip: np.ndarray, samples: int, chance: np.random.Generator) -> np.ndarray:
    """The clip again and again from a random point, with soft joints."""
    fade = min(800, len(clip) // 4)
    ramp = np.ones(len(clip), np.float32)
    ramp[:fade], ramp[len(clip) - fade :] = np.linspace(0, 1, fade), np.linspace(1, 0, fade)
    copies = samples // len(clip) + 2
    start = int(chance.integers(len(clip)))
    return np.tile(clip * ramp, copies)[start : start + samples]


def resample(clip: np.ndarray, speed: float) -> np.ndarray:
    """Faster and higher, or slower and lower."""
    return np.interp(np.arange(0, len(clip) - 1, speed), np.arange(len(clip)), clip).astype(np.float32)


def noise(chance: np.random.Generator) -> np.ndarray:
    """White to brown, unit deviation."""
    spectrum = np.fft.rfft(chance.normal(0, 1, WINDOW_SAMPLES))
    spectrum[1:] /= np.arange(1, len(spectrum)) ** chance.uniform(0, 1)
    samples = np.fft.irfft(spectrum, WINDOW_SAMPLES)
    return (samples / samples.std()).astype(np.float32)


def draw_shard(maker: ScapeMaker, seed: int, count: int, teacher: SoundTeacher) -> dict[str, np.ndarray]:
    mel = LogMel()
    shard: dict[str, list[np.ndarray]] = {"log_mel": [], "heard": [], "scores": [], "embedding": []}
    for number in range(count):
        scape = maker.make(seed + number)
        spans = [scape.samples[first * TOKEN_SAMPLES :][: SoundTeacher.WINDOW_SAMPLES] for first in TEACHER_TOKENS]
        scores, embedding = teacher.hear(np.stack(spans))
        shard["log_mel"].append(mel(torch.from_numpy(scape.samples)[None])[0].numpy().astype(np.float16))
        shard["heard"].append(np.packbits(scape.heard, axis=-1))
        shard["scores"].append(scores.astype(np.float16))
        shard["embedding"].append(embedding.astype(np.float16))
    return {name: np.stack(parts) for name, parts in shard.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shards", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    maker = ScapeMaker(arguments.data, arguments.weights, "train", sound_words(arguments.data), arguments.seed)
    teacher = SoundTeacher(arguments.weights)
    for number in range(arguments.shards):
        path = arguments.out / f"train{number:03d}.npz"
        if path.exists():
            continue
        shard = draw_shard(maker, (arguments.seed + 1) * 10_000_000 + number * SHARD, SHARD, teacher)
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, **shard)
        os.replace(partial, path)
        print(path.name, flush=True)


if __name__ == "__main__":
    main()
