"""Mixes soundtracks: sounds and speech at known times over silence, noise or an ambience."""

import shutil
from dataclasses import dataclass

import numpy as np

from ..data.archive import Archive, captions
from ..data.soundscapes import VOICES, speak
from ..language.things import SPEECH, Thing, normalise
from .scenery import choose, group

RATE = 16_000


@dataclass(frozen=True)
class Sounding:
    label: str
    start_seconds: float
    end_seconds: float


def speak_sentences(data, split: str, count: int, seed: int) -> list[np.ndarray]:
    """Captions read aloud by espeak-ng in many voices, their silent ends cut off; none where it is not installed."""
    if not shutil.which("espeak-ng"):
        return []
    rng = np.random.default_rng(seed)
    sentences = [line["captions"][0] for line in captions(data, "scenes") if line["split"] == split]
    spoken = []
    for _ in range(count):
        samples = speak(choose(sentences, rng), choose(VOICES, rng), int(rng.integers(120, 200)), int(rng.integers(20, 80)))
        loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
        spoken.append(samples[loud[0] : loud[-1] + 1])
    return spoken


class SoundMixer:
    def __init__(self, data, split: str, things: list[Thing], free: bool = False, utterances: list[np.ndarray] | None = None):
        self.utterances = utterances or []
        self.archive = Archive(data, "sounds", free)
        known = {thing.name for thing in things if thing.heard}
        items = self.archive.split(split)
        self.by_label = group([i for i in items if normalise(i.label) in known or i.label.startswith("spoken ")], set())
        spoken = [label for label in self.by_label if label.startswith("spoken ")]
        self.spoken = [item for label in spoken for item in self.by_label.pop(label)]
        self._cache: dict[str, np.ndarray] = {}

    def samples(self, item) -> np.ndarray:
        if item.key not in self._cache:
            self._cache[item.key] = self.archive.sound(item).astype(np.float16)
        return self._cache[item.key].astype(np.float32)

    def utterance(self, rng: np.random.Generator) -> np.ndarray:
        """A spoken sentence where there are some (`speak_sentences`), or spoken words one after the other, with small gaps."""
        if self.utterances and rng.random() < 0.6:
            return choose(self.utterances, rng)
        pieces = []
        for _ in range(int(rng.integers(2, 9))):
            pieces += [self.samples(choose(self.spoken, rng)), np.zeros(int(rng.uniform(0.02, 0.25) * RATE), np.float32)]
        return np.concatenate(pieces[:-1])

    def sounding(self, rng: np.random.Generator, longest: float) -> tuple[str, np.ndarray]:
        """One event: a shot repeated closely, an ambience looped, or an utterance."""
        if self.spoken and rng.random() < 0.15:
            return SPEECH, self.utterance(rng)[: int(longest * RATE)]
        label = choose(list(self.by_label), rng)
        item = choose(self.by_label[label], rng)
        samples = self.samples(item)
        if item.fields["kind"] == "ambient":
            wanted = int(min(longest, rng.uniform(1.5, 8)) * RATE)
            samples = np.tile(samples, wanted // len(samples) + 1)[:wanted]
        elif len(samples) < 2 * RATE:
            pieces = [samples]
            for _ in range(int(rng.integers(0, 4))):
                pieces += [np.zeros(int(rng.uniform(0.05, 0.4) * RATE), np.float32), samples]
            samples = np.concatenate(pieces)
        return normalise(label), samples[: int(longest * RATE)]

    def background(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Digital silence, hiss, or hum."""
        roll = rng.random()
        if roll < 0.35:
            return np.zeros(count, np.float32)
        noise = rng.standard_normal(count).astype(np.float32)
        if roll < 0.8:
            kernel = np.ones(int(rng.integers(1, 12)), np.float32)
            noise = np.convolve(noise, kernel / kernel.sum(), mode="same").astype(np.float32)
            return noise * np.float32(10 ** rng.uniform(-3.6, -1.9))
        t = np.arange(count) / RATE
        return (np.sin(2 * np.pi * rng.uniform(48, 240) * t) * 10 ** rng.uniform(-3, -1.8)).astype(np.float32)

    def track(self, seconds: float, rng: np.random.Generator, events: int | None = None):
        """Returns samples [seconds * 16000] float32 and the soundings in it, none of one label overlapping itself."""
        count = round(seconds * RATE)
        mix = self.background(rng, count)
        soundings: list[Sounding] = []
        for _ in range(int(rng.poisson(seconds / 6)) + 1 if events is None else events):
            label, samples = self.sounding(rng, min(10.0, seconds))
            if len(samples) < RATE // 10:
                samples = np.concatenate([samples, np.zeros(RATE // 10 - len(samples), np.float32)])
            start = int(rng.integers(0, max(1, count - len(samples))))
            end = min(count, start + len(samples))
            near = [s for s in soundings if s.start_seconds < end / RATE + 0.6 and s.end_seconds > start / RATE - 0.6]
            if any(s.label == label for s in near) or len(near) > 1:
                continue
            mix[start:end] += samples[: end - start] * np.float32(10 ** rng.uniform(-0.55, 0.3))
            soundings.append(Sounding(label, start / RATE, end / RATE))
        return np.clip(mix, -1, 1), soundings
