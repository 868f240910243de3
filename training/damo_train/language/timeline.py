"""A timeline: what is seen and heard in a clip, when. The common ground of text-only training (T3) and the theatre."""

from dataclasses import dataclass

import numpy as np

from .things import Thing


@dataclass(frozen=True)
class Event:
    """`[start, end)` in slots of half a second from the start of the clip."""

    thing: int  # index into the list of things
    start: int
    end: int


@dataclass(frozen=True)
class Timeline:
    windows: int
    slots: int  # length of the clip in slots; at most windows * slots_per_window
    events: tuple[Event, ...]  # by start


SLOTS_PER_WINDOW = 16


def merge_touching(events: list[Event], gap: int = 1) -> list[Event]:
    """Two events of one thing that touch or overlap are one: nobody could tell them apart."""
    merged: list[Event] = []
    for event in sorted(events, key=lambda e: (e.thing, e.start)):
        last = merged[-1] if merged else None
        if last and last.thing == event.thing and event.start <= last.end + gap:
            merged[-1] = Event(last.thing, last.start, max(last.end, event.end))
        else:
            merged.append(event)
    return sorted(merged, key=lambda e: (e.start, e.thing))


def random_timeline(
    rng: np.random.Generator, things: list[Thing], max_windows: int = 8, weights: np.ndarray | None = None
) -> Timeline:
    """Between one and `max_windows` windows, about one new event every three seconds, some things coming back."""
    windows = int(rng.choice(np.arange(1, max_windows + 1), p=_window_odds(max_windows)))
    slots = windows * SLOTS_PER_WINDOW - int(rng.integers(0, SLOTS_PER_WINDOW - 1)) * int(rng.random() < 0.7)
    slots = max(slots, 2)
    count = 1 + int(rng.poisson(0.9 + slots / 9))
    events: list[Event] = []
    for _ in range(min(count, 18)):
        if events and rng.random() < 0.18:
            thing = events[int(rng.integers(len(events)))].thing
        else:
            thing = int(rng.choice(len(things), p=weights))
        length = int(np.clip(np.exp(rng.normal(1.6, 0.75)), 1, slots)) if rng.random() > 0.04 else slots
        start = int(rng.integers(0, max(1, slots - length + 1)))
        events.append(Event(thing, start, min(slots, start + length)))
    return Timeline(windows, slots, tuple(merge_touching(events)))


def _window_odds(max_windows: int) -> np.ndarray:
    odds = np.array([0.26, 0.24, 0.2, 0.12, 0.06, 0.05, 0.04, 0.03][:max_windows])
    return odds / odds.sum()
