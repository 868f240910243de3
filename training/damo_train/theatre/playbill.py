"""Composes clips from the library, in feature space: shots with cuts between them, actors that come and go, a soundtrack.

A clip is a `Play`: feature rows for every quarter second of picture, audio rows, masks, and the timeline of what happens.
"""

from dataclasses import dataclass

import numpy as np

from ..language.things import Thing
from ..language.timeline import SLOTS_PER_WINDOW, Event, Timeline, merge_touching
from .library import EMPTY_FRAMES, Library, SceneEntry
from .scenery import COMMON, POSITIONS

FRAMES_PER_SLOT = 2
FRAMES_PER_WINDOW = SLOTS_PER_WINDOW * FRAMES_PER_SLOT


@dataclass
class Play:
    timeline: Timeline
    frame_rows: np.ndarray  # [windows * T] int64, -1 where there is no picture
    audio_rows: np.ndarray  # [windows] int64, -1 where there is no sound


class Playbill:
    def __init__(self, library: Library, things: list[Thing], seed: int):
        self.library = library
        self.rng = np.random.default_rng(seed)
        self.seen = {thing.name: index for index, thing in enumerate(things) if not thing.heard}
        self.heard = {thing.name: index for index, thing in enumerate(things) if thing.heard}
        self.tracks_by_length: dict[int, list] = {}
        for track in library.tracks:
            self.tracks_by_length.setdefault(track[1], []).append(track)
        self.scene_odds = _odds(library.scenes)
        self.photo_odds = _odds(library.photos)

    def compose(self, windows: int | None = None) -> Play:
        rng = self.rng
        if windows is None:
            lengths = np.array(sorted(self.tracks_by_length))
            odds = np.array([0.3, 0.28, 0.22, 0.12, 0.05, 0.03][: len(lengths)])
            windows = int(rng.choice(lengths, p=odds / odds.sum()))
        frames = windows * FRAMES_PER_WINDOW
        if rng.random() < 0.6:
            frames -= int(rng.integers(0, FRAMES_PER_WINDOW - 3))
        slots = (frames + FRAMES_PER_SLOT - 1) // FRAMES_PER_SLOT
        roll = rng.random()
        silent, blind = roll < 0.22, roll > 0.92
        rows, events = np.full(windows * FRAMES_PER_WINDOW, -1, np.int64), []
        if not blind:
            self.shots(rows, frames, events)
        audio_rows = np.full(windows, -1, np.int64)
        if not silent:
            first, count, soundings = self.soundtrack(windows)
            audio_rows[:] = np.arange(first, first + windows)
            for sounding in soundings:
                start, end = round(sounding.start_seconds * 2), round(sounding.end_seconds * 2)
                end = min(slots, max(end, start + 1))
                if start < end and sounding.label in self.heard:
                    events.append(Event(self.heard[sounding.label], start, end))
        return Play(Timeline(windows, slots, tuple(merge_touching(events))), rows, audio_rows)

    def soundtrack(self, windows: int):
        length = min(n for n in self.tracks_by_length if n >= windows)
        tracks = self.tracks_by_length[length]
        return tracks[int(self.rng.integers(len(tracks)))]

    def shots(self, rows: np.ndarray, frames: int, events: list[Event]) -> None:
        rng, at = self.rng, 0
        while at < frames:
            length = min(frames - at, max(4, int(rng.gamma(2.2, 2.6) * 4)))
            if frames - at - length < 4:
                length = frames - at
            end = at + length
            if rng.random() < 0.42:
                self.photo_shot(rows, at, end, events)
            else:
                self.scene_shot(rows, at, end, events)
            at = end

    def photo_shot(self, rows, at: int, end: int, events) -> None:
        entry = self.library.photos[int(self.rng.choice(len(self.library.photos), p=self.photo_odds))]
        variant = np.minimum(np.arange(end - at) * EMPTY_FRAMES // (end - at), EMPTY_FRAMES - 1)
        rows[at:end] = entry.first_frame + variant
        self.add(events, entry.base_labels, at, end)

    def scene_shot(self, rows, at: int, end: int, events) -> None:
        rng = self.rng
        entry = self.library.scenes[int(rng.choice(len(self.library.scenes), p=self.scene_odds))]
        there = np.zeros((len(entry.actor_labels), end - at), bool)
        for actor, label in enumerate(entry.actor_labels):
            length = int(np.clip(rng.gamma(2.0, 2.0) * 4, 2, end - at))
            start = int(rng.integers(0, end - at - length + 1))
            there[actor, start : start + length] = True
            self.add(events, (label,), at + start, at + start + length)
        self.add(events, entry.base_labels, at, end)
        turn = int(rng.integers(1, 5))  # quarter seconds an actor stays at one station
        for k in range(end - at):
            rows[at + k] = entry.row(tuple(bool(v) for v in there[:, k]), (k // turn) % (2 * POSITIONS))

    def add(self, events, labels, first_frame: int, end_frame: int) -> None:
        start, end = (first_frame + 1) // FRAMES_PER_SLOT, (end_frame + 1) // FRAMES_PER_SLOT
        for label in labels:
            if label in self.seen:
                events.append(Event(self.seen[label], start, max(end, start + 1)))


def _odds(entries: list[SceneEntry]) -> np.ndarray:
    weights = np.array([2.0 if {*e.base_labels, *e.actor_labels} & COMMON else 1.0 for e in entries])
    return weights / weights.sum()
